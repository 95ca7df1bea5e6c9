/**
 * Evaluates a piece over lanes, statement by statement. Equal values are one object, so remembering by identity shares
 * subexpressions. A value is held in the forms that were asked for: registers of lanes of some widths, or a plain i32; one that
 * is the same in every lane takes one register.
 */
import { InternalError } from '../../../errors.ts';
import type { Block, Statement } from '../../../dsl/kernel/blocks.ts';
import type { Leaf } from '../../../dsl/kernel/interpret.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import type { Code, Scalar } from './code.ts';
import { castLanes, castWidth, exponent64, scaled } from './casts.ts';
import { emitBranch, emitLoop } from './control.ts';
import { usedFromOutside, usesIn, usesOf } from './economy.ts';
import type { Whole } from './frame.ts';
import { opTable } from './ops.ts';
import { constant, maskOf, narrow, registers, widen, widthOf, WIDTHS, type Regs, type Width } from './lanes.ts';
import { runOf, type Run, type RunSource } from './runs.ts';
import { scalarCode } from './scalars.ts';
import type { Scheme } from './scheme.ts';
import { isNormal, passedOver } from './shortcuts.ts';
import { gatherScalar, gatherLanes, loadStored, storeLanes, type Base } from './whole.ts';
import { likelyWidth, operandWidth } from './widths.ts';
import type { Func, Local } from '../wasm/index.ts';

export type { Leaf } from '../../../dsl/kernel/interpret.ts';

/** Where an evaluation takes place: how many cells at once, and what the leaves are there. */
export interface Site {
  /** 1: a single cell, its value in every lane. */
  readonly count: number;
  /** The axis along which lanes are neighbours. */
  readonly inner: number;
  /** Registers in the width asked for: that of the leaf's dtype, or of a narrow read a wider one. */
  leaf(v: Leaf, width: Width): Regs;
  /** A leaf that is the same in every lane, as an i32. */
  scalar(v: Leaf): Scalar;
  /** The coordinate of the first lane along the inner axis, and whether the others follow. */
  column(v: Value & { kind: 'coord' }): { readonly first: Scalar; readonly whole: Scalar };
  /** Values that are the same for all cells and known already, in every lane of one register. */
  known(v: Value, width: Width): Local | undefined;
  knownScalar(v: Value): Scalar | undefined;
  isKnown(v: Value): boolean;
  whole(of: 'input' | 'output', index: number): Whole;
  /** The lanes that are cells, as a mask of 32-bit lanes; undefined: all. */
  readonly active?: Regs;
}

export interface Held {
  /** The form it was computed in. */
  readonly natural: Width | 'scalar';
  /** One register for all lanes. */
  readonly uniform: boolean;
  8?: Regs;
  16?: Regs;
  32?: Regs;
  64?: Regs;
  scalar?: Scalar;
}

export class Evaluator implements RunSource {
  /** The lanes that take part, as a mask; undefined: all. */
  active: Value | undefined;
  readonly count: number;
  readonly inner: number;
  private readonly held = new Map<Value, Held>();
  private readonly runs = new Map<Value, Run>();
  /** Where in arrays a loop works, see `keepBase`. */
  private readonly bases = new Map<string, Base>();
  private readonly numbers = new Map<Value, number>();
  /** What is forgotten at the end of a scope. */
  private journal: (() => void)[] | undefined;
  /** Uses that are still to come. */
  private readonly uses = new Map<Value, number>();
  /** How many values hold a local of this evaluation. */
  private readonly holders = new Map<Local, number>();
  /**
   * Long bodies use locals again. Shorter ones do not, because V8 makes slower loops of locals that hold one value after the
   * other (exp: 1.3x).
   */
  private readonly economical: boolean;

  constructor(readonly c: Code, readonly site: Site, readonly scheme: Scheme, private readonly fmod: Func | undefined) {
    this.count = site.count;
    this.inner = site.inner;
    this.economical = scheme.long;
  }

  /** Computes the results, and what happens besides. */
  emit(): void {
    const { block, piece } = this.scheme;
    if (this.site.active) this.active = this.mask(this.site.active, 32);
    if (this.economical) [...usesIn(block, this.scheme), ...piece.results].forEach((v) => this.reserve(v));
    // Reads first when there are few: loads that are issued together overlap.
    const reads = block.flatMap((s) => (s.kind === 'let' && s.value.kind === 'read' ? [s.value] : []));
    if (reads.length <= 8) reads.forEach((v) => this.site.isKnown(v) || this.hold(v));
    this.statements(block);
  }

  statements(block: Block): void {
    for (const s of block) {
      this.statement(s);
      if (this.economical) usesOf(s, this.scheme).forEach((v) => this.used(v));
    }
  }

  private statement(s: Statement): void {
    switch (s.kind) {
      case 'let':
        if (!this.site.isKnown(s.value) && !this.scheme.isDeferred(s.value)) this.hold(s.value);
        return;
      case 'branch':
        if (!this.site.isKnown(s.value)) emitBranch(this, s);
        return;
      case 'loop': {
        // What the turns need from outside is there until the last one.
        const outer = this.economical ? usedFromOutside(s, this.scheme) : [];
        outer.forEach((v) => this.reserve(v));
        if (s.after.length === 0 || !s.after.every((v) => this.site.isKnown(v))) emitLoop(this, s);
        outer.forEach((v) => this.used(v));
        return;
      }
      case 'store': return storeLanes(this, s.effect);
      case 'load': {
        const held = loadStored(this, s.effect);
        return this.set(s.effect.value, held);
      }
      default: s satisfies never;
    }
  }

  // ---- what is held ----

  /** Values made and converted while `emit` runs are forgotten after it: that code may not have run. */
  scoped(emit: () => void): void {
    const outer = this.journal;
    const journal: (() => void)[] = (this.journal = []);
    emit();
    for (let k = journal.length - 1; k >= 0; k--) journal[k]();
    this.journal = outer;
  }

  set(v: Value, held: Held): void {
    this.held.set(v, held);
    this.journal?.push(() => {
      if (this.held.get(v) === held) this.forget(v, held);
    });
  }

  /** A mask as a value of its own. */
  mask(regs: Regs, width: Width): Value {
    const made: Value = { kind: 'loaded', dtype: 'bool', load: -1 };
    this.set(made, { natural: width, uniform: false, [width]: this.own(() => regs) });
    return made;
  }

  isUniform(v: Value): boolean {
    return this.scheme.isUniform(v);
  }

  /** The registers of a value; masks and integers are converted to the width asked for. */
  regs(v: Value, width: Width = likelyWidth(v)): Regs {
    if (v.kind === 'const') return this.repeat(constant(this.c, v.value, v.dtype, width), width);
    const known = this.site.known(v, width);
    if (known) return this.repeat(known, width);
    const held = this.hold(v);
    const found = this.form(v, held, width);
    return held.uniform ? this.repeat(found[0], width) : found;
  }

  /** A value that is the same in every lane, as an i32; bool as 0 or 1. */
  scalar(v: Value): Scalar {
    if (v.kind === 'const') return v.value | 0;
    const known = this.site.knownScalar(v);
    if (known !== undefined) return known;
    const held = this.hold(v);
    if (held.scalar === undefined) {
      held.scalar = v.dtype === 'bool'
        ? this.c.x('v128.any_true', [held[held.natural as Width]![0]])
        : this.c.x('i32x4.extract_lane', [this.form(v, held, 32)[0]], 0);
      this.journal?.push(() => delete held.scalar);
    }
    return held.scalar;
  }

  column(v: Value & { kind: 'coord' }): ReturnType<Site['column']> {
    return this.site.column(v);
  }

  run(v: Value): Run {
    let found = this.runs.get(v);
    if (!found) this.setRun(v, found = runOf(this, v));
    return found;
  }

  setRun(v: Value, run: Run): void {
    this.runs.set(v, run);
    this.journal?.push(() => this.runs.delete(v));
  }

  base(array: string, index: readonly Value[]): Base | undefined {
    return this.bases.size === 0 ? undefined : this.bases.get(this.placeOf(array, index));
  }

  setBase(array: string, index: readonly Value[], base: Base): void {
    const key = this.placeOf(array, index);
    if (this.bases.has(key)) return;
    this.bases.set(key, base);
    this.journal?.push(() => this.bases.delete(key));
  }

  private placeOf(array: string, index: readonly Value[]): string {
    const number = (v: Value): number => this.numbers.get(v) ?? this.numbers.set(v, this.numbers.size).size - 1;
    return `${array}:${index.map(number).join()}`;
  }

  /** The registers of a held value in lanes of a width, one if it is the same in every lane. */
  private form(v: Value, held: Held, width: Width): Regs {
    const found = held[width];
    if (found) return found;
    const regs = this.own(() => this.convert(v, held, width));
    held[width] = regs;
    this.journal?.push(() => {
      if (held[width] !== regs) return;
      regs.forEach((local) => this.letGo(local));
      delete held[width];
    });
    return regs;
  }

  /** By way of the widths between, which others may ask for. */
  private convert(v: Value, held: Held, width: Width): Regs {
    const { c } = this;
    const { natural, uniform } = held;
    // A mask that is the same in every lane is so in lanes of any width.
    if (natural === 'scalar' && v.dtype === 'bool') return [maskOf(c, held.scalar!)];
    if (natural !== 'scalar' && v.dtype === 'bool' && (uniform || this.count === 1)) return held[natural]!.slice(0, 1);
    if (natural === 'scalar' && width === 32) return [c.x('i32x4.splat', [held.scalar!])];
    const wider = width > (natural === 'scalar' ? 32 : natural);
    const from = (wider ? width / 2 : 2 * width) as Width;
    return (wider ? widen : narrow)(c, this.form(v, held, from), from, uniform ? 1 : this.count, v.dtype);
  }

  private repeat(v: Local, width: Width): Regs {
    return new Array<Local>(registers(this.count, width)).fill(v);
  }

  private hold(v: Value): Held {
    const found = this.held.get(v);
    if (found) return found;
    const held = this.compute(v);
    this.set(v, held);
    return held;
  }

  // ---- locals that are used again ----

  private reserve(v: Value): void {
    this.uses.set(v, (this.uses.get(v) ?? 0) + 1);
  }

  /** Locals of values without further use are used again. */
  private used(v: Value): void {
    const left = this.uses.get(v)! - 1;
    this.uses.set(v, left);
    const held = this.held.get(v);
    if (left === 0 && held) this.forget(v, held);
  }

  private forget(v: Value, held: Held): void {
    for (const width of WIDTHS) {
      held[width]?.forEach((local) => this.letGo(local));
      delete held[width];
    }
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

  // ---- computing ----

  private compute(v: Value): Held {
    const width = likelyWidth(v);
    if (v.kind === 'const') return { natural: width, uniform: false, [width]: this.regs(v, width) };
    const known = this.site.known(v, width);
    if (known) return { natural: width, uniform: true, [width]: [known] };
    if (this.scheme.isScalar(v)) return { natural: 'scalar', uniform: true, scalar: this.computeScalar(v) };
    // A single cell has one register anyway.
    const uniform = this.count > 1 && this.scheme.isUniform(v);
    switch (v.kind) {
      case 'op': return this.shortcut(v, uniform) ?? (v.op === 'cast' ? this.cast(v, uniform) : this.operate(v, uniform));
      case 'read': {
        const loaded = this.scheme.loadWidth(v);
        return { natural: loaded, uniform, [loaded]: this.own(() => this.site.leaf(v, loaded)) };
      }
      // The columns of a vector are inside alike.
      case 'inside': return { natural: width, uniform: true, [width]: this.own(() => this.site.leaf(v, width).slice(0, 1)) };
      case 'gather': return { natural: width, uniform, [width]: this.own(() => gatherLanes(this, v)) };
      case 'state': case 'after': case 'loaded': throw new InternalError(`a ${v.kind} is used before it is there`);
      default: return { natural: width, uniform, [width]: this.own(() => this.site.leaf(v, width)) };
    }
  }

  private computeScalar(v: Value): Scalar {
    switch (v.kind) {
      case 'op': return scalarCode(this.c, v, v.args.map((a) => this.scalar(a)));
      case 'gather': return gatherScalar(this, v);
      case 'const': case 'state': case 'after': case 'loaded': throw new InternalError(`a ${v.kind} is used before it is there`);
      default: return this.site.scalar(v);
    }
  }

  private shortcut(v: Value & { kind: 'op' }, uniform: boolean): Held | undefined {
    const from = passedOver(v);
    // What is known already may be known in the form of the operand only.
    if (!from || this.site.isKnown(from)) return undefined;
    const width = widthOf(v.dtype);
    const [x, n] = [v.args[0], from].map((a) => this.regs(a, width)).map((a) => (uniform ? a.slice(0, 1) : a));
    const regs = this.own(() => (v.op === 'ldexp' ? x.map((a, j) => scaled(this.c, v.dtype, a, n[j])) : n.map((a) => exponent64(this.c, a))));
    return { natural: width, uniform, [width]: regs };
  }

  private cast(v: Value & { kind: 'op' }, uniform: boolean): Held {
    const [{ dtype }] = v.args;
    const width = operandWidth(v);
    const regs = this.regs(v.args[0], width);
    const natural = castWidth(v.dtype, width);
    const [from, lanes] = uniform ? [regs.slice(0, 1), 1] : [regs, this.count];
    return { natural, uniform, [natural]: this.own(() => castLanes(this.c, from, dtype, width, v.dtype, lanes)) };
  }

  /** Register by register. All operands come in the width of the op. */
  private operate(v: Value & { kind: 'op' }, uniform: boolean): Held {
    const dtype = v.op === 'select' ? v.args[1].dtype : v.args[0].dtype;
    const width = operandWidth(v);
    const [, second, third] = v.args;
    const args = (isBackwards(v) ? [second, v.args[0]] : v.args).map((a) => this.regs(a, width));
    const known = (a: Value | undefined): number | undefined => (a?.kind === 'const' ? a.value : undefined);
    const context = {
      c: this.c, dtype, right: known(isBackwards(v) ? v.args[0] : second), third: known(third), isNormal: isNormal(v.args[0]),
      lanes: uniform ? 1 : this.count, fmod: this.fmod,
    };
    const op = opTable(dtype, width)[v.op];
    const first = uniform ? args[0].slice(0, 1) : args[0];
    return { natural: width, uniform, [width]: this.own(() => first.map((a, j) => op(context, a, args[1]?.[j], args[2]?.[j]))) };
  }
}

/** A minimum or maximum with a constant before the other operand. */
const isBackwards = ({ op, args }: Value & { kind: 'op' }): boolean => (op === 'min' || op === 'max') && args[0].kind === 'const';
