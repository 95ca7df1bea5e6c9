/** Runs plans on a cpu target as the runtime does, but with guards: memory around every buffer has to stay as it was. */
import type { TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import type { BoundPlan } from '../../src/fusion/index.ts';
import { createCpuTarget, type Tuning } from '../../src/targets/cpu/index.ts';
import type { DeviceBuffer, PlanTarget } from '../../src/targets/target.ts';

/** Bytes before and after each buffer. */
const GUARD = 64;
const PATTERN = 0xa5;

/** Threads share whatever has several blocks. */
export const SHARE_ALL = { awake: 0, asleep: 0, surely: 0 } as const;

export interface Machine {
  readonly target: PlanTarget;
  /** One array per root; `data` gives the values of inputs. What was not written is NaN, or another odd value. */
  run(bound: BoundPlan, data: (e: Expr) => TypedArray): Promise<TypedArray[]>;
  close(): Promise<void>;
}

interface Guarded {
  readonly whole: DeviceBuffer;
  readonly inside: DeviceBuffer;
}

export function machine(threads: number, tuning: Tuning = {}): Machine {
  const target = createCpuTarget({ threads }, tuning);

  function allocate(bytes: number): Guarded {
    const whole = target.allocate(bytes + 2 * GUARD);
    target.upload(whole, new Uint8Array(whole.bytes).fill(PATTERN));
    const { block } = whole as unknown as { block: { address: number } };
    const inside = { ...whole, bytes, block: { ...block, address: block.address + GUARD, bytes } };
    return { whole, inside };
  }

  function check({ whole, inside: { bytes } }: Guarded, what: string): void {
    const all = target.readSync!(whole, 'uint8', whole.bytes) as Uint8Array;
    const wrong = all.findIndex((v, k) => (k < GUARD || k >= GUARD + bytes) && v !== PATTERN);
    if (wrong >= 0) throw new Error(`${what} of ${bytes} bytes: byte ${wrong - GUARD} was written`);
  }

  async function run(bound: BoundPlan, data: (e: Expr) => TypedArray): Promise<TypedArray[]> {
    const { slots, runs, inputs, outputs } = bound;
    // A private slot has no buffer.
    const guarded = slots.map((s) => (s.role === 'private' ? undefined : allocate(s.bytes)));
    try {
      const buffers = guarded.map((g) => g?.inside as DeviceBuffer);
      const given = inputs.map(({ slot, expr }) => ({ slot, values: data(expr) }));
      given.forEach(({ slot, values }) => target.upload(buffers[slot], values));
      await target.run({ slots, buffers, runs });
      guarded.forEach((g, slot) => { if (g) check(g, `slot ${slot} (${slots[slot].role})`); });
      for (const { slot, values } of given) {
        const after = target.readSync!(buffers[slot], slots[slot].dtype, values.length);
        if (!sameBits(after, values)) throw new Error(`the input in slot ${slot} was written`);
      }
      return outputs.map(({ slot, expr }) => target.readSync!(buffers[slot], expr.dtype, sizeOf(expr.shape)));
    } finally {
      guarded.forEach((g) => { if (g) target.release(g.whole); });
    }
  }

  return { target, run, close: () => target.close() };
}

const bytesOf = (a: TypedArray): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
export const sameBits = (a: TypedArray, b: TypedArray): boolean =>
  Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
