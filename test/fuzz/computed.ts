/** Steps of random programs that read at computed positions, loop, and store. */
import * as wf from '../../src/index.ts';
import { borderModes, borderRules } from '../../src/dsl/border.ts';
import { backwards, collatz, lastSums, lookAround, scanRows, take } from '../support/computed.ts';
import { anyBorder, often, step, type Maker } from './maker.ts';
import type { Context, Step } from './program.ts';
import { converted, exact, floatInfo, infoOf, integerInfo, isFloat, LARGEST, reshaped, sizeOf, type Info } from './values.ts';

const filled = (x: Info): boolean => x.shape.length > 0 && sizeOf(x.shape) > 0 && sizeOf(x.shape) <= 2000;
const summable = (x: Info): boolean => filled(x) && x.dtype !== 'bool' && x.bound <= LARGEST / 2048;

function gather(c: Context): Step | undefined {
  const x = c.pick(filled);
  const i = c.pick((y) => exact(y) && sizeOf(y.shape) <= 2000 && converted(y, 'int32') !== undefined);
  if (x === undefined || i === undefined) return undefined;
  return step(`take(v${x}, v${i}.asType('int32'))`, reshaped(c.values[x], c.values[i].shape), (v) => take(v[x], v[i].asType('int32')));
}

function reversed(c: Context): Step | undefined {
  const x = c.pick(filled);
  return x === undefined ? undefined : step(`backwards(v${x})`, c.values[x], (v) => backwards(v[x]));
}

/** A sum of `n` elements, one after the other. */
function summed(x: Info, shape: readonly number[], n: number): Info {
  const bound = x.bound * n;
  if (!isFloat(x.dtype)) return integerInfo(x.dtype, shape, bound);
  const fits = exact(x) && x.grain > 0 && bound <= x.grain * 2 ** 23;
  return floatInfo(x.dtype, shape, bound, x.grain, fits ? 0 : n * (x.error + bound * 2 ** -23));
}

function rowSums(c: Context): Step | undefined {
  const x = c.pick(summable);
  if (x === undefined) return undefined;
  const { shape } = c.values[x];
  return step(`lastSums(v${x})`, summed(c.values[x], shape.slice(0, -1), shape.at(-1)!), (v) => lastSums(v[x]));
}

function turns(c: Context): Step | undefined {
  const x = c.pick((i) => exact(i) && sizeOf(i.shape) <= 2000 && converted(i, 'int32') !== undefined);
  if (x === undefined) return undefined;
  return step(`collatz(v${x}.asType('int32'))`, integerInfo('int32', c.values[x].shape, 120), (v) => collatz(v[x].asType('int32')));
}

function scan(c: Context): Step | undefined {
  const x = c.pick((i) => summable(i) && exact(i));
  if (x === undefined) return undefined;
  const i = c.values[x];
  const start = c.draw(2);
  return {
    source: `scanRows(v${x}, wf.full([], ${start}))`, outputs: [summed(i, i.shape, i.shape.at(-1)!), i],
    make: (v) => scanRows(v[x], wf.full([], start)),
  };
}

function look(c: Context): Step | undefined {
  const x = c.pick((i) => filled(i) && i.shape.length <= 4 && i.bound <= LARGEST / 8 && (isFloat(i.dtype) || i.dtype === 'int32'));
  if (x === undefined) return undefined;
  const a = c.values[x];
  const t = c.pick((i) => filled(i) && i.dtype === a.dtype && i.bound <= LARGEST / 8);
  if (t === undefined) return undefined;
  const b = c.values[t];
  const border = borderModes[c.draw(borderModes.length)];
  const width = a.shape.at(-1)! - (borderRules[border].shrinks ? 2 : 0);
  if (width < 0) return undefined;
  const shape = [...a.shape.slice(0, -1), width];
  const info = infoOf(a.dtype, shape, 2 * a.bound + b.bound, Math.min(a.grain, b.grain), 2 * a.error + b.error);
  return step(`lookAround(v${x}, v${t}, '${border}')`, info, (v) => lookAround(v[x], v[t], border));
}

/** The same costly function of every neighbour. */
function angles(c: Context): Step | undefined {
  const x = c.pick((i) => i.shape.length === 2 && filled(i) && isFloat(i.dtype));
  if (x === undefined) return undefined;
  const i = c.values[x];
  const { border, each, text } = anyBorder(c, 2);
  const cval = c.draw(3);
  const shape = i.shape.map((n, k) => (borderRules[each[k]].shrinks ? n - 1 - k : n));
  if (shape.some((n) => n < 0)) return undefined;
  const options = { border, cval };
  const f = wf.stencil((u: wf.Neighbors2) => Math.atan(u(-1, 0)) + 2 * Math.atan(u(0, -1)) - Math.atan(u(0, 1)), options);
  return step(`wf.stencil((u: wf.Neighbors2) => Math.atan(u(-1, 0)) + 2 * Math.atan(u(0, -1)) - Math.atan(u(0, 1)), { border: ${text}, cval: ${cval} })(v${x})`,
    infoOf(i.dtype, shape, 7, 0, 4 * i.error), (v) => f(v[x]));
}

export const computedMakers = {
  gather: often(4, gather),
  reversed: often(2, reversed),
  rowSums: often(3, rowSums),
  turns: often(2, turns),
  scan: often(3, scan),
  look: often(3, look),
  angles: often(2, angles),
} satisfies Record<string, Maker>;
