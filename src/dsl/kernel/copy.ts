/** Copying functions into other ones: how the planner fuses, and how everything else that changes a function does it. */
import { InternalError } from '../../errors.ts';
import type { Builder, Effect, Loop, Point, Value } from './ir.ts';
import { bottomUp } from './walk.ts';

/** What replaces the leaves of a function when it is copied into another one. */
export interface Leaves {
  read(input: number, at: Point | undefined, value: Value): Value;
  uniform?(index: number, value: Value): Value;
  coord?(axis: number, at: Point | undefined): Value;
  extent?(axis: number): Value;
  inside?(value: Value & { kind: 'inside' }): Value;
  reduced?(index: number, value: Value): Value;
  /** The indices are copied already, and inside the array. */
  gather?(input: number, index: readonly Value[], value: Value): Value;
  size?(value: Value & { kind: 'size' }): Value;
  /** Of a loop around what is copied. */
  state?(value: Value & { kind: 'state' }): Value;
  /** Of a loop that is not to be copied. */
  after?(value: Value & { kind: 'after' }): Value | undefined;
  /** Of an effect that is not copied. */
  loaded?(value: Value & { kind: 'loaded' }): Value;
  /** Another number for an output that effects use. */
  output?(output: number): number;
  /** Instead of the same op on the copied operands. */
  op?(value: Value & { kind: 'op' }, args: readonly Value[]): Value | undefined;
}

/** Copies the values of `fn` into `builder`, leaf by leaf: the one way functions are fused. */
export const inline = (builder: Builder, results: readonly Value[], leaves: Leaves): Value[] =>
  inlineAll(builder, results, [], leaves).results;

/** `inline`, with effects. */
export function inlineAll(
  builder: Builder, results: readonly Value[], effects: readonly Effect[], leaves: Leaves,
): { results: Value[]; effects: Effect[] } {
  const done = new Map<Value, Value>();
  const loops = new Map<Loop, readonly Value[]>();
  const copy = (v: Value): Value => {
    bottomUp(v, (o) => done.has(o), (o) => void done.set(o, copyOne(o)));
    return done.get(v)!;
  };
  const missing = (what: string) => fail(`inline: no replacement for ${what}`);
  const copyOne = (v: Value): Value => {
    switch (v.kind) {
      case 'const': return builder.constant(v.value, v.dtype);
      case 'uniform': return leaves.uniform?.(v.index, v) ?? missing('uniform');
      case 'read': return leaves.read(v.input, v.at, v);
      case 'coord': return leaves.coord?.(v.axis, v.at) ?? missing('coord');
      case 'extent': return leaves.extent?.(v.axis) ?? missing('extent');
      case 'inside': return leaves.inside?.(v) ?? missing('inside');
      case 'reduced': return leaves.reduced?.(v.index, v) ?? missing('reduced');
      case 'gather': return leaves.gather?.(v.input, v.index.map(copy), v) ?? missing('gather');
      case 'size': return leaves.size?.(v) ?? missing('size');
      case 'after': return leaves.after?.(v) ?? copyLoop(v.loop)[v.index];
      case 'state': return leaves.state?.(v) ?? missing('state');
      case 'loaded': return leaves.loaded?.(v) ?? missing('loaded');
      case 'op': {
        const args = v.args.map(copy);
        return leaves.op?.(v, args) ?? builder.op(v.op, args, v.dtype);
      }
      default: return v satisfies never;
    }
  };
  const copyLoop = (loop: Loop): readonly Value[] => {
    let out = loops.get(loop);
    if (!out) {
      const initial = loop.initial.map(copy);
      const states = builder.states(loop.states.map((s) => s.dtype));
      loop.states.forEach((s, k) => done.set(s, states[k]));
      const test = copy(loop.test);
      const inside = loop.effects.map(copyEffect);
      out = builder.loop({ states, initial, test, next: loop.next.map(copy), effects: inside });
      loops.set(loop, out);
    }
    return out;
  };
  const outputOf = leaves.output ?? ((output: number): number => output);
  const copyEffect = (e: Effect): Effect => {
    switch (e.kind) {
      case 'store': return { ...e, output: outputOf(e.output), index: e.index.map(copy), value: copy(e.value), when: copy(e.when) };
      case 'load': {
        const index = e.index.map(copy);
        const value = builder.loaded(e.value.dtype);
        done.set(e.value, value);
        return { ...e, output: outputOf(e.output), index, value };
      }
      case 'loop': return { kind: 'loop', loop: (copyLoop(e.loop)[0] as Value & { kind: 'after' }).loop };
      default: return e satisfies never;
    }
  };
  const happened = effects.map(copyEffect);
  return { results: results.map(copy), effects: happened };
}

/** Leaves that stay as they are, for copies that change something else. */
export const sameLeaves = (builder: Builder): Leaves => ({
  read: (input, at, v) => builder.read(input, v.dtype, inlinePoint(builder, at)),
  uniform: (index, v) => builder.uniform(index, v.dtype),
  coord: (axis, at) => builder.coord(axis, inlinePoint(builder, at)),
  extent: (axis) => builder.extent(axis),
  inside: (v) => builder.inside(inlinePoint(builder, v.at), v.lo, v.hi),
  reduced: (index, v) => builder.reduced(index, v.dtype),
  gather: (input, index, v) => builder.gatherInside(input, v.dtype, index),
  size: (v) => builder.size(v.of, v.array, v.axis),
});

/** Copies a point into another builder. */
export function inlinePoint(builder: Builder, p: Point | undefined): Point | undefined {
  return p && builder.point(inlinePoint(builder, p.base), p.offset, p.edge);
}

function fail(message: string): never {
  throw new InternalError(message);
}
