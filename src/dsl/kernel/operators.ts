/** JavaScript's operators: one table of binary and one of unary ones; `!` is part of conditions, in `expressions.ts`. */
import { isInteger } from '../dtype.ts';
import type { OpName } from '../ops.ts';
import { alike, bits, choose, commonDType, compare, floats, fold, knownNumber, strongly, valueOf, type Operand, type Site } from './infer.ts';
import type { Value } from './ir.ts';

type Binary = (site: Site, a: Operand, b: Operand) => Operand;
type Unary = (site: Site, a: Operand) => Operand;

const arithmetic = (op: OpName, js: (a: number, b: number) => number): Binary =>
  (site, a, b) => fold([a, b], js) ?? alike(site, op, [a, b]);

/** Numbers that are both known compare here; the answer is a bool constant. */
const comparison = (op: OpName, js: (a: number, b: number) => boolean): Binary => (site, a, b) => {
  const [x, y] = [knownNumber(a), knownNumber(b)];
  return x !== undefined && y !== undefined ? strongly(site.builder.constant(js(x, y) ? 1 : 0, 'bool')) : compare(site, op, a, b);
};
const equal = comparison('eq', (a, b) => a === b);
const unequal = comparison('ne', (a, b) => a !== b);

/** Bit operators give int32, as in JavaScript, whatever integers they get; `>>>` gives uint32. */
const bitwise = (op: OpName, js: (a: number, b: number) => number, to: 'int32' | 'uint32' = 'int32'): Binary => (site, a, b) => {
  const known = a.kind === 'weak' && b.kind === 'weak' ? [knownNumber(a), knownNumber(b)] : [];
  if (known[0] !== undefined && known[1] !== undefined) return strongly(site.builder.constant(js(known[0], known[1]), to));
  const [x, y] = [bits(site, a, to), bits(site, b, to)];
  return strongly(isZero(y) && keepsWithZero.has(op) ? x : site.builder.op(op, [x, y]));
};
const isZero = (v: Value): boolean => v.kind === 'const' && v.value === 0;
/** `x | 0` and its like are how JavaScript writes a conversion. */
const keepsWithZero: ReadonlySet<OpName> = new Set(['bitOr', 'bitXor', 'shl', 'shr']);

/** `**` and Math.pow. Integers stay integers for an exponent that is a whole number known here, as `u(0) ** 2`. */
export const power: Binary = (site, a, b) => {
  const folded = fold([a, b], (x, y) => x ** y);
  if (folded) return folded;
  const exponent = knownNumber(b);
  const whole = exponent !== undefined && Number.isInteger(exponent) && exponent >= 0;
  return whole && isInteger(commonDType(site, [a])) ? alike(site, 'pow', [a, b]) : floats(site, 'pow', [a, b]);
};

export const binaryOperators: Readonly<Record<string, Binary>> = {
  '+': arithmetic('add', (a, b) => a + b),
  '-': arithmetic('sub', (a, b) => a - b),
  '*': arithmetic('mul', (a, b) => a * b),
  '%': arithmetic('rem', (a, b) => a % b),
  '/': (site, a, b) => fold([a, b], (x, y) => x / y) ?? floats(site, 'div', [a, b]),
  '**': power,
  '<': comparison('lt', (a, b) => a < b),
  '<=': comparison('le', (a, b) => a <= b),
  '>': comparison('gt', (a, b) => a > b),
  '>=': comparison('ge', (a, b) => a >= b),
  '==': equal,
  '===': equal,
  '!=': unequal,
  '!==': unequal,
  '&': bitwise('bitAnd', (a, b) => a & b),
  '|': bitwise('bitOr', (a, b) => a | b),
  '^': bitwise('bitXor', (a, b) => a ^ b),
  '<<': bitwise('shl', (a, b) => a << b),
  '>>': bitwise('shr', (a, b) => a >> b),
  '>>>': bitwise('shr', (a, b) => a >>> b, 'uint32'),
};

/** `&&` and `||` of two bools, or of two numbers, one of which it is. `holds`: whether the left one counts as true. */
export function logical(site: Site, symbol: '&&' | '||', a: Operand, b: Operand, holds: Value): Operand {
  const [x, y] = [boolOf(a), boolOf(b)];
  if (x && y) return strongly(site.builder.op(symbol === '&&' ? 'and' : 'or', [x, y]));
  if (!x && !y) return symbol === '&&' ? choose(site, holds, b, a) : choose(site, holds, a, b);
  const [left, right] = x ? ['a bool', 'a number'] : ['a number', 'a bool'];
  return site.fail(`${symbol} takes two bools or two numbers: the left side is ${left}, the right side ${right}`,
    `write a !== 0 ${symbol} b !== 0, or a ternary: a !== 0 ? b : c`);
}

const boolOf = (a: Operand): Value | undefined => (a.kind === 'value' && a.value.dtype === 'bool' ? a.value : undefined);

const negate: Unary = (site, a) => {
  const folded = fold([a], (x) => -x);
  if (folded) return folded;
  const dtype = commonDType(site, [a]);
  // -x of a uint32 is an int32: JavaScript gives a negative number.
  return dtype === 'uint32' ? strongly(site.builder.op('neg', [bits(site, a, 'int32')])) : alike(site, 'neg', [a]);
};

const invert: Unary = (site, a) => {
  const x = bits(site, a, 'int32');
  return strongly(x.kind === 'op' && x.op === 'bitNot' ? x.args[0] : site.builder.op('bitNot', [x])); // ~~x is x
};

/** `+b` makes a number of a bool. */
export const toNumber: Unary = (site, a) =>
  (a.kind === 'value' && a.value.dtype === 'bool' ? strongly(site.builder.cast(valueOf(site, a), 'int32')) : a);

export const unaryOperators: Readonly<Record<string, Unary>> = {
  '-': negate,
  '+': toNumber,
  '~': invert,
};
