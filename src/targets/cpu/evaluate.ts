/** Evaluates a graph of `Value`s over lanes. Equal values are one object, so remembering by identity shares subexpressions. */
import type { DType } from '../../dsl/dtype.ts';
import { valuesOf, type Value } from '../../dsl/kernel/ir.ts';
import type { Code } from './code.ts';
import { castLanes } from './emit-casts.ts';
import { opTable } from './emit-ops.ts';
import { constant, narrow, registers, widen, widthOf, type Regs, type Width } from './lanes.ts';
import type { Func, Local } from './wasm.ts';

export type Leaf = Exclude<Value, { kind: 'op' | 'const' }>;

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

  constructor(private readonly c: Code, readonly site: Site, private readonly fmod: Func | undefined) {}

  /** Reads first when there are few: loads that are issued together overlap. */
  prepare(results: readonly Value[]): void {
    const order = valuesOf(results);
    const reads = order.filter((v) => v.kind === 'read');
    if (reads.length <= 8) reads.forEach((v) => this.hold(v));
    order.forEach((v) => this.hold(v));
  }

  /** The registers of a value; masks and integers are converted to the width asked for. */
  regs(v: Value, width: Width = widthOf(v.dtype)): Regs {
    if (v.kind === 'const') return this.repeat(this.constant(v.value, v.dtype, width), width);
    const known = this.site.known?.(v, width);
    if (known) return this.repeat(known, width);
    const held = this.hold(v);
    const { count } = this.site;
    return (held[width] ??= width === 64 ? widen(this.c, held[32]!, count) : narrow(this.c, held[64]!, count));
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
    const { width, regs } = this.compute(v);
    const held: Held = { natural: width, [width]: regs };
    this.held.set(v, held);
    return held;
  }

  private compute(v: Value): { width: Width; regs: Regs } {
    const width = widthOf(v.dtype);
    if (v.kind === 'const') return { width, regs: this.regs(v) };
    const known = this.site.known?.(v, width);
    if (known) return { width, regs: this.repeat(known, width) };
    if (v.kind !== 'op') return { width, regs: this.site.leaf(v) };
    if (v.op === 'cast') {
      const from = v.args[0].dtype;
      const regs = this.regs(v.args[0], from === 'bool' && v.dtype === 'float64' ? 64 : widthOf(from));
      return castLanes(this.c, regs, from, v.dtype, this.site.count);
    }
    return this.operate(v);
  }

  /** Register by register. All operands come in the width of the op: 64 bits beside float64. */
  private operate(v: Value & { kind: 'op' }): { width: Width; regs: Regs } {
    const dtype = v.op === 'select' ? v.args[1].dtype : v.args[0].dtype;
    const width = dtype === 'bool' ? this.widthOfMasks(v.args) : widthOf(dtype);
    const args = v.args.map((a) => this.regs(a, width));
    const count = v.args[1];
    const shift = count?.kind === 'const' ? count.value : undefined;
    const op = opTable(dtype)[v.op];
    const lanes = this.site.count;
    const regs = args[0].map((a, j) => op({ c: this.c, dtype, shift, lanes, fmod: this.fmod }, a, args[1]?.[j], args[2]?.[j]));
    return { width, regs };
  }

  /** Masks stay as wide as the comparisons that made them. */
  private widthOfMasks(args: readonly Value[]): Width {
    return args.some((a) => a.kind !== 'const' && this.hold(a).natural === 64) ? 64 : 32;
  }
}
