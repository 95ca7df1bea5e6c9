/** Broadcasting and views, alone and composed, against plain JavaScript arrays of any rank. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { SliceRange } from '../../src/dsl/views.ts';
import { compute } from '../support/compute.ts';
import * as nd from '../support/nd.ts';
import { random } from '../support/special.ts';
import { expectClose, targets } from '../support/targets.ts';

/** Every element is different, and its digits tell where it was. */
const numbered = (shape: readonly number[]): nd.Nd => ({ shape, data: nd.range(nd.sizeOf(shape)).map((v) => v + 1) });
const toWeft = ({ shape, data }: nd.Nd): wf.WeftArray<'float32'> => wf.array(Float32Array.from(data), { shape });

async function expectNd(target: string, build: () => wf.WeftArray, expected: nd.Nd, label: string): Promise<void> {
  const { values, shape } = await compute(target, build);
  assert.equal([...shape], [...expected.shape], `${label}: shape`);
  expectClose(values, expected.data, { label });
}

// --- broadcasting ---

const shapes: readonly (readonly [number[], number[]])[] = [
  [[], []], [[], [3]], [[1], [3]], [[3], []], [[2, 3], [3]], [[2, 3], [2, 1]], [[2, 1], [1, 3]], [[1, 1], [4, 5]], [[5], [4, 1]],
  [[2, 1, 4], [3, 1]], [[1, 3, 1], [2, 1, 4]], [[2, 3, 4], []], [[2, 1, 3, 1], [4, 1, 5]], [[2, 3, 2, 3, 2], [3, 1, 3, 1]],
  [[1, 2, 1, 3, 1, 2], [2, 1, 3, 1, 2, 1]], [[2, 1, 1, 1, 1, 3], [1, 1, 1, 1]], [[0], [1]], [[0, 3], [3]],
  [[2, 0, 1], [1, 1, 5]], [[17], [3, 17]], [[33, 1], [1, 31]],
];
const broadcasting = suite('broadcasting');
for (const target of targets) for (const [a, b] of shapes) {
  broadcasting(`${target}: [${a.join()}] with [${b.join()}]`, async () => {
    const x = numbered(a), y = nd.map(numbered(b), (v) => 1000 * v);
    await expectNd(target, () => toWeft(x).sub(toWeft(y)), nd.zip(x, y, (p, q) => p - q), 'x - y');
    await expectNd(target, () => toWeft(y).sub(toWeft(x)), nd.zip(y, x, (p, q) => p - q), 'y - x');
    const chosen = nd.zip(nd.zip(x, y, (p) => (p % 2 ? 1 : 0)), nd.zip(x, y, (p, q) => p + q), (c, v) => (c ? v : -1));
    await expectNd(target, () => wf.where(toWeft(x).mod(2).eq(1), toWeft(x).add(toWeft(y)), -1), chosen, 'where');
  });
}
broadcasting.run();

// --- single views ---

interface View {
  readonly label: string;
  readonly weft: (x: wf.WeftArray) => wf.WeftArray;
  readonly plain: (x: nd.Nd) => nd.Nd;
}

/** Source positions of a slice, as Python counts them. */
function positions(n: number, range: SliceRange): number[] {
  const [start, stop, step = 1] = Array.isArray(range) ? range as (number | null | undefined)[] : [];
  const s = step ?? 1;
  const from = start == null ? (s > 0 ? 0 : n - 1) : start < 0 ? start + n : start;
  const to = stop == null ? (s > 0 ? n : -1) : stop < 0 ? Math.max(stop + n, -1) : stop;
  const out: number[] = [];
  const inside = (i: number): boolean => (s > 0 ? i < Math.min(to, n) : i > to && i >= 0);
  for (let i = s < 0 ? Math.min(from, n - 1) : Math.max(from, 0); inside(i); i += s) out.push(i);
  return out;
}

const slices: readonly SliceRange[] = [
  null, [], [1], [1, 3], [null, 2], [-2], [null, -1], [-3, -1], [null, null, 2], [1, null, 2], [null, null, -1], [4, 0, -1],
  [-1, 0, -2], [2, 2], [3, 1], [0, 100],
  [-100, 2], [100], [null, null, 7], [null, null, -3],
];
const slicing = suite('slice');
for (const target of targets) {
  for (const r of slices) {
    slicing(`${target}: ${JSON.stringify(r)} of an axis of 5`, async () => {
      const x = numbered([5]);
      await expectNd(target, () => toWeft(x).slice(r), nd.take(x, [positions(5, r)]), 'one axis');
      const y = numbered([3, 5, 2]);
      await expectNd(target, () => toWeft(y).slice(null, r), nd.take(y, [nd.range(3), positions(5, r), nd.range(2)]), 'the middle axis');
    });
  }
  slicing(`${target}: a number picks an index and drops the axis`, async () => {
    const x = numbered([2, 3, 4]);
    await expectNd(target, () => toWeft(x).slice(1), nd.reshape(nd.take(x, [[1], nd.range(3), nd.range(4)]), [3, 4]), 'first');
    await expectNd(target, () => toWeft(x).slice(null, -1, [1, 3]), nd.reshape(nd.take(x, [nd.range(2), [2], [1, 2]]), [2, 2]), 'mixed');
    await expectNd(target, () => toWeft(x).slice(-1, 0, 3), nd.reshape(nd.take(x, [[1], [0], [3]]), []), 'all');
  });
}
slicing.run();

const views: readonly (View & { readonly shape: number[] })[] = [
  { label: 'transpose', shape: [2, 3], weft: (x) => x.transpose(), plain: (x) => nd.transpose(x) },
  { label: 'transpose of rank 3', shape: [2, 3, 4], weft: (x) => x.transpose(), plain: (x) => nd.transpose(x) },
  { label: 'transpose([1, 2, 0])', shape: [2, 3, 4], weft: (x) => x.transpose([1, 2, 0]), plain: (x) => nd.transpose(x, [1, 2, 0]) },
  { label: 'transpose([-1, 0, -2])', shape: [2, 3, 4], weft: (x) => x.transpose([-1, 0, -2]), plain: (x) => nd.transpose(x, [2, 0, 1]) },
  { label: 'transpose of rank 5', shape: [2, 3, 1, 4, 2], weft: (x) => x.transpose([4, 0, 3, 1, 2]), plain: (x) => nd.transpose(x, [4, 0, 3, 1, 2]) },
  { label: 'transpose of a scalar', shape: [], weft: (x) => x.transpose(), plain: (x) => x },
  { label: 'flip', shape: [3, 4], weft: (x) => x.flip(), plain: (x) => nd.flip(x) },
  { label: 'flip(0)', shape: [3, 4], weft: (x) => x.flip(0), plain: (x) => nd.flip(x, [0]) },
  { label: 'flip([-1])', shape: [3, 4, 2], weft: (x) => x.flip([-1]), plain: (x) => nd.flip(x, [2]) },
  { label: 'reshape', shape: [3, 4], weft: (x) => x.reshape([2, 6]), plain: (x) => nd.reshape(x, [2, 6]) },
  { label: 'reshape with -1', shape: [3, 4], weft: (x) => x.reshape([-1, 2, 2]), plain: (x) => nd.reshape(x, [3, 2, 2]) },
  { label: 'reshape(-1)', shape: [3, 4], weft: (x) => x.reshape(-1), plain: (x) => nd.reshape(x, [12]) },
  { label: 'reshape to a scalar', shape: [1, 1], weft: (x) => x.reshape([]), plain: (x) => nd.reshape(x, []) },
  { label: 'reshape of nothing', shape: [0, 3], weft: (x) => x.reshape([5, 0]), plain: (x) => nd.reshape(x, [5, 0]) },
  { label: 'expandDims(0)', shape: [3], weft: (x) => x.expandDims(0), plain: (x) => nd.reshape(x, [1, 3]) },
  { label: 'expandDims([0, -1])', shape: [3], weft: (x) => x.expandDims([0, -1]), plain: (x) => nd.reshape(x, [1, 3, 1]) },
  { label: 'squeeze', shape: [1, 3, 1], weft: (x) => x.squeeze(), plain: (x) => nd.reshape(x, [3]) },
  { label: 'squeeze(-1)', shape: [1, 3, 1], weft: (x) => x.squeeze(-1), plain: (x) => nd.reshape(x, [1, 3]) },
  { label: 'broadcastTo', shape: [3, 1], weft: (x) => x.broadcastTo([2, 3, 4]), plain: (x) => nd.broadcastTo(x, [2, 3, 4]) },
  { label: 'broadcastTo of a scalar', shape: [], weft: (x) => x.broadcastTo([2, 2]), plain: (x) => nd.broadcastTo(x, [2, 2]) },
  { label: 'broadcastTo of a size to nothing', shape: [1, 2], weft: (x) => x.broadcastTo([0, 2]), plain: (x) => nd.broadcastTo(x, [0, 2]) },
];
const single = suite('views');
for (const target of targets) for (const v of views) {
  single(`${target}: ${v.label} of [${v.shape.join()}]`, async () => {
    const x = numbered(v.shape);
    await expectNd(target, () => v.weft(toWeft(x)), v.plain(x), 'the view');
    await expectNd(target, () => v.weft(toWeft(x)).mul(2), nd.map(v.plain(x), (e) => 2 * e), 'a consumer of the view');
    await expectNd(target, () => v.weft(toWeft(x).mul(2)), nd.map(v.plain(x), (e) => 2 * e), 'the view of a result');
  });
}
for (const target of targets) for (const dtype of ['uint8', 'int16', 'bool'] as const) {
  single(`${target}: views of packed ${dtype}`, async () => {
    const x: nd.Nd = { shape: [5, 7], data: nd.range(35).map((v) => (dtype === 'bool' ? v % 3 % 2 : v * 7 % 120)) };
    const make = () => wf.array(x.data, { shape: x.shape, dtype });
    await expectNd(target, () => make().transpose().slice([1, 6, 2]), nd.take(nd.transpose(x), [[1, 3, 5], nd.range(5)]), 'transpose and slice');
    await expectNd(target, () => make().flip().reshape([35]).slice([3]), nd.take(nd.reshape(nd.flip(x), [35]), [nd.range(35).slice(3)]), 'flip, reshape, slice');
  });
}
single.run();

// --- compositions ---

/** A view that fits the shape, at random. */
function anyView(shape: readonly number[], next: () => number): View {
  const int = (n: number): number => Math.floor(next() * n);
  const rank = shape.length;
  const order = nd.range(rank).map((k) => ({ k, at: next() })).sort((a, b) => a.at - b.at).map(({ k }) => k);
  const some = nd.range(rank).filter(() => next() < 0.5);
  switch (int(rank > 4 ? 4 : 6)) {
    case 0: return { label: `transpose([${order.join()}])`, weft: (x) => x.transpose(order), plain: (x) => nd.transpose(x, order) };
    case 1: return { label: `flip([${some.join()}])`, weft: (x) => x.flip(some), plain: (x) => nd.flip(x, some) };
    case 2: {
      const ranges = shape.map((n): [number, number, number] => {
        const a = int(n + 1), b = int(n + 1), step = 1 + int(3);
        return next() < 0.5 ? [Math.min(a, b), Math.max(a, b), step] : [Math.max(a, b) - n - 1, Math.min(a, b) - n - 1, -step];
      });
      const taken = (x: nd.Nd): number[][] => x.shape.map((n, k) => positions(n, ranges[k]));
      return { label: `slice(${ranges.map((r) => JSON.stringify(r)).join(', ')})`, weft: (x) => x.slice(...ranges), plain: (x) => nd.take(x, taken(x)) };
    }
    case 3: {
      const flat = [nd.sizeOf(shape)];
      const to = rank > 1 && next() < 0.5 ? flat : flat[0] % 2 === 0 ? [2, flat[0] / 2] : [flat[0], 1];
      return { label: `reshape([${to.join()}])`, weft: (x) => x.reshape(to), plain: (x) => nd.reshape(x, to) };
    }
    case 4: {
      const at = int(rank + 1);
      return { label: `expandDims(${at})`, weft: (x) => x.expandDims(at), plain: (x) => nd.reshape(x, [...shape.slice(0, at), 1, ...shape.slice(at)]) };
    }
    default: {
      const to = [2, ...shape.map((n) => (n === 1 ? 3 : n))];
      return { label: `broadcastTo([${to.join()}])`, weft: (x) => x.broadcastTo(to), plain: (x) => nd.broadcastTo(x, to) };
    }
  }
}

const composed = suite('compositions of views');
for (const target of targets) for (let seed = 1; seed <= 60; seed++) {
  const next = random(seed);
  const start = numbered(nd.range(1 + Math.floor(next() * 4)).map(() => 1 + Math.floor(next() * 5)));
  const steps: View[] = [];
  let expected = start;
  for (let k = 0; k < 4 && nd.sizeOf(expected.shape) < 500; k++) {
    steps.push(anyView(expected.shape, next));
    expected = steps[k].plain(expected);
  }
  const label = `[${start.shape.join()}].${steps.map((s) => s.label).join('.')}`;
  composed(`${target}: ${label}`, async () => {
    const viewed = (x: wf.WeftArray): wf.WeftArray => steps.reduce((y, s) => s.weft(y), x);
    await expectNd(target, () => viewed(toWeft(start)), expected, label);
    await expectNd(target, () => viewed(toWeft(start).add(1)).mul(viewed(toWeft(start))), nd.map(expected, (v) => (v + 1) * v), `${label}, fused`);
  });
}
composed.run();
