/** What a kernel can call: the members of Math and Number, and the building blocks of the math library. */
import { isFloat, type DType } from '../dtype.ts';
import { opInfo, type OpName } from '../ops.ts';
import { tableFunctions } from './math/lookup.ts';
import { power, toNumber } from './operators.ts';
import {
  alike, bits, floats, fold, roundings, strongly, truth, valueAs, valueOf, weakly, type Operand, type Site,
} from './infer.ts';

export interface Callable {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  lower(site: Site, args: readonly Operand[]): Operand;
}

type Lowering = Callable['lower'];
type Meaning = (...numbers: number[]) => number;
const callable = (arity: number | readonly [number, number], lower: Lowering, js?: Meaning): Callable => ({
  arity: typeof arity === 'number' ? [arity, arity] : arity,
  lower: (site, args) => (js && fold(args, js)) ?? lower(site, args),
});

/** One op of the table, for floats only. */
const float = (op: OpName, arity: number, js: (...n: number[]) => number): Callable =>
  callable(arity, (site, args) => floats(site, op, args), js);
/** One op of the table, integers stay integers. */
const same = (op: OpName, arity: number, js: (...n: number[]) => number): Callable =>
  callable(arity, (site, args) => alike(site, op, args), js);
const rounding = (op: OpName, js: (n: number) => number): Callable => callable(1, (site, args) => roundings(site, op, args), js);
/** Any number of arguments, from the left. */
const many = (op: OpName, none: number, combine: typeof alike, js: (...n: number[]) => number): Callable =>
  callable([0, Infinity], (site, args) => {
    if (args.length === 0) return weakly(none);
    // What min and max start from: nothing is beyond it, and integers stay integers beside it.
    const neutral = (a: Operand): boolean => a.kind === 'weak' && a.weak === none;
    const rest = args.length > 1 ? args.filter((a) => !neutral(a)) : args;
    return rest.length === 1 ? toNumber(site, rest[0]) : rest.reduce((a, b) => combine(site, op, [a, b]));
  }, js);

/** Leading zeros, from the exponent of the number with the bit below its leading one cleared: float32 cannot round that up. */
const clz32: Lowering = (site, [a]) => {
  const { builder } = site;
  const x = bits(site, a, 'uint32');
  const one = builder.constant(1, 'uint32');
  const leading = builder.op('bitAnd', [x, builder.op('bitNot', [builder.op('shr', [x, one])])]);
  const exponent = builder.op('exponent', [builder.cast(leading, 'float32')]);
  const zero = builder.op('eq', [x, builder.constant(0, 'uint32')]);
  const int = (n: number) => builder.constant(n, 'int32');
  return strongly(builder.op('select', [zero, int(32), builder.op('sub', [int(31), exponent])]));
};

/** Members of Math that are functions; the DSL's dtype rules are `infer.ts`'s. */
const mathFunctions: Readonly<Record<string, Callable>> = {
  abs: same('abs', 1, Math.abs),
  acos: float('acos', 1, Math.acos),
  acosh: float('acosh', 1, Math.acosh),
  asin: float('asin', 1, Math.asin),
  asinh: float('asinh', 1, Math.asinh),
  atan: float('atan', 1, Math.atan),
  atan2: float('atan2', 2, Math.atan2),
  atanh: float('atanh', 1, Math.atanh),
  cbrt: float('cbrt', 1, Math.cbrt),
  ceil: rounding('ceil', Math.ceil),
  clz32: callable(1, clz32, Math.clz32),
  cos: float('cos', 1, Math.cos),
  cosh: float('cosh', 1, Math.cosh),
  exp: float('exp', 1, Math.exp),
  expm1: float('expm1', 1, Math.expm1),
  floor: rounding('floor', Math.floor),
  /** Of float64 too, as in JavaScript: the value goes on as a float32. */
  fround: callable(1, (site, [a]) => strongly(valueAs(site, a, 'float32')), Math.fround),
  hypot: callable([0, Infinity], (site, args) => {
    if (args.length === 0) return weakly(0);
    return args.length === 1 ? floats(site, 'abs', args) : args.reduce((a, b) => floats(site, 'hypot', [a, b]));
  }, Math.hypot),
  imul: callable(2, (site, args) => strongly(site.builder.op('mul', args.map((a) => bits(site, a, 'int32')))), Math.imul),
  log: float('log', 1, Math.log),
  log10: float('log10', 1, Math.log10),
  log1p: float('log1p', 1, Math.log1p),
  log2: float('log2', 1, Math.log2),
  max: many('max', -Infinity, alike, Math.max),
  min: many('min', Infinity, alike, Math.min),
  pow: callable(2, (site, [a, b]) => power(site, a, b)),
  round: rounding('roundHalfUp', Math.round),
  sign: same('sign', 1, Math.sign),
  sin: float('sin', 1, Math.sin),
  sinh: float('sinh', 1, Math.sinh),
  sqrt: float('sqrt', 1, Math.sqrt),
  tan: float('tan', 1, Math.tan),
  tanh: float('tanh', 1, Math.tanh),
  trunc: rounding('trunc', Math.trunc),
};

/** What to say of members of Math that a kernel cannot call. */
export const mathHints: Readonly<Record<string, string>> = {
  random: 'random numbers come from outside: fill a typed array with them and pass it in as an argument',
  f16round: 'use Math.fround',
  erf: 'write wf.erf(x): the library exports it',
  erfc: 'write wf.erfc(x): the library exports it',
  gamma: 'write wf.gamma(x): the library exports it',
  lgamma: 'write wf.lgamma(x): the library exports it',
};

/** A test that only a float can fail: integers answer `whole`. */
const test = (op: OpName, whole: 0 | 1): Callable => callable(1, (site, [a]) => {
  const value = valueOf(site, a);
  return strongly(isFloat(value.dtype) ? site.builder.op(op, [value]) : site.builder.constant(whole, 'bool'));
});

const isInteger: Lowering = (site, [a]) => {
  const { builder } = site;
  const value = valueOf(site, a);
  if (!isFloat(value.dtype)) return strongly(builder.constant(1, 'bool'));
  const whole = builder.op('eq', [value, builder.op('trunc', [value])]);
  return strongly(builder.op('and', [builder.op('isFinite', [value]), whole]));
};

const numberFunctions: Readonly<Record<string, Callable>> = {
  isNaN: test('isNaN', 0),
  isFinite: test('isFinite', 1),
  isInteger: callable(1, isInteger),
};

export const globalFunctions: Readonly<Record<string, Callable>> = {
  isNaN: numberFunctions.isNaN,
  isFinite: numberFunctions.isFinite,
  Number: callable(1, (site, [a]) => toNumber(site, a)),
  Boolean: callable(1, (site, [a]) => strongly(truth(site, a))),
};

/** The members of a namespace that are numbers. */
const numbersIn = (namespace: object): Readonly<Record<string, number>> => Object.fromEntries(
  Object.getOwnPropertyNames(namespace).flatMap((name) => {
    const value: unknown = Reflect.get(namespace, name);
    return typeof value === 'number' && name !== 'length' ? [[name, value]] : [];
  }));

export interface Namespace {
  readonly functions: Readonly<Record<string, Callable>>;
  readonly numbers: Readonly<Record<string, number>>;
}

export const namespaces: Readonly<Record<string, Namespace>> = {
  Math: { functions: mathFunctions, numbers: numbersIn(Math) },
  Number: { functions: numberFunctions, numbers: numbersIn(Number) },
};

export const globalNumbers: Readonly<Record<string, number>> = { NaN, Infinity };

const convert = (dtype: DType): Callable => callable(1, (site, [a]) => strongly(valueAs(site, a, dtype)));
const special = (op: OpName, arity: number): Callable => callable(arity, (site, args) => {
  // The first operand rules; ldexp's second is an int32 already.
  const own = valueOf(site, args[0]).dtype;
  return strongly(site.builder.op(op, args.map((a, k) => valueAs(site, a, k === 0 ? own : 'int32'))));
});

/** Callable in the math library only: ops that JavaScript has no word for, and its tables. */
export const libraryFunctions: Readonly<Record<string, Callable>> = {
  floatBits: special('floatBits', 1),
  bitsFloat: special('bitsFloat', 1),
  ldexp: special('ldexp', 2),
  exponent: special('exponent', 1),
  mantissa: special('mantissa', 1),
  rint: callable(1, (site, args) => floats(site, 'round', args)),
  exp2: callable(1, (site, args) => floats(site, 'exp2', args)),
  float32: convert('float32'),
  float64: convert('float64'),
  int32: convert('int32'),
  ...tableFunctions,
};

const beyondMath = (op: OpName): Callable => float(op, 1, (x) => opInfo(op).js(x, 0, 0, 'float64'));

/** What the library exports for use in kernels. Called outside, they do the same to plain numbers. */
export const apiFunctions: Readonly<Record<string, Callable>> = {
  i32: callable(1, (site, [a]) => strongly(bits(site, a, 'int32'))),
  u32: callable(1, (site, [a]) => strongly(bits(site, a, 'uint32'))),
  f32: convert('float32'),
  f64: convert('float64'),
  erf: beyondMath('erf'),
  erfc: beyondMath('erfc'),
  gamma: beyondMath('gamma'),
  lgamma: beyondMath('lgamma'),
};
