/** Arrays that elementwise kernels index, and the shapes that elementwise kernels are applied to, on every target. */
import { suite } from 'uvu';
import * as wf from '../../src/index.ts';
import { computeAll } from '../support/compute.ts';
import { build, commonShape, coordinates, element, type Nd } from '../support/nd.ts';
import { targets } from '../support/targets.ts';
import { arrayOf, compare, flat, given, listed, type Arg, type Want } from './plain.ts';

interface Case {
  readonly name: string;
  readonly f: (...args: never[]) => unknown;
  /** Numbers and arrays of which the function gets an element each. */
  readonly points: readonly Arg[];
  /** Arrays that it gets whole. */
  readonly tables?: readonly Arg[];
  readonly results?: number;
}

const line = arrayOf([7], (k) => (k * 5) % 7 - 2), matrix = arrayOf([3, 4], (k) => (k * 7) % 13 - 3);
const cube = arrayOf([2, 3, 4], (k) => k);
const bytes = { ...arrayOf([256], (k) => (k * 37) % 251), dtype: 'uint8' as const };
const at = { ...arrayOf([9], (k) => (k * 2) % 7), dtype: 'int32' as const };

const indexing: readonly Case[] = [
  { name: 'an element', f: (i: number, t: wf.Vec) => t[i] * 2, points: [at], tables: [line] },
  { name: 'computed indices', f: (i: number, t: wf.Vec) => t[(i * 3 + 1) % t.length] - t[t.length - 1 - i], points: [at], tables: [line] },
  { name: 'floats as indices', f: (x: number, t: wf.Vec) => t[Math.floor(x / 2)] + t[x | 0], points: [arrayOf([5], (k) => k * 1.25)], tables: [line] },
  { name: 'an element of an element', f: (i: number, t: wf.Vec, u: wf.Vec) => t[u[i]], points: [at], tables: [line, { ...arrayOf([7], (k) => (k * 3) % 7), dtype: 'int32' }] },
  { name: 'two axes', f: (i: number, m: wf.Mat) => m[i % 3][i % 4] + m[0][i % m.shape[1]], points: [at], tables: [matrix] },
  { name: 'three axes', f: (i: number, c: wf.Tensor3) => c[1][i % 3][2] + c[i % 2][i % 3][i % 4], points: [at], tables: [cube] },
  { name: 'rows', f: (i: number, m: wf.Mat) => { const row = m[i % 3]; return row[0] + row[row.length - 1]; }, points: [at], tables: [matrix] },
  { name: 'rows passed to functions', f: (i: number, m: wf.Mat) => { const last = (r: wf.Vec) => r[r.length - 1]; return last(m[i % 3]); }, points: [at], tables: [matrix] },
  { name: 'lengths and shapes', f: (i: number, m: wf.Mat) => i * 100 + m.length * 10 + m[0].length + m.shape[0] * m.shape[1], points: [at], tables: [matrix] },
  { name: 'shapes taken apart', f: (i: number, c: wf.Tensor3) => { const [a, b, d] = c.shape; return i + a * 100 + b * 10 + d; }, points: [at], tables: [cube] },
  {
    name: 'a loop over a table', points: [at], tables: [line],
    f: (i: number, t: wf.Vec) => {
      let s = 0;
      for (let k = 0; k < t.length; k++) if (k !== i) s += t[k] * k;
      return s;
    },
  },
  {
    name: 'a search', points: [arrayOf([8], (k) => k * 1.5 - 3)], tables: [arrayOf([9], (k) => k * k / 4 - 2)],
    f: (x: number, t: wf.Vec) => {
      let low = 0, high = t.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (t[middle] < x) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  },
  {
    name: 'interpolation', points: [arrayOf([11], (k) => k * 0.75 - 1)], tables: [line],
    f: (x: number, t: wf.Vec) => {
      const clamped = Math.max(0, Math.min(t.length - 1.25, x));
      const k = Math.floor(clamped), part = clamped - k;
      return t[k] * (1 - part) + t[k + 1] * part;
    },
  },
  { name: 'a byte table', f: (b: number, t: wf.Vec) => t[b] + t[255 - b] * 2, points: [{ ...arrayOf([40], (k) => k * 6), dtype: 'uint8' }], tables: [bytes] },
  { name: 'points beside tables', f: (i: number, y: number, t: wf.Vec) => t[i] * y, points: [at, arrayOf([4, 1], (k) => k - 1)], tables: [line] },
];

const numbers = (...shape: number[]): Nd => arrayOf(shape, (k) => (k * 7) % 11 - 4);
const two = (x: number, y: number): unknown => {
  let n = 0;
  while (n < 5 && x > n) n++;
  return [x * 2 - y, n];
};
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []], [[5], []], [[], [5]], [[5], [5]], [[1], [5]], [[3, 4], [4]], [[3, 1], [1, 4]], [[2, 3, 4], [3, 1]],
  [[2, 1, 2, 5], [3, 1, 5]],
  [[2, 3, 4, 5], [2, 3, 4, 5]], [[0], [1]], [[3, 0], [1]], [[0, 3], [0, 3]], [[33, 17], [17]], [[1, 1, 1], [1]],
];
const broadcasting = shapes.map(([a, b]): Case =>
  ({ name: `shapes [${a.join()}] and [${b.join()}]`, f: two, points: [numbers(...a), numbers(...b)], results: 2 }));

/** The function at every point of the shape that its points broadcast to. */
function plainly({ f, points, tables = [], results = 1 }: Case): Want[] {
  const shape = points.map((p) => (typeof p === 'number' ? [] : p.shape)).reduce(commonShapeOf);
  const stretched = (p: Arg, i: readonly number[]): number =>
    (typeof p === 'number' ? p : element(p, p.shape.map((size, k) => (size === 1 ? 0 : i[i.length - p.shape.length + k]))));
  const whole = tables.map(listed);
  const call = f as (...args: unknown[]) => unknown;
  const rows = coordinates(shape).map((i) => flat(call(...points.map((p) => stretched(p, i)), ...whole)));
  return Array.from({ length: results }, (_, k) => ({ shape, values: rows.map((r) => r[k]) }));
}
const commonShapeOf = (a: readonly number[], b: readonly number[]): readonly number[] => commonShape(a, b);

type ArrayFunction = (...a: wf.ArrayInput[]) => wf.WeftArray | wf.WeftArray[];

function onAllTargets(title: string, cases: readonly Case[]): void {
  const test = suite(title);
  for (const c of cases) {
    test(c.name, async () => {
      const call = wf.vectorize(c.f as (...args: unknown[]) => unknown) as unknown as ArrayFunction;
      const want = plainly(c);
      for (const target of targets) {
        compare(await computeAll(target, () => [call(...[...c.points, ...c.tables ?? []].map(given))].flat()), want, target);
      }
    });
  }
  test.run();
}

onAllTargets('language: indexed arrays', indexing);
onAllTargets('language: shapes', broadcasting);

const edges = suite('language: indices outside');
edges('beyond the ends there is the element at the end', async () => {
  const indices = [-100, -1, 0, 6, 7, 1e9];
  const call = wf.vectorize((i: number, t: wf.Vec) => t[i]);
  const want = indices.map((i) => line.data[Math.max(0, Math.min(6, i))]);
  for (const target of targets) {
    const got = await computeAll(target, () => [call(wf.array(indices, { dtype: 'int32' }), given(line))]);
    compare(got, [{ shape: [6], values: want }], target);
  }
});
edges('an array of nothing reads as 0', async () => {
  const call = wf.vectorize((i: number, t: wf.Vec) => t[i] + i + t.length);
  for (const target of targets) {
    const got = await computeAll(target, () => [call(wf.array([0, 1, 5], { dtype: 'int32' }), wf.zeros(0))]);
    compare(got, [{ shape: [3], values: [0, 1, 5] }], target);
  }
});
edges('NaN is index 0', async () => {
  const call = wf.vectorize((x: number, t: wf.Vec) => t[x]);
  for (const target of targets.filter((t) => t !== 'webgpu')) {
    const got = await computeAll(target, () => [call([NaN, 2, Infinity, -Infinity], given(line))]);
    compare(got, [{ shape: [4], values: [0, 2, 6, 0].map((k) => line.data[k]) }], target);
  }
});
edges.run();

const around = suite('language: kernels in graphs');
around('what is before and after is part of the plan', async () => {
  const call = wf.vectorize((x: number, y: number) => {
    let s = 0;
    for (let i = 0; i < 4; i++) s += x * i > y ? 1 : 2;
    return s;
  });
  const [a, b] = [numbers(6, 5), numbers(5)];
  const want = build([6, 5], (i) => {
    const [x, y] = [element(a, i) * 2 + 1, element(b, [i[1]])];
    return [0, 1, 2, 3].reduce((s, k) => s + (x * k > y ? 1 : 2), 0) - x;
  });
  for (const target of targets) {
    const [got] = await computeAll(target, () => {
      const x = wf.array(a.data as number[], { shape: [6, 5] }).mul(2).add(1);
      return [call(x, given(b)).sub(x)];
    });
    compare([got], [{ shape: want.shape, values: want.data }], target);
  }
});
around.run();
