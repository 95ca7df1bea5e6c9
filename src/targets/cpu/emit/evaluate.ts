/** Evaluates a graph of `Value`s over lanes. Equal values are one object, so remembering by identity shares subexpressions. */
import type { DType } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { valuesOf } from '../../../dsl/kernel/walk.ts';
import type { Code } from './code.ts';
import { castLanes, castWidth } from './casts.ts';
import { opTable } from './ops.ts';
import { constant, narrow, registers, widen, widthOf, type Regs, type Width } from './lanes.ts';
import type { Func, Local } from '../wasm/index.ts';

export type Leaf = Exclude<Value, { kind: 'op' | 'const' }>;

/**
 * Bodies of more values than this use locals again: engines allow 50,000. Shorter ones do not, because V8 makes slower loops
 * of locals that hold one value after the other (exp: 1.3x).
 */
const MANY_VALUES = 1500;

/** Where an evaluation takes place: how many cells at once, and what the leaves are there. */
export interface Site {
  /** 1: a single cell, its value in every lane. */
  readonly count: number;
  /** Registers in the width of the leaf's dtype. */
  leaf(v: Leaf): Regs;
  /** Values that are the same for all cells and known already, in every lane of one register. */
  known?(v: Value, width: Width): Local | undefined;
}

interface Held {
  /** The width it was computed in. */
  readonly natural: Width;
  32?: Regs;
  64?: Regs;
}

export class Evaluator {
  private readonly held = new Map<Value, Held>();
  /** Uses that are still to come, of values under `prepare`. */
  private readonly uses = new Map<Value, number>();
  /** How many values hold a local of this evaluation. */
  private readonly holders = new Map<Local, number>();
  private economical = false;

  constructor(private readonly c: Code, readonly site: Site, private readonly fmod: Func | undefined) {}

  /** Computes `results`. */
  prepare(results: readonly Value[]): void {
    const order = valuesOf(results);
    this.economical = order.length > MANY_VALUES;
    const use = (v: Value): unknown => this.uses.set(v, (this.uses.get(v) ?? 0) + 1);
    for (const v of order) if (v.kind === 'op') v.args.forEach(use);
    results.forEach(use);
    // Reads first when there are few: loads that are issued together overlap.
    const reads = order.filter((v) => v.kind === 'read');
    if (reads.length <= 8) reads.forEach((v) => this.hold(v));
    for (const v of order) {
      this.hold(v);
      if (v.kind === 'op') v.args.forEach((a) => this.used(a));
    }
  }

  /** Locals of values without further use are used again. */
  private used(v: Value): void {
    if (!this.economical) return;
    const left = this.uses.get(v)! - 1;
    this.uses.set(v, left);
    const held = this.held.get(v);
    if (left > 0 || !held) return;
    for (const local of [...(held[32] ?? []), ...(held[64] ?? [])]) this.letGo(local);
    this.held.delete(v);
  }

  private letGo(local: Local): void {
    const holders = this.holders.get(local);
    if (holders === undefined) return;
    if (holders > 1) {
      this.holders.set(local, holders - 1);
    } else {
      this.holders.delete(local);
      this.c.release(local);
    }
  }

  /** The registers of a value; masks and integers are converted to the width asked for. */
  regs(v: Value, width: Width = widthOf(v.dtype)): Regs {
    if (v.kind === 'const') return this.repeat(this.constant(v.value, v.dtype, width), width);
    const known = this.site.known?.(v, width);
    if (known) return this.repeat(known, width);
    const held = this.hold(v);
    const convert = width === 64 ? widen : narrow;
    return (held[width] ??= this.own(() => convert(this.c, held[held.natural]!, this.site.count)));
  }

  private repeat(v: Local, width: Width): Regs {
    return new Array<Local>(registers(this.site.count, width)).fill(v);
  }

  private constant(value: number, d: DType, width: Width): Local {
    if (width === widthOf(d)) return constant(this.c, value, d);
    return this.c.f.constant('i64x2', d === 'bool' ? -value : value);
  }

  private hold(v: Value): Held {
    const found = this.held.get(v);
    if (found) return found;
    const held = this.compute(v);
    this.held.set(v, held);
    return held;
  }

  /** Emits registers; locals that were only needed on the way are free again, the others have one holder more. */
  private own(emit: () => Regs): Regs {
    if (!this.economical) return emit();
    const { value: regs, taken } = this.c.track(emit);
    const kept = new Set(regs);
    for (const local of taken) {
      if (kept.has(local)) this.holders.set(local, 0);
      else this.c.release(local);
    }
    for (const local of regs) {
      const holders = this.holders.get(local);
      if (holders !== undefined) this.holders.set(local, holders + 1);
    }
    return regs;
  }

  private compute(v: Value): Held {
    const width = widthOf(v.dtype);
    if (v.kind === 'const') return { natural: width, [width]: this.regs(v) };
    const known = this.site.known?.(v, width);
    if (known) return { natural: width, [width]: this.repeat(known, width) };
    if (v.kind !== 'op') return { natural: width, [width]: this.own(() => this.site.leaf(v)) };
    return v.op === 'cast' ? this.cast(v.args[0], v.dtype) : this.operate(v);
  }

  private cast(v: Value, to: DType): Held {
    const regs = this.regs(v, v.dtype === 'bool' && to === 'float64' ? 64 : widthOf(v.dtype));
    const natural = castWidth(v.dtype, to);
    return { natural, [natural]: this.own(() => castLanes(this.c, regs, v.dtype, to, this.site.count)) };
  }

  /** Register by register. All operands come in the width of the op: 64 bits beside float64. */
  private operate(v: Value & { kind: 'op' }): Held {
    const dtype = v.op === 'select' ? v.args[1].dtype : v.args[0].dtype;
    const width = dtype === 'bool' ? this.widthOfMasks(v.args) : widthOf(dtype);
    const args = v.args.map((a) => this.regs(a, width));
    const count = v.args[1];
    const shift = count?.kind === 'const' ? count.value : undefined;
    const context = { c: this.c, dtype, shift, lanes: this.site.count, fmod: this.fmod };
    const op = opTable(dtype)[v.op];
    return { natural: width, [width]: this.own(() => args[0].map((a, j) => op(context, a, args[1]?.[j], args[2]?.[j]))) };
  }

  /** Masks stay as wide as the comparisons that made them. */
  private widthOfMasks(args: readonly Value[]): Width {
    return args.some((a) => a.kind !== 'const' && this.hold(a).natural === 64) ? 64 : 32;
  }
}
