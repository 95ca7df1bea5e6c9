/** The operators of random expressions: per kind of result, how they are written and what they do to bounds. */
import { expr, made, tamed } from './kernel-maker-expressions.ts';
import { BOOL, FLOAT, floatIn, INT, pick, SMALL, UINT, type Scope, type Type } from './kernel-maker-scope.ts';
import type { Expr, Kind } from './kernel-maker-tree.ts';

/** Undefined when it does not apply here. */
type Op = (s: Scope, depth: number) => Expr | undefined;
type Ops = { readonly [K in Kind]: readonly Op[] };

const float = (bound: number, grain: number): Type => ({ kind: 'float', bound, grain });
const int = (bound: number): Type => ({ kind: 'int', bound: Math.min(bound, 2 ** 31), grain: 1 });
const one = (kind: Kind, make: (a: Expr, s: Scope) => Expr): Op => (s, d) => make(expr(s, kind, d - 1), s);
const two = (kind: Kind, make: (a: Expr, b: Expr) => Expr): Op => (s, d) => make(expr(s, kind, d - 1), expr(s, kind, d - 1));
const larger = (a: Expr, b: Expr): Type =>
  ({ kind: a.kind, bound: Math.max(a.bound, b.bound), grain: Math.min(a.grain, b.grain) });

/** Bits of a float32 that results may take. */
const DIGITS = 2 ** 22;
const positive = { positive: true };

// ---- integers and bools: exact as long as they are wrapped at once ----

/** Small integers need no `| 0`. */
const small = (bound: number, short: (type: Type) => Expr, long: () => Expr): Expr =>
  (bound <= DIGITS ? short(int(bound)) : long());

const ints: readonly Op[] = [
  two('int', (a, b) => small(a.bound + b.bound, (t) => made(t)`${a} + ${b}`, () => made(INT)`${a} + ${b} | 0`)),
  two('int', (a, b) => small(a.bound + b.bound, (t) => made(t)`${a} - ${b}`, () => made(INT)`${a} - ${b} | 0`)),
  two('int', (a, b) => small(a.bound * b.bound, (t) => made(t)`${a} * ${b}`, () => made(INT)`Math.imul(${a}, ${b})`)),
  two('int', (a, b) => made(INT)`${a} & ${b}`),
  two('int', (a, b) => made(INT)`${a} | ${b}`),
  two('int', (a, b) => made(INT)`${a} ^ ${b}`),
  two('int', (a, b) => made(INT)`${a} << ${b}`),
  two('int', (a, b) => made(int(a.bound))`${a} >> ${b}`),
  two('int', (a, b) => made(int(a.bound))`${a} % ${b} | 0`),
  two('int', (a, b) => made(larger(a, b))`Math.min(${a}, ${b})`),
  two('int', (a, b) => made(larger(a, b))`Math.max(${a}, ${b})`),
  one('int', (a) => made(INT)`~${a}`),
  one('int', (a) => made(int(a.bound))`-${a} | 0`),
  one('int', (a) => made(int(a.bound))`Math.abs(${a}) | 0`),
  one('int', (a) => made(int(1))`Math.sign(${a})`),
  one('int', (a) => made(int(32), positive)`Math.clz32(${a})`),
  one('int', (a, s) => {
    const n = pick(s, [1, 3, 7, 15, 63]);
    return made(int(n), positive)`${a} & ${String(n)}`;
  }),
  one('int', (a, s) => {
    const n = pick(s, [2, 3, 5, 8]);
    return made(int(n - 1))`${a} % ${String(n)}`;
  }),
  one('uint', (a) => made(INT)`${a} | 0`),
  one('uint', (a) => made(INT)`wf.i32(${a})`),
  one('bool', (a) => made(int(1), positive)`+${a}`),
  one('bool', (a) => made(int(1), positive)`Number(${a})`),
  one('bool', (a, s) => made(int(2), positive)`${a} + ${expr(s, 'bool', 0)}`),
  (s) => {
    const counters = s.variables.filter((v) => v.counter);
    if (counters.length === 0) return undefined;
    const { name, type } = pick(s, counters);
    return s.draw(2) ? made(type, { positive: true, atom: false })`${name}++` : made(type, { positive: true, atom: false })`++${name}`;
  },
];

const uints: readonly Op[] = [
  one('int', (a) => made(UINT)`${a} >>> 0`),
  one('int', (a) => made(UINT)`wf.u32(${a})`),
  two('int', (a, b) => made(UINT)`${a} >>> ${b}`),
  (s, d) => made(UINT)`${expr(s, 'uint', d - 1)} >>> ${expr(s, 'int', d - 1)}`,
  two('uint', (a, b) => made(UINT)`${a} + ${b} >>> 0`),
  two('uint', (a, b) => made(UINT)`${a} - ${b} >>> 0`),
  two('uint', (a, b) => made(UINT)`Math.imul(${a}, ${b}) >>> 0`),
  two('uint', (a, b) => made(UINT)`(${a} ^ ${b}) >>> 0`),
  two('uint', (a, b) => made(UINT)`${a} % ${b} >>> 0`),
  two('uint', (a, b) => made(UINT)`Math.min(${a}, ${b})`),
];

const comparisons = (kinds: readonly Kind[]): Op[] => ['<', '<=', '>', '>=', '===', '!==', '=='].map((op): Op => (s, d) => {
  const kind = pick(s, kinds);
  return made(BOOL)`${expr(s, kind, d - 1)} ${op} ${expr(s, kind, d - 1)}`;
});

const bools: readonly Op[] = [
  ...comparisons(['int', 'uint']),
  two('bool', (a, b) => made(BOOL)`${a} && ${b}`),
  two('bool', (a, b) => made(BOOL)`${a} || ${b}`),
  two('bool', (a, b) => made(BOOL)`${a} === ${b}`),
  one('bool', (a) => made(BOOL)`!${a}`),
  one('int', (a) => made(BOOL)`(${a} & 1) !== 0`),
  one('int', (a) => made(BOOL)`!${a}`),
];

// ---- floats that are exact ----

const fits = (type: Type): boolean => type.bound <= type.grain * DIGITS;

/** Of two floats, which are made smaller where the result would not fit. */
const float2 = (type: (a: Expr, b: Expr) => Type, make: (a: Expr, b: Expr, type: Type) => Expr): Op => (s, d) => {
  const [a, b] = [expr(s, 'float', d - 1), expr(s, 'float', d - 1)];
  const wide = type(a, b);
  if (fits(wide)) return make(a, b, wide);
  const [x, y] = [tamed(s, a, FLOAT), tamed(s, b, FLOAT)];
  return make(x, y, type(x, y));
};
const float1 = (type: (a: Expr) => Type, make: (a: Expr, type: Type) => Expr): Op => (s, d) => {
  const a = expr(s, 'float', d - 1);
  const x = fits(type(a)) ? a : tamed(s, a, FLOAT);
  return make(x, type(x));
};
const sum = (a: Expr, b: Expr): Type => float(a.bound + b.bound, Math.min(a.grain, b.grain));

const floats: readonly Op[] = [
  float2(sum, (a, b, t) => made(t)`${a} + ${b}`),
  float2(sum, (a, b, t) => made(t)`${a} - ${b}`),
  float2((a, b) => float(a.bound * b.bound, a.grain * b.grain), (a, b, t) => made(t)`${a} * ${b}`),
  float2((a, b) => float(Math.max(a.bound, b.bound + 1), Math.min(a.grain, b.grain)), (a, b, t) => made(t)`${a} % (Math.abs(${b}) + 1)`),
  float2(larger, (a, b, t) => made(t)`Math.min(${a}, ${b})`),
  float2(larger, (a, b, t) => made(t)`Math.max(${a}, ${b}, 0)`),
  float1((a) => float(a.bound ** 2, a.grain ** 2), (a, t) => made(t)`${a} ** 2`),
  float1((a) => float(a.bound / 4, a.grain / 4), (a, t) => made(t)`${a} / 4`),
  float1((a) => float(a.bound / 2, a.grain / 2), (a, t) => made(t)`${a} * 0.5`),
  float1((a) => float(a.bound, a.grain), (a, t) => made(t)`-${a}`),
  float1((a) => float(a.bound, a.grain), (a, t) => made(t)`Math.abs(${a})`),
  float1((a) => float(a.bound, a.grain), (a, t) => made(t)`wf.f32(${a})`),
  ...['floor', 'ceil', 'trunc', 'round'].map((f) => float1((a) => float(a.bound + 1, 1), (a, t) => made(t)`Math.${f}(${a})`)),
  float1(() => float(1, 1), (a, t) => made(t)`Math.sign(${a})`),
  one('int', (a, s) => ({ ...tamed(s, a, SMALL), kind: 'float' })),
  one('bool', (a) => made(float(1, 1))`${a} * 1`),
];

const exact: Ops = {
  int: [
    ...ints,
    one('float', (a, s) => made(int(64))`${tamed(s, a, { ...FLOAT, grain: 0 })} | 0`),
    one('float', (a, s) => made(int(64))`~~${tamed(s, a, { ...FLOAT, grain: 0 })}`),
  ],
  uint: uints,
  float: floats,
  bool: [
    ...bools, ...comparisons(['float']),
    one('float', (a) => made(BOOL)`Boolean(${a})`),
    one('float', (a) => made(BOOL)`Number.isInteger(${a})`),
  ],
};

// ---- floats that are rounded: |x| <= 4 goes in and comes out, and an error does not grow on the way ----

const smooth2 = (make: (a: Expr, b: Expr, type: Type) => Expr): Op => (s, d) => {
  const type = floatIn(s);
  const arg = (): Expr => tamed(s, expr(s, 'float', d - 1), type);
  return make(arg(), arg(), type);
};
const smooth1 = (make: (a: Expr, type: Type) => Expr): Op => (s, d) =>
  make(tamed(s, expr(s, 'float', d - 1), floatIn(s)), floatIn(s));

const smooth: Ops = {
  int: ints,
  uint: uints,
  float: [
    smooth2((a, b, t) => made(t)`(${a} + ${b}) * 0.5`),
    smooth2((a, b, t) => made(t)`(${a} - ${b}) / 2`),
    smooth2((a, b, t) => made(t)`${a} * ${b} * 0.125`),
    smooth2((a, b, t) => made(t)`${a} / (4 + Math.abs(${b}))`),
    smooth2((a, b, t) => made(t)`Math.hypot(${a}, ${b}) * 0.5`),
    smooth2((a, b, t) => made(t)`Math.atan2(${a}, 1 + Math.abs(${b})) * 0.5`),
    smooth2((a, b, t) => made(t)`Math.min(${a}, ${b})`),
    smooth2((a, b, t) => made(t)`Math.max(${a}, ${b})`),
    ...['sin', 'cos', 'tanh', 'atan', 'abs', 'wf.erf'].map((f) => smooth1((a, t) => made(t)`${f.includes('.') ? f : `Math.${f}`}(${a}) * 0.8`)),
    smooth1((a, t) => made(t)`-${a}`),
    smooth1((a, t) => made(t)`Math.sqrt(Math.abs(${a}) + 1)`),
    smooth1((a, t) => made(t)`Math.cbrt(Math.abs(${a}) + 1)`),
    smooth1((a, t) => made(t)`Math.exp(-Math.abs(${a}))`),
    smooth1((a, t) => made(t)`Math.log1p(Math.abs(${a}))`),
    smooth1((a, t) => made(t)`Math.log(Math.abs(${a}) + 1)`),
    smooth1((a, t) => made(t)`(Math.abs(${a}) + 1) ** 0.3`),
    smooth1((a, t) => made(t)`${a} ** 2 * 0.125`),
    one('int', (a, s) => ({ ...tamed(s, a, { ...SMALL, bound: 3 }), kind: 'float' })),
  ],
  bool: bools,
};

export const operators = (s: Scope): Ops => (s.smooth ? smooth : exact);
