/**
 * What random pipelines are made of, besides the steps of other programs: chains of stencils of all neighbourhoods and borders,
 * reductions whose results go back to the elements, time loops of several states.
 */
import * as wf from '../../src/index.ts';
import { borderModes, borderRules, type BorderMode } from '../../src/dsl/border.ts';
import { dtypes, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { random } from '../support/special.ts';
import { often, step, type Maker } from './maker.ts';
import type { Context, Step } from './program.ts';
import { makers } from './steps.ts';
import { exact, infoOf, integerInfo, isFloat, reshaped, sizeOf, type Info } from './values.ts';

type A = wf.WeftArray;
const MOST_ELEMENTS = 3000;
/** Larger values are scaled down before they go on. */
const TAME = 2 ** 12;

/** As many numbers as a step likes, which follow from the few that it is given: those are more often small than not. */
function manyNumbers(c: Context): Context {
  const seed = [1, 2, 3, 4].reduce((sum) => (65599 * sum + c.draw(2 ** 16)) % 2 ** 31, 7);
  const next = random(seed);
  return { ...c, draw: (n) => Math.floor(next() * n) };
}
const many = (weight: number, maker: (c: Context) => Step | undefined): Maker => often(weight, (c) => maker(manyNumbers(c)));

// --- sources ---

const lengths = [5, 9, 1, 2, 3, 4, 7, 12, 17, 30, 41, 64, 70];
const dtypesDrawn: readonly DType[] = ['float32', 'float32', 'float32', 'int32', 'uint8', 'int16', 'bool', 'float64', 'float32'];

/** The first axis is likely the longest, and sometimes the last one: they are cut into pieces. */
function source(c: Context): Step {
  const rank = [2, 1, 3, 2, 3, 4, 2][c.draw(7)];
  const length = (k: number): number => lengths[k === 0 ? c.draw(lengths.length) : Math.min(c.draw(9), c.draw(9))];
  const shape = Array.from({ length: rank }, (_, k) => length(k));
  if (c.draw(3) === 0) shape.reverse();
  while (sizeOf(shape) > MOST_ELEMENTS) shape[shape.indexOf(Math.max(...shape))] >>= 1;
  const drawn = dtypesDrawn[c.draw(dtypesDrawn.length)];
  const dtype = drawn === 'float64' && !c.float64 ? 'float32' : drawn;
  const seed = c.draw(1000);
  const { kind } = dtypes[dtype];
  const [low, high] = kind === 'bool' ? [0, 1] : kind === 'uint' ? [0, 9] : [-8, 8];
  const next = random(seed);
  const data = new dtypes[dtype].array(sizeOf(shape)) as TypedArray;
  for (let k = 0; k < data.length; k++) data[k] = low + Math.floor(next() * (high - low + 1));
  const values = data.length <= 24 ? data.join(', ') : `random(${seed})`;
  return step(`wf.array([${values}], { shape: [${shape.join()}], dtype: '${dtype}' })`, infoOf(dtype, shape, high, 1, 0), () => wf.array(data, { shape, dtype }));
}

// --- stencils ---

/** A stencil as it is applied to a value, and what it makes of it. */
interface Stencil {
  readonly text: string;
  readonly output: Info;
  apply(x: A): A;
}

/** One mode for all axes or one for each, on a torus mostly `wrap`; those that shrink only where the shape may change. */
function borders(c: Context, rank: number, shrinks: boolean, torus = false): BorderMode[] {
  const modes = borderModes.filter((m) => !borderRules[m].shrinks || (shrinks && !torus));
  const one = torus && c.draw(5) > 0 ? 'wrap' : modes[c.draw(modes.length)];
  return Array.from({ length: rank }, (_, k) => (k > 0 && c.draw(3) === 0 ? modes[c.draw(modes.length)] : one));
}

interface Liking {
  readonly shrinks: boolean;
  readonly calm: boolean;
  readonly torus?: boolean;
  /** The one axis that it goes along. */
  readonly along?: number;
}

/** A table of weights whose sum of magnitudes is at most 1, or small integers: both leave exact values exact for long. */
function table(c: Context, x: Info, { shrinks, calm, torus, along }: Liking): Stencil | undefined {
  const rank = x.shape.length;
  if (rank < 1 || rank > 4 || !['float32', 'float64', 'int32', 'uint8', 'int16'].includes(x.dtype)) return undefined;
  const line = along !== undefined || rank > 2 || c.draw(3) > 0;
  const axis = line ? along ?? c.draw(rank) : undefined;
  const size = x.shape.map((_, k) => (line ? (k === axis ? 1 + c.draw(5) : 1) : 1 + c.draw(rank === 1 ? 5 : 3)));
  const taps = sizeOf(size);
  const fractions = calm || x.bound > TAME;
  if (fractions && !isFloat(x.dtype)) return undefined;
  const unit = fractions ? 2 ** -Math.ceil(Math.log2(2 * taps)) : 1;
  const weights = Array.from({ length: taps }, () => [1, 2, -1, 1, 0][c.draw(5)] * unit);
  const origin = size.map((n) => c.draw(n));
  const modes = borders(c, rank, shrinks, torus);
  const shape = x.shape.map((n, k) => (borderRules[modes[k]].shrinks ? n - size[k] + 1 : n));
  if (shape.some((n) => n < 1)) return undefined;
  const gain = weights.reduce((n, w) => n + Math.abs(w), 0);
  const cval = c.draw(3);
  const dtype = isFloat(x.dtype) ? x.dtype : 'int32';
  const output = infoOf(dtype, shape, Math.max(x.bound, cval) * Math.max(gain, 1), Math.min(1, x.grain) * unit, x.error * gain);
  const options = { border: modes, cval, origin: line ? [origin[axis!]] : origin, ...(line && { axis }) };
  const given = line ? weights : nestWeights(weights, size);
  const correlate = wf.correlate(given, options);
  return { text: `wf.correlate(${JSON.stringify(given)}, ${JSON.stringify(options)})`, output, apply: (a) => correlate(a) };
}

function nestWeights(flat: readonly number[], size: readonly number[]): wf.Weights {
  if (size.length <= 1) return flat;
  const length = flat.length / size[0];
  return Array.from({ length: size[0] }, (_, k) => nestWeights(flat.slice(k * length, (k + 1) * length), size.slice(1)));
}

const one = (c: Context): Step | undefined => {
  const x = c.pick(fits);
  const made = x === undefined ? undefined : table(c, c.values[x], { shrinks: true, calm: false });
  return made && step(`${made.text}(v${x})`, made.output, (v) => made.apply(v[x!]));
};

const fits = ({ shape, bound }: Info): boolean =>
  shape.length > 0 && sizeOf(shape) > 0 && sizeOf(shape) <= MOST_ELEMENTS && bound <= 2 ** 22;

/** Up to eight stencils, or 32: every stage is a value that others may read, or that is asked for. */
function chain(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape.length > 0);
  if (x === undefined) return undefined;
  const depth = c.draw(12) === 0 ? 32 : 2 + c.draw(7);
  const stages: Stencil[] = [];
  let at = c.values[x];
  // Along one axis, the arrays before it are batches.
  const along = c.draw(2) === 0 ? c.draw(at.shape.length) : undefined;
  const torus = c.draw(3) === 0;
  const tries = isFloat(at.dtype) ? 2 * depth : depth;
  for (let k = 0; k < tries && stages.length < depth; k++) {
    const made = table(c, at, { shrinks: depth < 32, calm: isFloat(at.dtype) && depth > 6, torus, along });
    if (!made) continue;
    stages.push(made);
    at = made.output;
  }
  if (stages.length === 0) return undefined;
  return {
    source: `chain(v${x}, [\n${stages.map((s) => `  ${s.text},`).join('\n')}\n])`, outputs: stages.map((s) => s.output),
    make(v) {
      let value = v[x];
      return stages.map((s) => (value = s.apply(value)));
    },
  };
}

/** Stencils of some rows of a value, and of all of it. */
function parts(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape[0] > 2 && isFloat(i.dtype));
  if (x === undefined) return undefined;
  const i = c.values[x];
  const made = Array.from({ length: 2 + c.draw(2) }, () => {
    const from = c.draw(i.shape[0] - 1), to = from + 1 + c.draw(i.shape[0] - from);
    const rows: [number, number] = c.draw(3) === 0 ? [0, i.shape[0]] : [from, Math.min(to, i.shape[0])];
    const own = reshaped(i, [rows[1] - rows[0], ...i.shape.slice(1)]);
    return { rows, stencil: table(c, own, { shrinks: true, calm: i.bound > 64 }) };
  });
  const parts = made.flatMap(({ rows, stencil }) => (stencil ? [{ rows, stencil }] : []));
  return parts.length === 0 ? undefined : {
    source: `[\n${parts.map(({ rows, stencil }) => `  ${stencil.text}(v${x}.slice([${rows.join()}])),\n`).join('')}]`,
    outputs: parts.map((p) => p.stencil.output),
    make: (v) => parts.map(({ rows, stencil }) => stencil.apply(v[x].slice(rows))),
  };
}

// --- kernels of several arrays ---

interface KernelOf {
  readonly rank: number;
  readonly inputs: number;
  /** By axis, the first and the last offset. */
  readonly reach: readonly (readonly [number, number])[];
  readonly gain: number;
  readonly text: string;
  make(options: wf.BorderOptions): (...x: A[]) => A;
}

type Many = (...x: A[]) => A;
const kernels: readonly KernelOf[] = [
  {
    rank: 1, inputs: 2, reach: [[-1, 2]], gain: 2, text: '(u, v) => u(-1) - v(2)',
    make: (o) => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => u(-1) - v(2), o) as Many,
  },
  {
    rank: 1, inputs: 3, reach: [[-3, 0]], gain: 3, text: '(u, v, w) => u(-3) + v(-1) - w(0)',
    make: (o) => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1, w: wf.Neighbors1) => u(-3) + v(-1) - w(0), o) as Many,
  },
  {
    rank: 2, inputs: 2, reach: [[-1, 1], [0, 1]], gain: 2, text: '(u, v) => Math.max(u(-1, 0), u(1, 1)) - v(0, 1)',
    make: (o) => wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) => Math.max(u(-1, 0), u(1, 1)) - v(0, 1), o) as Many,
  },
  {
    rank: 2, inputs: 1, reach: [[-2, 2], [-1, 0]], gain: 2, text: '(u) => Math.min(u(-2, 0), u(2, -1)) + u(0, 0)',
    make: (o) => wf.stencil((u: wf.Neighbors2) => Math.min(u(-2, 0), u(2, -1)) + u(0, 0), o) as Many,
  },
  {
    rank: 2, inputs: 3, reach: [[0, 3], [-1, 1]], gain: 3, text: '(u, v, w) => u(3, 0) + v(1, -1) + w(0, 1)',
    make: (o) => wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2, w: wf.Neighbors2) => u(3, 0) + v(1, -1) + w(0, 1), o) as Many,
  },
  {
    rank: 3, inputs: 2, reach: [[-1, 1], [0, 1], [-1, 0]], gain: 3, text: '(u, v) => u(-1, 0, 0) + u(1, 1, 0) - v(0, 0, -1)',
    make: (o) => wf.stencil((u: wf.Neighbors3, v: wf.Neighbors3) => u(-1, 0, 0) + u(1, 1, 0) - v(0, 0, -1), o) as Many,
  },
];

function several(c: Context): Step | undefined {
  const kernel = kernels[c.draw(kernels.length)];
  const { rank, inputs, reach, gain, text } = kernel;
  const numeric = (i: Info): boolean => fits(i) && i.shape.length === rank && ['float32', 'int32'].includes(i.dtype) && i.bound <= TAME;
  const first = c.pick(numeric);
  if (first === undefined) return undefined;
  const like = c.values[first];
  const same = (i: Info): boolean => numeric(i) && i.dtype === like.dtype && i.shape.join() === like.shape.join();
  const all = [first, ...Array.from({ length: inputs - 1 }, () => c.pick(same)!)];
  const modes = borders(c, rank, true);
  const shape = like.shape.map((n, k) => (borderRules[modes[k]].shrinks ? n - reach[k][1] + reach[k][0] : n));
  if (shape.some((n) => n < 1)) return undefined;
  const cval = c.draw(3);
  const bound = Math.max(cval, ...all.map((k) => c.values[k].bound)) * gain;
  const error = Math.max(...all.map((k) => c.values[k].error)) * gain;
  const grain = Math.min(1, ...all.map((k) => c.values[k].grain));
  const apply = kernel.make({ border: modes, cval });
  const names = all.map((k) => `v${k}`).join(', ');
  return step(`wf.stencil(${text}, { border: ${JSON.stringify(modes)}, cval: ${cval} })(${names})`,
    infoOf(like.dtype, shape, bound, grain, error), (v) => apply(...all.map((k) => v[k])));
}

// --- reductions that go back to the elements ---

const keep = { keepDims: true } as const;
type Axes = number | number[];
const backs = {
  unit: { text: 'x.div(x.sum(k, keep).abs().add(1))', apply: (x: A, k: Axes) => x.div(x.sum(k, keep).abs().add(1)) },
  softmax: {
    text: '(e = x.sub(x.max(k, keep)).exp()).div(e.sum(k, keep))',
    apply(x: A, k: Axes) {
      const e = x.sub(x.max(k, keep)).exp();
      return e.div(e.sum(k, keep));
    },
  },
  layerNorm: {
    text: 'x.sub(x.mean(k, keep)).div(x.var(k, keep).add(1).sqrt())',
    apply: (x: A, k: Axes) => x.sub(x.mean(k, keep)).div(x.var(k, keep).add(1).sqrt()),
  },
  span: {
    text: 'x.sub(x.min(k, keep)).div(x.max(k, keep).sub(x.min(k, keep)).add(1))',
    apply: (x: A, k: Axes) => x.sub(x.min(k, keep)).div(x.max(k, keep).sub(x.min(k, keep)).add(1)),
  },
  centred: { text: 'x.sub(x.mean(k, keep))', apply: (x: A, k: Axes) => x.sub(x.mean(k, keep)) },
} satisfies Record<string, { text: string; apply(x: A, k: Axes): A }>;

/** Rows or columns by what they are like as a whole; of small values, since the error grows with their square. */
function normalise(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.dtype === 'float32' && i.bound > 0);
  if (x === undefined) return undefined;
  const i = c.values[x];
  const names = Object.keys(backs) as (keyof typeof backs)[];
  const { text, apply } = backs[names[c.draw(names.length)]];
  const axis = c.draw(i.shape.length);
  const axes = c.draw(4) === 0 ? i.shape.map((_, k) => k).filter((k) => k !== axis) : [axis];
  if (axes.length === 0) return undefined;
  const scale = 2 ** -Math.max(0, Math.ceil(Math.log2(i.bound / 4)));
  const bound = i.bound * scale, error = i.error * scale;
  const info = infoOf('float32', i.shape, 2 * bound + 1, 0, 16 * bound ** 2 * (error + bound * 2 ** -20) + 4 * error);
  return step(`${text.replace(/\bx\b/g, `v${x}.mul(${scale})`).replace(/\bk\b/g, `[${axes.join()}]`)}`, info, (v) => apply(v[x].mul(scale), axes));
}

/** Elements that are the largest of their row or column; exact. */
function largest(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && exact(i) && i.dtype !== 'bool');
  if (x === undefined) return undefined;
  const axis = c.draw(c.values[x].shape.length);
  return step(`v${x}.eq(v${x}.max(${axis}, keep))`, integerInfo('bool', c.values[x].shape, 1), (v) => v[x].eq(v[x].max(axis, keep)));
}

/** A value and what it comes to altogether. */
function totals(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.dtype === 'float32' && i.bound <= TAME);
  if (x === undefined) return undefined;
  const i = c.values[x], axis = c.draw(i.shape.length), n = sizeOf(i.shape);
  const double = infoOf('float32', i.shape, 2 * i.bound, i.grain, 2 * i.error);
  const sum = infoOf('float32', i.shape.filter((_, k) => k !== axis), i.shape[axis] * 2 * i.bound, i.grain, i.shape[axis] * 2 * i.error);
  const all = infoOf('float32', [], 2 * n * i.bound, i.grain, 2 * n * i.error);
  return {
    source: `[y = v${x}.mul(2), y.sum(${axis}), y.sum(null), y.max()]`, outputs: [double, sum, all, reshaped(double, [])],
    make(v) {
      const y = v[x].mul(2);
      return [y, y.sum(axis), y.sum(), y.max()];
    },
  };
}

// --- time loops ---

/** A stencil of at most gain 1 that keeps the shape. */
const calmly = (c: Context, x: Info, torus: boolean): Stencil | undefined => table(c, x, { shrinks: false, calm: true, torus });

function loop(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.dtype === 'float32' && i.bound <= 64);
  if (x === undefined) return undefined;
  const i = c.values[x];
  const steps = c.draw(14);
  const torus = c.draw(3) === 0;
  const [s, t] = [calmly(c, { ...i, dtype: 'float32' }, torus), calmly(c, { ...i, dtype: 'float32' }, torus)];
  const k = c.pick((o) => o.dtype === 'float32' && o.bound <= 64 && o.shape.every((n, a) => {
    const own = i.shape[i.shape.length - o.shape.length + a];
    return own !== undefined && (n === own || n === 1);
  }));
  if (!s || !t) return undefined;
  const still = k === undefined ? undefined : c.values[k];
  // Values grow by at most what the states and the static input weigh, in each step.
  const bound = (i.bound + 3 + (still?.bound ?? 0)) * (steps + 1) * 2;
  const loose = infoOf('float32', i.shape, bound, 0, (i.error + (still?.error ?? 0) + 2 ** -18 * bound) * (steps + 1) * 2);
  const [p, q] = [s.text, t.text];
  const made = (source: string, make: (v: readonly A[]) => readonly A[], outputs: number): Step =>
    ({ source, outputs: Array.from({ length: outputs }, () => loose), make });
  switch (c.draw(9)) {
    case 0: return made(`wf.iterate(v${x}, ${steps}, ${p})`, (v) => [wf.iterate(v[x], steps, (u) => s.apply(u))], 1);
    case 1: return made(`wf.iterate(v${x}, ${steps}, (u) => ${q}(${p}(u)))`, (v) => [wf.iterate(v[x], steps, (u) => t.apply(s.apply(u)))], 1);
    case 2: return made(`wf.iterate([v${x}, v${x}.neg()], ${steps}, ([a, b]) => [${p}(a).sub(b.mul(0.25)).mul(0.75), a])`,
      (v) => wf.iterate([v[x], v[x].neg()], steps, ([a, b]) => [s.apply(a).sub(b.mul(0.25)).mul(0.75), a]), 2);
    case 3: return made(`wf.iterate([v${x}, v${x}.mul(0.5)], ${steps}, ([a, b]) => [${p}(a).add(b).mul(0.5), ${q}(b).sub(a).mul(0.5)])`,
      (v) => wf.iterate([v[x], v[x].mul(0.5)], steps, ([a, b]) => [s.apply(a).add(b).mul(0.5), t.apply(b).sub(a).mul(0.5)]), 2);
    case 4: return made(`wf.iterate([v${x}, v${x}.neg(), v${x}.abs()], ${steps}, ([a, b, d]) => [${p}(b), d, ${q}(a)])`,
      (v) => wf.iterate([v[x], v[x].neg(), v[x].abs()], steps, ([a, b, d]) => [s.apply(b), d, t.apply(a)]), 3);
    case 5: return k === undefined ? undefined
      : made(`wf.iterate(v${x}, ${steps}, (u) => ${p}(u).add(v${k}.mul(0.125)))`, (v) => [wf.iterate(v[x], steps, (u) => s.apply(u).add(v[k].mul(0.125)))], 1);
    case 6: return made(`wf.iterate(v${x}, ${steps}, (u) => ${p}(u).sub(u.mean(0, keep)).mul(0.5))`,
      (v) => [wf.iterate(v[x], steps, (u) => s.apply(u).sub(u.mean(0, keep)).mul(0.5))], 1);
    case 7: return made(`two waves of v${x}, ${steps} steps: ([a, b]) => [${p}(a).sub(b.mul(0.25)).mul(0.75), a]`, (v) => {
      const waves = (u: A) => wf.iterate([u, u.mul(0.5)], steps, ([a, b]) => [s.apply(a).sub(b.mul(0.25)).mul(0.75), a]);
      return [...waves(v[x]), ...waves(v[x].neg())];
    }, 4);
    default: return {
      source: `wf.iterate([v${x}, wf.zeros([])], ${steps}, ([a, n]) => [${p}(a), n.add(1)])`, outputs: [loose, infoOf('float32', [], steps, 1, 0)],
      make: (v) => wf.iterate([v[x], wf.zeros([])], steps, ([a, n]) => [s.apply(a), n.add(1)]),
    };
  }
}

/** Cells of bytes. */
function life(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape.length === 2 && exact(i));
  if (x === undefined) return undefined;
  const steps = c.draw(14);
  const [border] = borders(c, 1, false);
  const rule = wf.stencil((u: wf.Neighbors2) => {
    const n = u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1) + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1);
    return n === 3 || (n === 2 && u(0, 0) === 1) ? 1 : 0;
  }, { border, dtype: 'uint8' });
  const start = (v: readonly A[]): A => v[x].asType('int32').mod(2).asType('uint8');
  return step(`wf.iterate(v${x}.asType('int32').mod(2).asType('uint8'), ${steps}, life '${border}')`,
    integerInfo('uint8', c.values[x].shape, 1), (v) => wf.iterate(start(v), steps, (u) => rule(u)));
}

const { unary, smoothFunction, tame, cast, arithmetic, withNumber, discrete, choose, view, reduction } = makers;

export const pipelineMakers = {
  source: many(2, source),
  table: many(5, one),
  chain: many(8, chain),
  several: many(5, several),
  parts: many(4, parts),
  normalise: many(7, normalise),
  largest: often(1, largest),
  totals: often(3, totals),
  loop: many(8, loop),
  life: often(1, life),
  unary: often(1, unary),
  smoothFunction: often(1, smoothFunction),
  tame: often(1, tame),
  cast: often(1, cast),
  arithmetic: often(2, arithmetic),
  withNumber: often(1, withNumber),
  discrete: often(1, discrete),
  choose: often(1, choose),
  view: often(2, view),
  reduction: often(2, reduction),
} satisfies Record<string, Maker>;
