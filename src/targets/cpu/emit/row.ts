/**
 * One row of the domain: what is the same for all of its columns. Border maps of the outer axes end here, in a pointer per
 * input and outer offset; values that do not depend on the column are computed here, once.
 */
import { dtypes, isFloat, type DType } from '../../../dsl/dtype.ts';
import type { Point, Value } from '../../../dsl/kernel/ir.ts';
import { operandsOf, operandsOfEffects, valuesOf } from '../../../dsl/kernel/walk.ts';
import type { InnerStride } from '../../../fusion/kernel.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Scalar } from './code.ts';
import { Evaluator, type Leaf, type Site } from './evaluate.ts';
import type { Frame, Nest } from './frame.ts';
import { maskOf, widthOf, WIDTHS, type Width } from './lanes.ts';
import { loadSplat } from './memory.ts';
import { followSteps, insideValues, stepsAlong, stepsKey, unwrapped, within, type AxisStep } from './points.ts';
import { schemeOf, type Scheme } from './scheme.ts';
import { fixedIn, valuesIn, type Piece } from './uniformity.ts';
import { wantedWidths } from './widths.ts';
import type { Local } from '../wasm/index.ts';

type Read = Value & { kind: 'read' };
type Inside = Value & { kind: 'inside' };

/** A piece of a body with its schemes: for neighbouring columns, and for a single cell. */
export interface Variant {
  readonly piece: Piece;
  readonly vector: Scheme;
  readonly cell: Scheme;
}

/** Whether a leaf is the same for all columns of a row. */
export const isSameInRow = (nest: Pick<Nest, 'inputs' | 'rank'>) => (v: Leaf): boolean => {
  switch (v.kind) {
    case 'uniform': case 'extent': case 'size': return true;
    case 'read': return nest.inputs[v.input].inner === 'zero';
    case 'coord': return v.axis !== nest.rank - 1;
    case 'inside': case 'reduced': return false;
    default: return v satisfies never;
  }
};

export function variantOf(nest: Nest, piece: Piece): Variant {
  const same = isSameInRow(nest);
  const inner = nest.rank - 1;
  return {
    piece,
    // In the interior `inside` asks about the outer axes only.
    vector: schemeOf(piece, { leaf: (v) => v.kind === 'inside' || same(v), inner }),
    cell: schemeOf(piece, { leaf: () => true, inner: undefined, plainNumbers: piece.effects.length > 0 }),
  };
}

/** Where the column 0 of a row of an input is, for one combination of outer offsets. */
export interface RowPointer {
  readonly key: string;
  readonly address: Pointer;
  readonly dtype: DType;
  readonly inner: InnerStride;
  /** From column to column. */
  readonly stride: Pointer;
}

/** The indices of the rows that are picked. */
const pickedIn = (values: readonly Value[], { inputs }: Nest): Value[] =>
  values.flatMap((v) => (v.kind === 'read' ? inputs[v.input].picked?.index ?? [] : []));

/** The row before: a step along the last of `axes`, or where that one ends. */
export interface RowBefore {
  readonly row: Row;
  readonly axes: readonly number[];
}

export class Row {
  private readonly pointers = new Map<string, RowPointer>();
  /** Sets pointers that were found from the row before. */
  private readonly atEnd: (() => void)[] = [];
  private readonly mapped = new Map<string, Scalar>();
  private readonly kept = new Map<string, Scalar>();
  private readonly outerInside = new Map<string, { condition: Scalar; mask: Local }>();
  private readonly fixed: ReadonlySet<Value>;
  /** Fixed values that others need. */
  private readonly needed: ReadonlySet<Value>;
  private readonly scalars = new Map<Value, Scalar>();
  private readonly constant: Evaluator;

  /** Emits what the row needs for evaluating the variants of a body, at the frame's current outer coordinates. */
  constructor(readonly frame: Frame, variants: readonly Variant[], private readonly before?: RowBefore) {
    const all = [...new Set(variants.flatMap(({ piece }) => valuesIn(piece)))];
    this.fixed = new Set(variants.flatMap(({ piece }) => [...fixedIn(piece, isSameInRow(frame.nest))]));
    const picks = pickedIn(all, frame.nest);
    for (const v of [...all, ...valuesOf(picks)]) if (v.kind === 'read' && !frame.nest.inputs[v.input].picked) this.makePointer(v);
    this.beginAnew();
    if (!variants.every(({ vector }) => vector.plain)) this.keepCoordinates(all);
    for (const v of insideValues(all)) this.makeInside(v);
    this.needed = new Set(variants.flatMap(({ piece }) => this.neededBy(piece)));
    const schemes = variants.flatMap(({ vector, cell }) => [vector, cell]);
    const wanted = [...this.needed].filter((v) => schemes.some((s) => s.wantsScalar(v)));
    const piece = { results: [...this.needed, ...picks], effects: [] };
    const scheme = schemeOf(piece, { leaf: () => true, inner: undefined, scalars: [...wanted, ...picks] });
    this.constant = new Evaluator(frame.c, this.constantSite(), scheme, frame.fmod);
    this.constant.emit();
    for (const v of wanted) this.scalars.set(v, this.constant.scalar(v));
    for (const v of all) if (v.kind === 'read' && frame.nest.inputs[v.input].picked) this.pick(v);
    // In all widths that anybody wants: where they are wanted it is too late to ask, as that code may not run.
    const wants = variants.map(({ piece }) => wantedWidths(piece));
    const results = new Set(variants.flatMap(({ piece }) => piece.results));
    for (const v of this.needed) {
      this.constant.regs(v);
      // Stores want a mask of bytes, and reductions a result in the width of their values.
      const least = results.has(v) && !isFloat(v.dtype) ? 32 : 0;
      const asked = (w: Width): boolean => (w >= widthOf(v.dtype) && w <= least) || wants.some((of) => of.get(v)?.has(w));
      WIDTHS.filter(asked).forEach((w) => this.constant.regs(v, w));
    }
  }

  /** Copies of the outer coordinates: the frame may be in another row when they are wanted. */
  private keepCoordinates(values: readonly Value[]): void {
    const { c, inner } = this.frame;
    for (const v of values) {
      if (v.kind !== 'coord' || v.axis === inner) continue;
      const steps = stepsAlong(v.at, v.axis);
      this.kept.set(`${v.axis}:${stepsKey(steps)}`, c.variable(this.coordinate(v.axis, steps)));
    }
  }

  /** The fixed values that results, effects or other values use. */
  private neededBy({ results, effects }: Piece): Value[] {
    const seen = new Set<Value>();
    const needed: Value[] = [];
    const visit = (v: Value): void => {
      if (seen.has(v)) return;
      seen.add(v);
      if (!this.isKnown(v)) operandsOf(v).forEach(visit);
      else if (v.kind !== 'const') needed.push(v);
    };
    operandsOfEffects(effects).forEach(visit);
    results.forEach(visit);
    return needed;
  }

  /** Whether a value does not depend on the column. */
  readonly isKnown = (v: Value): boolean => this.fixed.has(v);

  /** The one register of a value that does not depend on the column. */
  readonly known = (v: Value, width: Width): Local | undefined =>
    (this.needed.has(v) ? this.frame.c.keep(() => this.constant.regs(v, width)[0]) : undefined);

  readonly knownScalar = (v: Value): Scalar | undefined => this.scalars.get(v);

  private constantSite(): Site {
    const { frame } = this;
    return {
      count: 1, inner: frame.inner, leaf: (v, width) => [this.constantLeaf(v, width)], scalar: (v) => this.constantScalar(v),
      column: outOfRow, known: () => undefined, knownScalar: () => undefined, isKnown: () => false,
      whole: (of, index) => frame.whole[of][index]!,
    };
  }

  private constantLeaf(v: Leaf, width: Width): Local {
    const { c, uniforms } = this.frame;
    switch (v.kind) {
      case 'uniform': return uniforms[v.index];
      case 'read': return loadSplat(c, v.dtype, this.pointer(v).address, 0, width);
      case 'inside': return this.insideRow(v).mask;
      default: return c.x('i32x4.splat', [this.constantScalar(v)]);
    }
  }

  /** Leaves that are the same for the row, as an i32. */
  constantScalar(v: Leaf): Scalar {
    const { sizes, whole } = this.frame;
    switch (v.kind) {
      case 'extent': return sizes[v.axis];
      case 'size': return whole[v.of][v.array]!.sizes[v.axis];
      case 'coord': {
        const steps = stepsAlong(v.at, v.axis);
        return this.kept.get(`${v.axis}:${stepsKey(steps)}`) ?? this.coordinate(v.axis, steps);
      }
      case 'inside': return this.insideRow(v).condition;
      case 'uniform': case 'read': case 'reduced': throw new Error(`${v.kind} is no scalar of the row`);
      default: return v satisfies never;
    }
  }

  /** An outer coordinate after its border maps. */
  private coordinate(axis: number, steps: readonly AxisStep[]): Scalar {
    const { c, coords, sizes } = this.frame;
    const key = `${axis}:${stepsKey(steps)}`;
    let x = this.mapped.get(key);
    if (x === undefined) this.mapped.set(key, x = c.keep(() => followSteps(c, coords[axis], sizes[axis], steps)));
    return x;
  }

  private key(input: number, at: Point | undefined): string {
    return `${input}@${this.frame.coords.map((_, k) => stepsKey(stepsAlong(at, k))).join(',')}`;
  }

  pointer(v: Read): RowPointer {
    return this.pointers.get(this.key(v.input, v.at))!;
  }

  private makePointer({ input, at, dtype }: Read): void {
    const { c, bases, strides, inputMasks, nest, inner } = this.frame;
    const key = this.key(input, at);
    if (this.pointers.has(key)) return;
    const array = nest.inputs[input];
    const isRound = (k: number): boolean => array.ring?.wraps === true && array.ring.axis === k;
    const steps = (k: number): AxisStep[] => (isRound(k) ? unwrapped(stepsAlong(at, k)) : stepsAlong(at, k));
    const fromBase = (address: Pointer): void => {
      c.at.assign(address, bases[input]);
      this.frame.rowOffset(array, inputMasks[input], strides[input], (k) => this.coordinate(k, steps(k)))
        .forEach((bytes) => c.at.advance(address, bytes));
    };
    const address = c.at.local(`row${input}`);
    const { before } = this;
    if (before && !array.ring && this.frame.coords.every((_, k) => k === inner || steps(k).length === 0)) {
      c.at.assign(address, c.at.plus(before.row.pointers.get(key)!.address, strides[input][before.axes.at(-1)!]));
      if (before.axes.length > 1) this.atEnd.push(() => fromBase(address));
    } else {
      fromBase(address);
    }
    this.pointers.set(key, { key, address, dtype, inner: array.inner, stride: strides[input][inner] });
  }

  /** The pointer to a row that indices pick. */
  private pick({ input, at, dtype }: Read): void {
    const { c, nest, whole, strides } = this.frame;
    const { inner, picked } = nest.inputs[input];
    const { base, strides: steps } = whole.input[picked!.from]!;
    const address = c.at.variable(picked!.index.reduce<Bytes>(
      (bytes, v, k) => c.at.plus(bytes, c.at.times(this.constant.scalar(v), steps[k])), base), `row${input}`);
    const key = this.key(input, at);
    this.pointers.set(key, { key, address, dtype, inner, stride: strides[picked!.from].at(-1)! });
  }

  /** Where the last axis has begun anew, the row is not a step from the one before. */
  private beginAnew(): void {
    const { atEnd, before, frame: { c, coords } } = this;
    if (!before || atEnd.length === 0) return;
    c.raw('i32.eqz', [coords[before.axes.at(-1)!]]);
    c.f.if(() => atEnd.forEach((emit) => emit()));
  }

  private insideKey(v: Inside): string {
    return this.frame.coords.map((_, k) => `${stepsKey(stepsAlong(v.at, k))}:${v.lo[k]}:${v.hi[k]}`).join(',');
  }

  private makeInside(v: Inside): void {
    const { c, coords, sizes } = this.frame;
    const key = this.insideKey(v);
    if (this.outerInside.has(key)) return;
    const condition = coords.reduce<Scalar>((all, _, k) => {
      const asked = v.lo[k] !== 0 || v.hi[k] !== 0;
      return asked ? c.and(all, within(c, this.coordinate(k, stepsAlong(v.at, k)), sizes[k], v.lo[k], v.hi[k])) : all;
    }, 1);
    this.outerInside.set(key, { condition, mask: maskOf(c, condition) });
  }

  /** What `v` says of the outer axes. */
  insideRow(v: Inside): { readonly condition: Scalar; readonly mask: Local } {
    return this.outerInside.get(this.insideKey(v))!;
  }

  /** A single cell at column `x`: coordinates are scalars, and every border map is followed. */
  cell(x: Local, { piece }: Variant): Site {
    const { c, columns, inner, whole } = this.frame;
    const at = new Map<string, Scalar>();
    const column = (steps: readonly AxisStep[]): Scalar => {
      const key = stepsKey(steps);
      let found = at.get(key);
      if (found === undefined) at.set(key, found = c.keep(() => followSteps(c, x, columns, steps)));
      return found;
    };
    // All of them here: what is first asked for in some arm may be wanted elsewhere too.
    for (const v of valuesIn(piece)) if ('at' in v && !this.isKnown(v)) column(stepsAlong(v.at, inner));
    const scalar = (v: Leaf): Scalar => {
      if (v.kind === 'coord' && v.axis === inner) return column(stepsAlong(v.at, inner));
      if (v.kind !== 'inside') return this.constantScalar(v);
      return c.and(this.insideRow(v).condition, within(c, column(stepsAlong(v.at, inner)), columns, v.lo[inner], v.hi[inner]));
    };
    const leaf = (v: Leaf, width: Width): Local => {
      if (v.kind === 'coord' && v.axis === inner) return c.x('i32x4.splat', [scalar(v)]);
      if (v.kind === 'inside') return maskOf(c, scalar(v));
      if (v.kind !== 'read') return this.constantLeaf(v, width);
      const p = this.pointer(v);
      const step = p.inner === 'unit' ? dtypes[v.dtype].bytes : p.stride;
      return loadSplat(c, v.dtype, c.at.plus(p.address, c.at.times(column(stepsAlong(v.at, inner)), step)), 0, width);
    };
    return {
      count: 1, inner, leaf: (v, width) => [leaf(v, width)], scalar, column: outOfRow,
      known: this.known, knownScalar: this.knownScalar, isKnown: this.isKnown, whole: (of, index) => whole[of][index]!,
    };
  }
}

function outOfRow(): never {
  throw new Error('single cells do not run');
}
