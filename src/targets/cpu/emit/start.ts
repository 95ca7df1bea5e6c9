/** What the outputs of a nest start with: zeros, or a copy. Blocks of bytes, so that threads share the work. */
import { Code } from './code.ts';
import { paramsOf } from './frame.ts';
import type { Func, ModuleBuilder } from '../wasm/index.ts';

/** Bytes of a block. */
export const START_BLOCK = 65536;

/** The parameters, as addresses are: where to, where from (0: nowhere, zeros), and how many bytes. */
export const START = { to: 0, from: 1, bytes: 2, count: 4 } as const;

export function emitStart(module: ModuleBuilder, name: string): Func {
  return module.func(name, { params: paramsOf(module) }, (f, { start, end, params }) => {
    const c = new Code(f);
    const word = (at: number) => c.at.load({ pointer: params }, c.at.size * at);
    const [to, from, bytes] = [word(START.to), word(START.from), word(START.bytes)];
    const first = c.at.times(start, START_BLOCK);
    const last = c.at.times(end, START_BLOCK);
    const length = c.at.minus(c.at.least(last, bytes), first);
    const target = c.at.plus(to, first);
    c.at.pushSet(from);
    f.if(
      () => c.raw('memory.copy', [target, c.at.plus(from, first), length]),
      () => c.raw('memory.fill', [target, 0, length]),
    );
  });
}
