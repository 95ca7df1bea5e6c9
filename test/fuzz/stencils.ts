/** The stencils of random programs: tables of weights, and a few kernel functions. */
import * as wf from '../../src/index.ts';
import { borderRules, type BorderMode } from '../../src/dsl/border.ts';
import { anyBorder, often, step, type Maker } from './maker.ts';
import type { Context, Step } from './program.ts';
import { infoOf, isFloat, LARGEST, sizeOf, type Info } from './values.ts';

/** The shape of a result; undefined when `valid` leaves less than nothing. */
function shapeOf(shape: readonly number[], borders: readonly BorderMode[], reach: readonly number[]): number[] | undefined {
  const out = shape.map((n, k) => (borderRules[borders[k]].shrinks ? n - reach[k] : n));
  return out.some((n) => n < 0) ? undefined : out;
}

const fits = (x: Info): boolean =>
  x.shape.length >= 1 && x.shape.length <= 4 && x.bound <= LARGEST / 64 && sizeOf(x.shape) <= 1500;

function correlate(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.dtype !== 'uint32' && i.dtype !== 'bool');
  if (x === undefined) return undefined;
  const i = c.values[x], rank = i.shape.length;
  const weights = Array.from({ length: 1 + c.draw(4) }, () => [1, 2, -1, 0, 3][c.draw(5)]);
  const axis = c.draw(rank), origin = c.draw(weights.length);
  const { border, each, text } = anyBorder(c, rank);
  const cval = c.draw(3);
  const shape = shapeOf(i.shape, each, i.shape.map((_, k) => (k === axis ? weights.length - 1 : 0)));
  if (!shape) return undefined;
  const total = weights.reduce((n, w) => n + Math.abs(w), 0);
  const options = { axis, origin: [origin], border, cval };
  const info = infoOf(isFloat(i.dtype) ? i.dtype : 'int32', shape, Math.max(i.bound, cval) * Math.max(1, total), Math.min(1, i.grain), i.error * total);
  return step(`wf.correlate([${weights.join()}], { axis: ${axis}, origin: [${origin}], border: ${text}, cval: ${cval} })(v${x})`, info, (v) => wf.correlate(weights, options)(v[x]));
}

function table(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape.length === 2 && isFloat(i.dtype));
  if (x === undefined) return undefined;
  const i = c.values[x];
  const rows = 1 + c.draw(3), columns = 1 + c.draw(3);
  const weights = Array.from({ length: rows }, () => Array.from({ length: columns }, () => [1, 0, 2, -1][c.draw(4)]));
  const { border, each, text } = anyBorder(c, 2);
  const shape = shapeOf(i.shape, each, [rows - 1, columns - 1]);
  if (!shape) return undefined;
  const total = weights.flat().reduce((n, w) => n + Math.abs(w), 0);
  const info = infoOf(i.dtype, shape, i.bound * Math.max(1, total), Math.min(1, i.grain), i.error * total);
  return step(`wf.correlate(${JSON.stringify(weights)}, { border: ${text} })(v${x})`, info, (v) => wf.correlate(weights, { border })(v[x]));
}

/** Kernel functions, with what they do to bounds and errors. */
const kernels = [
  {
    text: '(u: wf.Neighbors1) => u(-1) - u(2)', rank: 1, reach: [3], gain: 2,
    apply: (o: wf.BorderOptions) => wf.stencil((u: wf.Neighbors1) => u(-1) - u(2), o),
  },
  {
    text: '(u: wf.Neighbors1) => Math.max(u(-2), u(0), u(1))', rank: 1, reach: [3], gain: 1,
    apply: (o: wf.BorderOptions) => wf.stencil((u: wf.Neighbors1) => Math.max(u(-2), u(0), u(1)), o),
  },
  {
    text: '(u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)', rank: 2, reach: [2, 2], gain: 8,
    apply: (o: wf.BorderOptions) => wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0), o),
  },
  {
    text: '(u: wf.Neighbors2) => Math.min(u(1, 1), u(-1, 2)) + u(0, 0)', rank: 2, reach: [2, 2], gain: 2,
    apply: (o: wf.BorderOptions) => wf.stencil((u: wf.Neighbors2) => Math.min(u(1, 1), u(-1, 2)) + u(0, 0), o),
  },
  {
    text: '(u: wf.Neighbors3) => u(1, 0, -1) + 2 * u(0, -2, 0)', rank: 3, reach: [1, 2, 1], gain: 3,
    apply: (o: wf.BorderOptions) => wf.stencil((u: wf.Neighbors3) => u(1, 0, -1) + 2 * u(0, -2, 0), o),
  },
] as const;

function kernel(c: Context): Step | undefined {
  const { text, rank, reach, gain, apply } = kernels[c.draw(kernels.length)];
  const x = c.pick((i) => fits(i) && i.shape.length === rank && isFloat(i.dtype));
  if (x === undefined) return undefined;
  const i = c.values[x];
  const { border, each, text: borderText } = anyBorder(c, rank);
  const cval = c.draw(3);
  const shape = shapeOf(i.shape, each, reach);
  if (!shape) return undefined;
  const info = infoOf(i.dtype, shape, Math.max(i.bound, cval) * gain, Math.min(1, i.grain), i.error * gain);
  return step(`wf.stencil(${text}, { border: ${borderText}, cval: ${cval} })(v${x})`, info, (v) => apply({ border, cval })(v[x]));
}

/** Two arrays and a number. */
function pair(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape.length === 2 && i.dtype === 'float32');
  const y = x === undefined ? undefined : c.pick((i) => i.dtype === 'float32' && i.bound <= 64 && String(i.shape) === String(c.values[x].shape));
  if (x === undefined || y === undefined) return undefined;
  const a = c.values[x], b = c.values[y];
  const { border, each, text } = anyBorder(c, 2);
  const k = 1 + c.draw(3);
  const shape = shapeOf(a.shape, each, [1, 1]);
  if (!shape) return undefined;
  const info = infoOf('float32', shape, k * a.bound + b.bound, Math.min(1, a.grain, b.grain), k * a.error + b.error);
  const apply = wf.stencil((u: wf.Neighbors2, w: wf.Neighbors2, s: number) => u(0, 1) * s - w(-1, 0), { border });
  return step(`wf.stencil((u: wf.Neighbors2, w: wf.Neighbors2, s: number) => u(0, 1) * s - w(-1, 0), { border: ${text} })(v${x}, v${y}, ${k})`, info, (v) => apply(v[x], v[y], k));
}

/** Diffusion: a loop of stencils. */
function diffusion(c: Context): Step | undefined {
  const x = c.pick((i) => fits(i) && i.shape.length === 2 && i.dtype === 'float32' && i.bound <= 256);
  if (x === undefined) return undefined;
  const i = c.values[x], steps = c.draw(5);
  const borders = ['reflect', 'wrap', 'nearest', 'mirror', 'constant', 'fill'] as const;
  const border = borders[c.draw(borders.length)];
  const grain = i.grain * 0.25 ** steps;
  const text = `wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) * 0.25, { border: '${border}' })`;
  const smooth = wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) * 0.25, { border });
  const info = infoOf('float32', i.shape, i.bound, 4 * i.bound <= grain * 2 ** 23 ? grain : 0, i.error);
  return step(`wf.iterate(v${x}, ${steps}, ${text})`, info, (v) => wf.iterate(v[x] as wf.WeftArray<'float32'>, steps, (u) => smooth(u)));
}

export const stencilMakers = {
  correlate: often(3, correlate),
  table: often(2, table),
  kernel: often(3, kernel),
  pair: often(1, pair),
  diffusion: often(1, diffusion),
} satisfies Record<string, Maker>;
