/** Random pipelines of maps and stencils, all borders, for planners that run them by tiles. */
import fc from 'fast-check';
import * as wf from '../../src/index.ts';
import { borderModes, type BorderMode } from '../../src/dsl/border.ts';
import { coordinates } from './plan.ts';

type A = wf.WeftArray;

export interface StencilProgram {
  readonly shape: readonly number[];
  readonly border: readonly BorderMode[];
  readonly code: readonly { readonly op: number; readonly a: number; readonly b: number; readonly border: number }[];
  /** Steps of a time loop; 0: none. */
  readonly steps: number;
}

const ranks = fc.constantFrom(1, 2, 3);
const mode = fc.constantFrom(...borderModes);

/** Most axes have sizes around those of tiles and of neighbourhoods. */
export const stencilPrograms = (most: number): fc.Arbitrary<StencilProgram> => ranks.chain((rank) => fc.record({
  shape: fc.array(fc.integer({ min: 1, max: [4 * most, most, 6][rank - 1] }), { minLength: rank, maxLength: rank }),
  border: fc.array(mode, { minLength: rank, maxLength: rank }),
  code: fc.array(fc.record({ op: fc.nat(12), a: fc.nat(3), b: fc.nat(3), border: fc.nat(7) }), { minLength: 2, maxLength: 6 }),
  steps: fc.constantFrom(0, 0, 0, 1, 2, 4, 5, 9),
}));

type Border = readonly BorderMode[];

/** Wide along the last axis, narrow along others. */
function neighbours(x: A, border: Border): A {
  const options = { border: [...border], cval: 2 };
  if (x.rank === 1) return wf.stencil((u: wf.Neighbors1) => u(-2) - u(0) * 0.5 + u(1) * 0.25, options)(x);
  if (x.rank === 2) return wf.stencil((u: wf.Neighbors2) => u(-1, 0) * 0.5 - u(1, -1) * 0.25 + u(0, 2) * 0.25, options)(x);
  return wf.stencil((u: wf.Neighbors3) => u(-1, 0, 0) * 0.5 - u(0, 1, 0) * 0.25 + u(0, -1, 0) * 0.25, options)(x);
}

/** Both arrays at neighbours, two results. */
function pair(x: A, y: A, border: Border): readonly [A, A] {
  const options = { border: [...border], cval: -1 };
  const makers = [
    () => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => [u(-1) * 0.5 + v(1) * 0.5, u(0) - v(-1) * 0.25], options)(x, y),
    () => wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) =>
      [u(-1, 0) * 0.5 + v(0, 1) * 0.5, u(0, 0) - v(-1, 1) * 0.25], options)(x, y),
    () => wf.stencil((u: wf.Neighbors3, v: wf.Neighbors3) =>
      [u(-1, 0, 0) * 0.5 + v(0, 1, 0) * 0.5, u(0, 0, 0) - v(0, 0, 1) * 0.25], options)(x, y),
  ];
  return makers[x.rank - 1]() as unknown as readonly [A, A];
}

/** Along one axis only, so that others may merge. */
function lines(x: A, border: Border): A {
  const options = { border: [...border], cval: 1 };
  if (x.rank === 1) return wf.stencil((u: wf.Neighbors1) => u(-1) * 0.5 + u(1) * 0.5, options)(x);
  if (x.rank === 2) return wf.stencil((u: wf.Neighbors2) => u(-1, 0) * 0.5 + u(2, 0) * 0.5, options)(x);
  return wf.stencil((u: wf.Neighbors3) => u(-1, 0, 0) * 0.5 + u(2, 0, 0) * 0.5, options)(x);
}

/** Costly, so that it is not computed at every neighbour. */
const curve = (x: A): A => x.tanh().add(x.mul(0.5).sin().mul(0.25));

const fitting = (x: A, y: A): A => (x.shape.join() === y.shape.join() ? y : x.mul(0.5));
const shrunk = (x: A, border: Border): Border =>
  border.map((m, axis) => (m === 'valid' && x.shape[axis] < 5 ? 'nearest' : m));

/** Without the first of everything. */
const inner = (x: A): A => x.slice(...x.shape.map((n) => (n > 2 ? [1, n] as const : null)));

const operations: readonly ((x: A, y: A, border: Border) => A)[] = [
  (x, _, border) => neighbours(x, border),
  (x, _, border) => lines(x, border),
  (x, _, border) => neighbours(lines(x, border), border),
  (x, y) => curve(x.mul(y.mean())), (x) => curve(x),
  (x, y) => curve(x).add(fitting(x, y)),
  (x, y, border) => pair(x, fitting(x, y), border)[0],
  (x, y, border) => {
    const [p, q] = pair(x, fitting(x, y), border);
    return curve(p).sub(q.mul(0.5));
  },
  (x) => inner(x),
  (x) => x.slice(...x.shape.map((n, k) => (k === x.rank - 1 && n > 2 ? [0, n - 1] as const : null))),
  (x) => x.add(coordinates(x.shape).asType('float32').mul(0.01)),
  (x, y, border) => {
    const made = lines(x, border);
    return wf.where(made.gt(0.25), made, fitting(made, y).mul(-1));
  },
  (x, _, border) => neighbours(inner(lines(x, border)), border.map((m) => (m === 'valid' ? 'mirror' : m))),
];

/** The arrays that a program ends with: the last one, and at times one before it. */
export function buildStencils({ shape, border, code, steps }: StencilProgram): A[] {
  const size = shape.reduce((n, s) => n * s, 1);
  const list: A[] = [wf.array(Float32Array.from({ length: size }, (_, k) => (((k * 37) % 17) - 8) / 8), { shape })];
  const pick = (k: number): A => list[list.length - 1 - (k % Math.min(4, list.length))];
  for (const { op, a, b, border: turn } of code) {
    const x = pick(a);
    // Mostly the program's own borders; at times all axes have one of them, or they change places.
    const own = border.map((m, axis) => (turn < 3 ? m : turn < 5 ? border[0] : border[(axis + 1) % border.length]));
    list.push(operations[op](x, pick(b), shrunk(x, own)));
  }
  const last = list[list.length - 1];
  const keep = code.length % 3 === 0 ? [list[list.length - 2]] : [];
  if (steps === 0) return [last, ...keep];
  const stays = border.map((m): BorderMode => (m === 'valid' ? 'reflect' : m));
  if (code.length % 2 === 0) return [wf.iterate(last, steps, (s) => neighbours(s, stays).add(last.mul(0.125)))];
  return [...wf.iterate([last, last.mul(0.5)], steps, ([s, t]) => [...pair(s, t, stays)])];
}
