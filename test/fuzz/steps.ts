/** What random programs are made of: for every kind of step, whether it applies, its source text and its call. */
import * as wf from '../../src/index.ts';
import { dtypes, promote, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { random } from '../support/special.ts';
import { computedMakers } from './computed.ts';
import { kernelMakers } from './kernels-steps.ts';
import { often, step, type Maker } from './maker.ts';
import type { Context, Step } from './program.ts';
import { stencilMakers } from './stencils.ts';
import { converted, exact, infoOf, integerInfo, isFloat, isInteger, LARGEST, reshaped, sizeOf, type Info } from './values.ts';

const MOST_ELEMENTS = 5000;

const sane = (x: Info): boolean => (!isFloat(x.dtype) || x.bound <= LARGEST) && sizeOf(x.shape) <= MOST_ELEMENTS;
/** A step, if its result stays small. */
const kept = (made: Step | undefined): Step | undefined => (made && made.outputs.every(sane) ? made : undefined);

// --- sources ---

const sizes = [3, 1, 2, 4, 5, 7, 8, 0, 9, 16, 17, 33, 70, 259, 1031];
function anyShape(c: Context): number[] {
  const rank = [1, 2, 2, 3, 1, 4, 0, 2][c.draw(8)];
  const shape = Array.from({ length: rank }, () => sizes[Math.min(c.draw(sizes.length), c.draw(sizes.length))]);
  return sizeOf(shape) <= MOST_ELEMENTS ? shape : shape.map((n) => Math.min(n, 5));
}

const sourceDTypes: readonly DType[] = ['float32', 'float32', 'int32', 'float32', 'uint8', 'bool', 'int16', 'uint32', 'float64'];

function source(c: Context): Step {
  const shape = anyShape(c);
  const drawn = sourceDTypes[c.draw(sourceDTypes.length)];
  const dtype = drawn === 'float64' && !c.float64 ? 'float32' : drawn;
  const seed = c.draw(1000);
  const { kind } = dtypes[dtype];
  const [low, high] = kind === 'bool' ? [0, 1] : kind === 'uint' ? [0, 9] : [-8, 8];
  const next = random(seed);
  const data = new dtypes[dtype].array(sizeOf(shape)) as TypedArray;
  for (let k = 0; k < data.length; k++) data[k] = low + Math.floor(next() * (high - low + 1));
  const text = data.length <= 24 ? `${data.constructor.name}.of(${data.join(', ')})` : `${data.constructor.name}.from(random(${seed}))`;
  return step(`wf.array(${text}, { shape: [${shape.join()}], dtype: '${dtype}' })`, infoOf(dtype, shape, high, 1, 0), () => wf.array(data, { shape, dtype }));
}

function rule(c: Context): Step {
  const n = 1 + c.draw(20), k = 1 + c.draw(3);
  switch (c.draw(4)) {
    case 0: return step(`wf.arange(${n})`, infoOf('float32', [n], n, 1, 0), () => wf.arange(n));
    case 1: return step(`wf.arange(${n}, { dtype: 'int32' })`, infoOf('int32', [n], n, 1, 0), () => wf.arange(n, { dtype: 'int32' }));
    case 2: return step(`wf.eye(${k}, { columns: ${n} })`, infoOf('float32', [k, n], 1, 1, 0), () => wf.eye(k, { columns: n }));
    default: return step(`wf.full([${k}, 1], ${n})`, infoOf('float32', [k, 1], n, 1, 0), () => wf.full([k, 1], n));
  }
}

// --- one operand ---

/** Continuous functions whose error is at most that of their argument. */
const smooth = ['sin', 'cos', 'tanh', 'atan'] as const;

function unary(c: Context): Step | undefined {
  const x = c.pick((i) => i.dtype !== 'bool');
  if (x === undefined) return undefined;
  const i = c.values[x];
  const name = (['neg', 'abs', 'square', 'sign', 'floor', 'round', 'trunc', 'ceil'] as const)[c.draw(8)];
  if (!exact(i) && !['neg', 'abs', 'square'].includes(name)) return undefined;
  const bound = name === 'square' ? i.bound ** 2 : name === 'sign' ? 1 : ['neg', 'abs'].includes(name) ? i.bound : Math.ceil(i.bound);
  const grain = name === 'square' ? i.grain ** 2 : ['neg', 'abs'].includes(name) ? i.grain : 1;
  const error = name === 'square' ? 2 * i.bound * i.error : i.error;
  return kept(step(`v${x}.${name}()`, infoOf(i.dtype, i.shape, wrapBound(i, name, bound), grain, error), (v) => v[x][name]()));
}

/** neg of unsigned integers and of the most negative one wraps. */
const wrapBound = (x: Info, name: string, bound: number): number => (name === 'neg' && dtypes[x.dtype].kind === 'uint' ? Infinity : bound);

function smoothFunction(c: Context): Step | undefined {
  const x = c.pick((i) => isFloat(i.dtype) && i.bound <= 1000);
  if (x === undefined) return undefined;
  const i = c.values[x], name = smooth[c.draw(smooth.length)];
  return step(`v${x}.${name}()`, infoOf(i.dtype, i.shape, name === 'atan' ? 1.6 : 1, 0, i.error), (v) => v[x][name]());
}

function root(c: Context): Step | undefined {
  const x = c.pick((i) => i.dtype !== 'bool' && i.bound <= LARGEST && dtypes[i.dtype].bits > 8);
  if (x === undefined) return undefined;
  const i = c.values[x];
  const dtype: DType = i.dtype === 'float64' ? 'float64' : 'float32';
  return step(`v${x}.abs().add(1).sqrt()`, infoOf(dtype, i.shape, Math.sqrt(i.bound + 1) + i.error, 0, i.error), (v) => v[x].abs().add(1).sqrt());
}

/** Brings values back to a small range, so that programs may go on. */
function tame(c: Context): Step | undefined {
  const x = c.pick((i) => i.dtype !== 'bool' && exact(i) && i.grain > 0);
  if (x === undefined) return undefined;
  const k = [7, 5, 16, 3][c.draw(4)], i = c.values[x];
  return step(`v${x}.mod(${k})`, infoOf(i.dtype, i.shape, k, Math.min(i.grain, 1), 0), (v) => v[x].mod(k));
}

function cast(c: Context): Step | undefined {
  const x = c.pick();
  if (x === undefined) return undefined;
  const to = (['float32', 'int32', 'uint8', 'bool', 'int16', 'uint32', 'int8', 'uint16'] as const)[c.draw(8)];
  const made = converted(c.values[x], to);
  return made && kept(step(`v${x}.asType('${to}')`, infoOf(to, made.shape, made.bound, made.grain, made.error), (v) => v[x].asType(to)));
}

// --- two operands ---

/** The shape two arrays broadcast to, if they do. */
function common(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let k = 0; k < rank; k++) {
    const p = a[k - rank + a.length] ?? 1, q = b[k - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) return undefined;
    out.push(p === 1 ? q : p);
  }
  return out;
}

interface Pair {
  readonly x: number;
  readonly y: number;
  /** What they are in the dtype they meet in. */
  readonly a: Info;
  readonly b: Info;
  readonly dtype: DType;
  readonly shape: number[];
}

/** Two values that meet. */
function pair(c: Context, fits: (x: Info) => boolean = () => true): Pair | undefined {
  const x = c.pick(fits);
  const y = x === undefined ? undefined : c.pick((i) => fits(i) && common(c.values[x].shape, i.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const shape = common(c.values[x].shape, c.values[y].shape)!;
  const dtype = promote(c.values[x].dtype, c.values[y].dtype);
  const a = converted(c.values[x], dtype), b = converted(c.values[y], dtype);
  return a && b && { x, y, a, b, dtype, shape };
}

const number = (info: Info): boolean => info.dtype !== 'bool';

function arithmetic(c: Context): Step | undefined {
  const p = pair(c, number);
  if (!p) return undefined;
  const { x, y, a, b, dtype, shape } = p;
  const name = (['add', 'mul', 'sub', 'maximum', 'minimum'] as const)[c.draw(5)];
  const sum = name === 'add' || name === 'sub';
  const bound = sum ? a.bound + b.bound : name === 'mul' ? a.bound * b.bound : Math.max(a.bound, b.bound);
  const error = sum ? a.error + b.error : name === 'mul' ? a.bound * b.error + b.bound * a.error + a.error * b.error : Math.max(a.error, b.error);
  const wraps = name === 'sub' && dtypes[dtype].kind === 'uint';
  const grain = name === 'mul' ? a.grain * b.grain : Math.min(a.grain, b.grain);
  return kept(step(`v${x}.${name}(v${y})`, infoOf(dtype, shape, wraps ? Infinity : bound, grain, error), (v) => v[x][name](v[y])));
}

function withNumber(c: Context): Step | undefined {
  const x = c.pick(number);
  if (x === undefined) return undefined;
  const i = c.values[x];
  const k = isFloat(i.dtype) ? [2, 0.5, -1, 3, -0.25, 1, 0][c.draw(7)] : 1 + c.draw(5);
  const name = (['mul', 'add', 'maximum', 'minimum'] as const)[c.draw(4)];
  const m = Math.abs(k);
  const bound = name === 'mul' ? i.bound * m : name === 'add' ? i.bound + m : Math.max(i.bound, m);
  const step_ = Number.isInteger(k) ? 1 : m;
  const grain = name === 'mul' ? i.grain * step_ : Math.min(i.grain, step_);
  return kept(step(`v${x}.${name}(${k})`, infoOf(i.dtype, i.shape, bound, grain, name === 'mul' ? i.error * m : i.error), (v) => v[x][name](k)));
}

function division(c: Context): Step | undefined {
  const p = pair(c, (i) => number(i) && i.bound <= 4096 && dtypes[i.dtype].bits > 8);
  if (!p) return undefined;
  const { x, y, a, b, shape } = p;
  const dtype: DType = p.dtype === 'float64' ? 'float64' : 'float32';
  return kept(step(`v${x}.div(v${y}.abs().add(1))`, infoOf(dtype, shape, a.bound, 0, a.error + a.bound * b.error), (v) => v[x].div(v[y].abs().add(1))));
}

/** Steps with jumps: on exact values only. */
function discrete(c: Context): Step | undefined {
  const p = pair(c, (i) => exact(i) && number(i) && i.grain >= 1);
  if (!p) return undefined;
  const { x, y, a, b, dtype, shape } = p;
  const name = (['floorDiv', 'mod', 'rem', 'lt', 'eq', 'ge', 'ne', 'bitwiseAnd', 'bitwiseXor', 'bitwiseOr', 'leftShift', 'rightShift', 'logicalAnd'] as const)[c.draw(13)];
  if (['lt', 'eq', 'ge', 'ne', 'logicalAnd'].includes(name)) return step(`v${x}.${name}(v${y})`, integerInfo('bool', shape, 1), (v) => v[x][name](v[y]));
  if (isInteger(dtype)) {
    const bound = name === 'floorDiv' ? a.bound : name === 'mod' ? b.bound : Infinity;
    return step(`v${x}.${name}(v${y})`, integerInfo(dtype, shape, bound), (v) => v[x][name](v[y]));
  }
  // Floats by 0 give infinities, so the divisor is kept away from it.
  if (!['floorDiv', 'mod', 'rem'].includes(name)) return undefined;
  const bound = name === 'floorDiv' ? a.bound : b.bound + 1;
  return kept(step(`v${x}.${name}(v${y}.abs().add(1))`, infoOf(dtype, shape, bound, 1, 0), (v) => v[x][name](v[y].abs().add(1))));
}

function choose(c: Context): Step | undefined {
  const p = pair(c);
  if (!p) return undefined;
  const { x, y, a, b, dtype, shape } = p;
  const k = c.pick((i) => exact(i) && common(i.shape, shape) !== undefined);
  if (k === undefined) return undefined;
  const out = common(c.values[k].shape, shape)!;
  return kept(step(`wf.where(v${k}, v${x}, v${y})`, infoOf(dtype, out, Math.max(a.bound, b.bound), Math.min(a.grain, b.grain), Math.max(a.error, b.error)),
    (v) => wf.where(v[k], v[x], v[y])));
}

// --- views ---

function view(c: Context): Step | undefined {
  const x = c.pick();
  if (x === undefined) return undefined;
  const i = c.values[x], { shape } = i, rank = shape.length;
  const made: MakeView = (text, to, make) =>
    kept(step(`v${x}.${text}`, reshaped(i, to), (v) => make(v[x])));
  switch (c.draw(7)) {
    case 0: return made('transpose()', [...shape].reverse(), (a) => a.transpose());
    case 1: {
      if (rank === 0) return undefined;
      const k = c.draw(rank);
      return made(`flip(${k})`, shape, (a) => a.flip(k));
    }
    case 2: return slice(c, made, shape);
    case 3: {
      const n = sizeOf(shape);
      const to = n % 2 === 0 && c.draw(2) === 0 ? [2, n / 2] : n % 3 === 0 && c.draw(2) === 0 ? [n / 3, 3] : [n];
      return made(`reshape([${to.join()}])`, to, (a) => a.reshape(to));
    }
    case 4: {
      if (rank > 3) return undefined;
      const k = c.draw(rank + 1);
      return made(`expandDims(${k})`, [...shape.slice(0, k), 1, ...shape.slice(k)], (a) => a.expandDims(k));
    }
    case 5: return made('squeeze()', shape.filter((n) => n !== 1), (a) => a.squeeze());
    default: {
      if (rank > 3) return undefined;
      const to = [2 + c.draw(2), ...shape.map((n) => (n === 1 ? 3 : n))];
      return made(`broadcastTo([${to.join()}])`, to, (a) => a.broadcastTo(to));
    }
  }
}

type MakeView = (text: string, to: readonly number[], make: (a: wf.WeftArray) => wf.WeftArray) => Step | undefined;

function slice(c: Context, made: MakeView, shape: readonly number[]): Step | undefined {
  const ranges = shape.map((n): [number, number, number] | null => {
    if (n < 2 || c.draw(3) === 0) return null;
    const start = c.draw(n), step_ = 1 + c.draw(2);
    return c.draw(3) === 0 ? [n - 1, start === n - 1 ? 0 : start, -step_] : [start, n, step_];
  });
  const to = shape.map((n, k) => {
    const r = ranges[k];
    return r ? Math.max(0, Math.ceil((r[1] - r[0]) / r[2])) : n;
  });
  return made(`slice(${ranges.map((r) => JSON.stringify(r)).join(', ')})`, to, (a) => a.slice(...ranges));
}

// --- reductions ---

function reduction(c: Context): Step | undefined {
  const x = c.pick();
  if (x === undefined) return undefined;
  const i = c.values[x], rank = i.shape.length;
  const all = c.draw(3) === 0;
  const axes = all ? undefined : i.shape.map((_, k) => k).filter(() => c.draw(2) === 0);
  const reduced = axes ?? i.shape.map((_, k) => k);
  const keepDims = c.draw(2) === 0;
  const n = reduced.reduce((m, k) => m * i.shape[k], 1);
  const shape = keepDims ? i.shape.map((s, k) => (reduced.includes(k) ? 1 : s)) : i.shape.filter((_, k) => !reduced.includes(k));
  const name = (['sum', 'max', 'mean', 'min', 'argMax', 'argMin', 'any', 'all', 'var', 'prod'] as const)[c.draw(10)];
  const made = (info: Info): Step | undefined => kept(step(`v${x}.${name}(${axes ? `[${axes.join()}]` : 'null'}, { keepDims: ${keepDims} })`, info, (v) => (name === 'var' ? v[x].var(axes, { keepDims }) : v[x][name](axes, { keepDims }))));
  const float: DType = i.dtype === 'float64' ? 'float64' : 'float32';
  switch (name) {
    case 'sum': {
      const dtype = isFloat(i.dtype) ? i.dtype : dtypes[i.dtype].kind === 'uint' ? 'uint32' : 'int32';
      return made(infoOf(dtype, shape, i.bound * n, i.grain, i.error * n));
    }
    case 'prod': return isFloat(i.dtype) ? undefined : made(infoOf(dtypes[i.dtype].kind === 'uint' ? 'uint32' : 'int32', shape, Infinity, 1, 0));
    case 'min': case 'max': return n === 0 ? undefined : made(reshaped(i, shape));
    case 'argMin': case 'argMax': return n === 0 || !exact(i) || rank === 0 ? undefined : made(integerInfo('int32', shape, n));
    case 'any': case 'all': return exact(i) ? made(integerInfo('bool', shape, 1)) : undefined;
    case 'mean': return n === 0 || i.bound > 4096 ? undefined : made(infoOf(float, shape, i.bound, 0, i.error + i.bound * 2 ** -20));
    case 'var': return n === 0 || i.bound > 64 ? undefined : made(infoOf(float, shape, i.bound ** 2, 0, 8 * i.bound * (i.error + i.bound * 2 ** -20)));
    default: return name satisfies never;
  }
}

// --- loops ---

function loop(c: Context): Step | undefined {
  const x = c.pick((i) => isFloat(i.dtype) && exact(i) && i.bound <= 64);
  const steps = c.draw(5);
  if (x === undefined) return undefined;
  const i = c.values[x];
  const keepsState = (o: Info): boolean =>
    String(common(i.shape, o.shape)) === String(i.shape) && promote(o.dtype, i.dtype) === i.dtype;
  const y = c.pick((o) => isFloat(o.dtype) && exact(o) && o.bound <= 64 && keepsState(o));
  const grain = Math.min(i.grain, y === undefined ? 1 : c.values[y].grain);
  const bound = y === undefined ? i.bound : c.values[y].bound;
  switch (c.draw(3)) {
    case 0: return y === undefined ? undefined : kept(step(`wf.iterate(v${x}, ${steps}, (u) => u.add(v${y}))`,
      infoOf(i.dtype, i.shape, i.bound + steps * bound, grain, 0), (v) => wf.iterate(v[x], steps, (u) => u.add(v[y]))));
    case 1: return kept(step(`wf.iterate(v${x}, ${steps}, (u) => u.flip().mul(2).mod(32))`,
      infoOf(i.dtype, i.shape, Math.max(i.bound, 32), Math.min(1, i.grain), 0),
      (v) => wf.iterate(v[x], steps, (u) => u.flip().mul(2).mod(32))));
    default: {
      const out = infoOf(i.dtype, i.shape, i.bound * 2 ** steps, i.grain, 0);
      return kept({
        source: `wf.iterate([v${x}, v${x}.neg()], ${steps}, ([p, q]) => [q, p.sub(q)])`, outputs: [out, out],
        make: (v) => wf.iterate([v[x], v[x].neg()], steps, ([p, q]) => [q, p.sub(q)]),
      });
    }
  }
}

export const makers = {
  source: often(3, source),
  rule: often(2, rule),
  unary: often(3, unary),
  smoothFunction: often(1, smoothFunction),
  root: often(1, root),
  tame: often(3, tame),
  cast: often(2, cast),
  arithmetic: often(6, arithmetic),
  withNumber: often(4, withNumber),
  division: often(1, division),
  discrete: often(3, discrete),
  choose: often(2, choose),
  view: often(6, view),
  reduction: often(6, reduction),
  loop: often(2, loop),
  ...stencilMakers,
  ...computedMakers,
  ...kernelMakers,
} satisfies Record<string, Maker>;
export type StepName = keyof typeof makers;
