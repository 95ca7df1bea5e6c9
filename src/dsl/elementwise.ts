/**
 * Elementwise operations on arrays: how operands of several dtypes and shapes become one `map` node. `ops.ts` says what
 * an op means once its operands are alike; this file makes them alike.
 */
import { DTypeError } from '../errors.ts';
import { dtypeCodes, floating, isFloat, isInteger, promote, weak, type DType } from './dtype.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { Builder, type Fn, type Value } from './kernel/ir.ts';
import type { OpName } from './ops.ts';
import { broadcastShapes, type Shape } from './shape.ts';
import { broadcastView } from './views.ts';

/** A node, or a JS number or boolean, which takes the dtype of what it meets. */
export type Operand = Expr | number | boolean;

/**
 * arith     numbers: promoted; bool as `onBool` says
 * float     integers and bool become float32
 * rounding  floats; integers are left as they are
 * compare   promoted, gives bool
 * logic     any dtype by its truth (not 0), gives bool
 * bits      integers, or bool through the logical op
 * test      gives bool; integers are never NaN and always finite
 */
type Rule = Arith | Plain<'float'> | Plain<'rounding'> | Plain<'compare'> | Plain<'logic'> | Bits | Test;
interface Plain<Kind extends string> { readonly kind: Kind; readonly op: OpName }
/** `onBool`: what to do with two bools: a logical op, a dtype to compute in, or refuse. */
interface Arith extends Plain<'arith'> { readonly onBool: OpName | DType | undefined }
interface Bits extends Plain<'bits'> { readonly onBool: OpName | undefined }
interface Test extends Plain<'test'> { readonly ofIntegers: 0 | 1 }

// Each says its own kind and not just `Rule`: the types of the methods depend on it.
const arith = (op: OpName, onBool?: OpName | DType): Arith => ({ kind: 'arith', op, onBool });
const float = (op: OpName): Plain<'float'> => ({ kind: 'float', op });
const rounding = (op: OpName): Plain<'rounding'> => ({ kind: 'rounding', op });
const compare = (op: OpName): Plain<'compare'> => ({ kind: 'compare', op });
const logic = (op: OpName): Plain<'logic'> => ({ kind: 'logic', op });
const bits = (op: OpName, onBool?: OpName): Bits => ({ kind: 'bits', op, onBool });
const test = (op: OpName, ofIntegers: 0 | 1): Test => ({ kind: 'test', op, ofIntegers });

/** Methods of one operand. */
export const unary = {
  /** -x. Unsigned integers wrap. */
  neg: arith('neg'),
  /** |x|. The most negative integer stays itself. */
  abs: arith('abs', 'int8'),
  /** -1, 0 or 1; keeps NaN and the sign of zero. */
  sign: arith('sign', 'int8'),
  /** Largest integer not above x. Integers are unchanged. */
  floor: rounding('floor'),
  /** Smallest integer not below x. Integers are unchanged. */
  ceil: rounding('ceil'),
  /** x without its fraction. Integers are unchanged. */
  trunc: rounding('trunc'),
  /** Nearest integer, halves to even (NumPy's rule, not `Math.round`'s). Integers are unchanged. */
  round: rounding('round'),
  /** Square root; NaN below 0. */
  sqrt: float('sqrt'),
  /** Cube root. */
  cbrt: float('cbrt'),
  /** e^x. */
  exp: float('exp'),
  /** 2^x. */
  exp2: float('exp2'),
  /** e^x - 1, accurate near 0. */
  expm1: float('expm1'),
  /** Natural logarithm. */
  log: float('log'),
  /** Logarithm to base 2. */
  log2: float('log2'),
  /** Logarithm to base 10. */
  log10: float('log10'),
  /** log(1 + x), accurate near 0. */
  log1p: float('log1p'),
  /** Sine of radians. */
  sin: float('sin'),
  /** Cosine of radians. */
  cos: float('cos'),
  /** Tangent of radians. */
  tan: float('tan'),
  /** Inverse sine, in radians from -pi/2 to pi/2. */
  asin: float('asin'),
  /** Inverse cosine, in radians from 0 to pi. */
  acos: float('acos'),
  /** Inverse tangent, in radians from -pi/2 to pi/2. */
  atan: float('atan'),
  /** Hyperbolic sine. */
  sinh: float('sinh'),
  /** Hyperbolic cosine. */
  cosh: float('cosh'),
  /** Hyperbolic tangent. */
  tanh: float('tanh'),
  /** Inverse hyperbolic sine. */
  asinh: float('asinh'),
  /** Inverse hyperbolic cosine; NaN below 1. */
  acosh: float('acosh'),
  /** Inverse hyperbolic tangent; NaN beyond -1 and 1. */
  atanh: float('atanh'),
  /** Error function: 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
  erf: float('erf'),
  /** 1 - erf(x), accurate where that is tiny. */
  erfc: float('erfc'),
  /** Gamma function, (x - 1)! for whole x; infinite at 0, NaN at negative integers. */
  gamma: float('gamma'),
  /** log|gamma(x)|; Infinity at 0 and negative integers. */
  lgamma: float('lgamma'),
  /** Where x is NaN. */
  isNaN: test('isNaN', 0),
  /** Where x is neither infinite nor NaN. */
  isFinite: test('isFinite', 1),
  /** Where x is Infinity or -Infinity. */
  isInf: test('isInf', 0),
  /** Where x is 0 (false). */
  logicalNot: logic('not'),
  /** Every bit flipped; of bool, `logicalNot`. */
  bitwiseNot: bits('bitNot', 'not'),
} as const satisfies Record<string, Rule>;

/** Methods of two operands, which broadcast. */
export const binary = {
  /** a + b. Integers wrap. Of two bools: or. */
  add: arith('add', 'or'),
  /** a - b. Integers wrap. */
  sub: arith('sub'),
  /** a * b. Integers wrap. Of two bools: and. */
  mul: arith('mul', 'and'),
  /** a / b, always floating: integers give float32. */
  div: float('div'),
  /** floor(a / b). Integers by 0 give 0. */
  floorDiv: arith('floorDiv', 'int8'),
  /** Remainder with the sign of b (Python, NumPy). Integers by 0 give 0. */
  mod: arith('mod', 'int8'),
  /** Remainder with the sign of a (JavaScript's `%`). Integers by 0 give 0. */
  rem: arith('rem', 'int8'),
  /** a ** b. Integers wrap; a negative integer exponent truncates 1 / a^|b|. */
  pow: arith('pow', 'int8'),
  /** The smaller of each pair; NaN wins. */
  minimum: arith('min', 'and'),
  /** The larger of each pair; NaN wins. */
  maximum: arith('max', 'or'),
  /** sqrt(a^2 + b^2) without overflow. */
  hypot: float('hypot'),
  /** Angle of the point (b, a) in radians, -pi to pi. */
  atan2: float('atan2'),
  /** a === b. */
  eq: compare('eq'),
  /** a !== b. */
  ne: compare('ne'),
  /** a < b. */
  lt: compare('lt'),
  /** a <= b. */
  le: compare('le'),
  /** a > b. */
  gt: compare('gt'),
  /** a >= b. */
  ge: compare('ge'),
  /** Both true (not 0). */
  logicalAnd: logic('and'),
  /** Either true (not 0). */
  logicalOr: logic('or'),
  /** Exactly one true (not 0). */
  logicalXor: logic('xor'),
  /** Bits set in both. */
  bitwiseAnd: bits('bitAnd', 'and'),
  /** Bits set in either. */
  bitwiseOr: bits('bitOr', 'or'),
  /** Bits set in exactly one. */
  bitwiseXor: bits('bitXor', 'xor'),
  /** a << b; the count is taken modulo the width. */
  leftShift: bits('shl'),
  /** a >> b, copying the sign of signed integers; the count is taken modulo the width. */
  rightShift: bits('shr'),
} as const satisfies Record<string, Rule>;

export type UnaryName = keyof typeof unary;
export type BinaryName = keyof typeof binary;

const isExpr = (o: Operand): o is Expr => typeof o === 'object';

/** The dtype the arrays among the operands meet in, widened by the numbers beside them. */
export function commonDType(operands: readonly Operand[]): DType {
  let strong: DType | undefined;
  for (const o of operands) {
    if (typeof o === 'number') continue;
    const own = isExpr(o) ? o.dtype : 'bool';
    strong = strong === undefined ? own : promote(strong, own);
  }
  const arrays = strong ?? 'float32';
  let common = arrays;
  for (const o of operands) if (typeof o === 'number') common = promote(common, weak(o, arrays));
  return common;
}

/** The nodes of operands, broadcast to one shape; numbers become fills of `dtype`. */
function sourcesOf(operands: readonly Operand[], dtype: DType, operation: string): Pick<Expr, 'src' | 'shape'> {
  const shapes: Shape[] = [];
  for (const o of operands) if (isExpr(o)) shapes.push(o.shape);
  const shape = broadcastShapes(shapes, operation);
  return { src: operands.map((o) => (isExpr(o) ? broadcastView(o, shape) : fillExpr(o, dtype, shape))), shape };
}

/** A map of `fn` over sources broadcast to one shape. */
export function mapExpr(fn: Fn, sources: readonly Expr[], result = 0, operation = fn.name, shape?: Shape): Expr {
  const target = shape ?? broadcastShapes(sources.map((s) => s.shape), operation);
  return makeExpr({
    kind: 'map', fn, result, shape: target, dtype: fn.results[result].dtype,
    src: sources.map((s) => broadcastView(s, target)),
  });
}

/** Applies a method of `unary` or `binary`. */
export function applyRule(name: string, rule: Rule, operands: readonly Operand[]): Expr {
  const typing = typingOf(name, rule, operands);
  if (typing.passThrough && isExpr(operands[0])) return operands[0];
  const power = name === 'pow' && typeof operands[1] === 'number' ? smallExponent(operands[1], typing.operands) : undefined;
  // A number beside an array keeps the dtype it will be computed in, so nothing is cast at run time.
  const { src, shape } = sourcesOf(power === undefined ? operands : operands.slice(0, 1), typing.operands, name);
  const fn = power === undefined ? ruleFn(name, typing, src) : powerFn(src[0].dtype, typing.operands, power);
  return makeExpr({ kind: 'map', fn, result: 0, shape, dtype: fn.results[0].dtype, src });
}

interface Typing {
  readonly op: OpName;
  /** What operands are cast to. */
  readonly operands: DType;
  /** The operation changes nothing. */
  readonly passThrough?: boolean;
  /** The result is this constant for every element. */
  readonly folded?: number;
}

function typingOf(name: string, rule: Rule, operands: readonly Operand[]): Typing {
  const common = commonDType(operands);
  switch (rule.kind) {
    case 'arith': {
      if (common !== 'bool') return { op: rule.op, operands: common };
      if (rule.onBool === undefined) throw new DTypeError(`${name}: not defined for bool; use logicalXor or logicalNot, or cast with asType('int32')`);
      const logical = rule.onBool === 'and' || rule.onBool === 'or';
      return logical ? { op: rule.onBool as OpName, operands: 'bool' } : { op: rule.op, operands: rule.onBool as DType };
    }
    case 'float': return { op: rule.op, operands: floating(common) };
    case 'rounding': return { op: rule.op, operands: common, passThrough: !isFloat(common) };
    case 'compare': return { op: rule.op, operands: common };
    case 'logic': return { op: rule.op, operands: 'bool' };
    case 'bits': {
      if (common === 'bool' && rule.onBool) return { op: rule.onBool, operands: 'bool' };
      if (!isInteger(common)) throw new DTypeError(`${name}: needs integers, got ${common}; cast with asType('int32')`);
      return { op: rule.op, operands: common };
    }
    case 'test': return isFloat(common) ? { op: rule.op, operands: common } : { op: rule.op, operands: common, folded: rule.ofIntegers };
    default: return rule satisfies never;
  }
}

const fns = new Map<string, Fn>();

/** Built-in functions are made once per combination of dtypes. */
export function memo(key: string, make: () => Fn): Fn {
  let fn = fns.get(key);
  if (!fn) fns.set(key, (fn = make()));
  return fn;
}

const names = ['a', 'b', 'c'];
const slots = (dtypes: readonly DType[]) => dtypes.map((dtype, k) => ({ name: names[k], dtype }));

/** By op, and then by the dtypes of sources, the one to compute in, and the constant that the result is. */
const ruleFns = new Map<OpName, Map<number, Fn>>();

/** The built-in function of an op. Asked for at every operation: keys are numbers. */
function ruleFn(name: string, { op, operands: compute, folded }: Typing, sources: readonly Expr[]): Fn {
  let ofOp = ruleFns.get(op);
  if (!ofOp) ruleFns.set(op, (ofOp = new Map()));
  let key = 16 * (folded ?? 2) + dtypeCodes[compute];
  for (const { dtype } of sources) key = 16 * key + dtypeCodes[dtype];
  let fn = ofOp.get(key);
  if (!fn) ofOp.set(key, (fn = makeRuleFn(name, op, sources.map((s) => s.dtype), compute, folded)));
  return fn;
}

function makeRuleFn(name: string, op: OpName, dtypes: readonly DType[], compute: DType, folded: number | undefined): Fn {
  const b = new Builder();
  const args = dtypes.map((d, k) => b.cast(b.read(k, d), compute));
  const result = folded === undefined ? b.op(op, args) : b.constant(folded, 'bool');
  return b.fn(name, { rank: 0, inputs: slots(dtypes), results: [result] });
}

/** Exponents that are written out as products; a negative power of integers is refused. */
function smallExponent(exponent: number, dtype: DType): number | undefined {
  if (exponent < 0 && isInteger(dtype)) {
    throw new DTypeError(`pow: ${dtype} to the power ${exponent} is not an integer; cast with asType('float32') first`);
  }
  return exponent === 1 || exponent === 2 || exponent === 3 || exponent === 4 ? exponent : undefined;
}

function powerFn(input: DType, compute: DType, exponent: number): Fn {
  return memo(`pow${exponent}:${input}:${compute}`, () => {
    const b = new Builder();
    const x = b.cast(b.read(0, input), compute);
    return b.fn(`pow${exponent}`, { rank: 0, inputs: slots([input]), results: [b.op('pow', [x, b.constant(exponent, compute)])] });
  });
}

/** A cast of every element. */
export function castExpr(x: Expr, to: DType): Expr {
  if (x.dtype === to) return x;
  const fn = memo(`cast:${x.dtype}:${to}`, () => {
    const b = new Builder();
    return b.fn(to, { rank: 0, inputs: slots([x.dtype]), results: [b.cast(b.read(0, x.dtype), to)] });
  });
  return mapExpr(fn, [x]);
}

/** `condition ? a : b`, all three broadcast. */
export function whereExpr(condition: Operand, a: Operand, b: Operand): Expr {
  const dtype = commonDType([a, b]);
  const node = (o: Operand, d: DType): Expr => (isExpr(o) ? o : fillExpr(o, d));
  const sources = [node(condition, 'bool'), node(a, dtype), node(b, dtype)];
  const fn = memo(`where:${sources.map((s) => s.dtype).join()}:${dtype}`, () => {
    const g = new Builder();
    const [c, x, y] = sources.map((s, k): Value => g.read(k, s.dtype));
    return g.fn('where', {
      rank: 0, inputs: slots(sources.map((s) => s.dtype)),
      results: [g.op('select', [g.cast(c, 'bool'), g.cast(x, dtype), g.cast(y, dtype)])],
    });
  });
  return mapExpr(fn, sources, 0, 'where');
}

