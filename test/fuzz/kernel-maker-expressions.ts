/** Random expressions. All arithmetic is exact: integers wrap to 32 bits at once, floats are multiples of a power of two. */
import { operators } from './kernel-maker-operators.ts';
import { BOOL, choose, floatIn, INT, pick, type Choice, type Scope, type Type } from './kernel-maker-scope.ts';
import { literal, type Expr, type Kind } from './kernel-maker-tree.ts';

type Piece = string | Expr;

/** An expression of this text: `made(INT)\`${a} + ${b} | 0\``. */
export const made = (type: Type, extra: Partial<Expr> = {}) => (
  texts: TemplateStringsArray, ...args: readonly (Piece | readonly Piece[])[]
): Expr => {
  const parts: Piece[] = [];
  const add = (p: Piece): void => {
    const last = parts.at(-1);
    if (typeof p === 'string' && typeof last === 'string') parts[parts.length - 1] = last + p;
    else if (p !== '') parts.push(p);
  };
  texts.forEach((text, k) => [text, ...[args[k] ?? []].flat()].forEach(add));
  const { kind, bound, grain } = type;
  return { kind, bound, grain, parts, atom: isCall(parts), ...extra };
};

/** `f(...)`, or something in parentheses. */
function isCall(parts: readonly Piece[]): boolean {
  const text = parts.map((p) => (typeof p === 'string' ? p : '_')).join('');
  if (!/^[\w.]*\(/.test(text)) return false;
  let open = 0;
  return [...text].every((c, k) => {
    open += c === '(' ? 1 : c === ')' ? -1 : 0;
    return open > 0 || k < text.indexOf('(') || k === text.length - 1;
  });
}

const named = (name: string, { kind, bound, grain }: Type, positive?: boolean): Expr =>
  ({ kind, bound, grain, parts: [name], atom: true, positive });

// ---- leaves ----

const integers = [0, 1, 2, 3, 5, 7, -1, -2, 10, 31, 63, -60, 100, 255, 1000, 65535, -123456];
const eighths = [0, 1, 2, 0.5, -1, 0.25, 3, -0.5, 1.5, 0.125, -2.25, 8, 5.75];

function constant(s: Scope, kind: Kind): Expr {
  switch (kind) {
    case 'int': {
      const n = pick(s, integers);
      return literal('int', String(n), Math.abs(n), 1, n >= 0);
    }
    case 'uint': {
      const n = Math.abs(pick(s, integers));
      return literal('uint', String(n), n, 1);
    }
    case 'float': {
      const n = pick(s, eighths);
      return literal('float', String(n), Math.abs(n), 1 / 8, n >= 0);
    }
    case 'bool': return literal('bool', pick(s, ['true', 'false']), 1, 1);
    default: return kind satisfies never;
  }
}

/** A variable of the kind; a small integer may be a float. */
function variable(s: Scope, kind: Kind): Expr | undefined {
  const small = floatIn(s).bound;
  const found = s.variables.filter(({ type }) =>
    type.kind === kind || (kind === 'float' && type.kind === 'int' && type.bound <= small));
  if (found.length === 0) return undefined;
  // Later ones are likelier.
  const v = found[Math.max(s.draw(found.length), s.draw(found.length))];
  return { ...named(v.name, v.type, v.positive), kind };
}

function leaf(s: Scope, kind: Kind): Expr {
  const arrays = s.arrays.filter((a) => a.type.kind === kind);
  if (arrays.length > 0 && s.draw(3) === 0) return element(s, kind, 0)!;
  const known = s.draw(6) > 0 ? variable(s, kind) : undefined;
  if (known || kind !== 'bool') return known ?? constant(s, kind);
  const v = variable(s, pick(s, s.smooth ? ['int'] as const : ['int', 'float'] as const));
  return v ? made(BOOL)`${v} ${pick(s, ['<', '>', '!==', '>='])} ${constant(s, v.kind)}` : constant(s, 'bool');
}

// ---- fitting ----

/** An expression of a type: what is too large or too fine is brought into it. */
export function fit(s: Scope, type: Type, depth: number): Expr {
  return tamed(s, expr(s, type.kind, depth), type);
}

export function tamed(s: Scope, e: Expr, type: Type): Expr {
  if (e.kind === 'int' && e.bound > type.bound) {
    const n = 2 ** Math.floor(Math.log2(type.bound + 1));
    return s.draw(2) ? made({ ...type, bound: n - 1 }, { positive: true })`${e} & ${String(n - 1)}` : made({ ...type, bound: n - 1 })`${e} % ${String(n)}`;
  }
  if (e.kind !== 'float') return e;
  if (e.grain < type.grain) {
    const n = 1 / type.grain;
    const rounded = `Math.${pick(s, ['floor', 'round', 'trunc', 'ceil'])}(`;
    const at = n === 1 ? made(type)`${rounded}${e})` : made(type)`${rounded}${e} * ${String(n)}) ${pick(s, [`/ ${n}`, `* ${1 / n}`])}`;
    return tamed(s, { ...at, bound: e.bound + 1, grain: type.grain }, type);
  }
  if (e.bound <= type.bound) return e;
  return s.draw(2) && !s.smooth ? made({ ...type, grain: e.grain })`${e} % ${String(type.bound)}`
    : made({ ...type, grain: e.grain })`Math.max(${String(-type.bound)}, Math.min(${e}, ${String(type.bound)}))`;
}

// ---- what every kind has ----

function common(s: Scope, kind: Kind, d: number): Choice<Expr>[] {
  const sub = (k: Kind = kind): Expr => expr(s, k, d - 1);
  return [
    { weight: 3, make: () => {
      const [c, a, b] = [sub('bool'), sub(), sub()];
      return made({ kind, bound: Math.max(a.bound, b.bound), grain: Math.min(a.grain, b.grain) })`${c} ? ${a} : ${b}`;
    } },
    { weight: 3, make: () => element(s, kind, d) },
    { weight: 2, make: () => call(s, kind, d) },
    { weight: 1, make: () => {
      const free = s.variables.filter((v) => v.free && v.type.kind === kind);
      if (free.length === 0) return undefined;
      const v = pick(s, free);
      const value = fit(s, v.type, d - 1);
      const set = made({ kind, bound: value.bound, grain: value.grain })`${v.name} = ${value}`;
      return s.draw(3) ? set : made({ ...set, kind })`(${set}, ${sub()})`;
    } },
  ];
}

/** An element of an array. */
export function element(s: Scope, kind: Kind, d: number): Expr | undefined {
  const found = s.arrays.filter((a) => a.type.kind === kind);
  if (found.length === 0) return undefined;
  const a = pick(s, found);
  switch (a.access) {
    case 'whole': return made(a.type, { atom: true })`${a.text}${wholeIndex(s, a.rank, d)}`;
    case 'local': return made(a.type, { atom: true })`${a.text}[${localIndex(s, a.length, d, 'clamp')}]`;
    case 'relative': {
      const offsets = a.reach.map((n) => offset(s, n, d));
      return made(a.type, { atom: true })`${a.text}(${list(offsets)})`;
    }
    default: return a satisfies never;
  }
}

export const list = (items: readonly Expr[]): Piece[] => items.flatMap((e, k) => (k > 0 ? [', ', e] : [e]));

/** `[i][j]`. */
export const wholeIndex = (s: Scope, rank: number, d: number): Piece[] => Array.from({ length: rank }, () => {
  // A fraction is cut off.
  const at = s.unknown && !s.tame && s.draw(10) === 0 ? made({ ...INT, grain: 0.5 })`${s.unknown} * 0.5` : expr(s, 'int', Math.min(1, d - 1));
  return ['[', s.tame ? made({ ...INT, bound: 1 }, { positive: true })`${at} & 1` : at, ']'];
}).flat();

export function localIndex(s: Scope, length: number, d: number, use: 'clamp' | 'drop'): Expr {
  const known = s.variables.filter((v) => v.positive && v.type.kind === 'int' && v.type.bound < length);
  const powerOf2 = 2 ** Math.floor(Math.log2(length));
  return choose<Expr>(s, [
    { weight: 2, make: () => (known.length > 0 ? named(...nameAndType(pick(s, known))) : undefined) },
    { weight: 2, make: () => literal('int', String(s.draw(length)), length - 1, 1) },
    { weight: 2, make: () => (powerOf2 > 1 ? made({ ...INT, bound: powerOf2 - 1 }, { positive: true })`${expr(s, 'int', d - 1)} & ${String(powerOf2 - 1)}` : undefined) },
    { weight: s.unknown && !s.tame ? 1 : 0, make: () => made(INT, { wild: { length, use } })`${s.unknown!} + ${expr(s, 'int', d - 1)} | 0` },
  ])!;
}

const nameAndType = (v: Scope['variables'][number]) => [v.name, v.type, v.positive] as const;

/** Mostly known while the kernel is built. */
function offset(s: Scope, reach: number, d: number): Expr {
  const known = s.variables.filter((v) => v.offset !== undefined && v.offset <= reach);
  const text = (n: number): Expr => literal('int', String(n), Math.abs(n), 1, n >= 0);
  return choose<Expr>(s, [
    { weight: 6, make: () => text(s.draw(2 * reach + 1) - reach) },
    { weight: 6, make: () => {
      if (known.length === 0) return undefined;
      const v = pick(s, known);
      return s.draw(3) ? named(v.name, v.type) : made(v.type)`-${named(v.name, v.type)}`;
    } },
    { weight: s.unknown && !s.tame ? 1 : 0, make: () => made(INT)`${s.unknown!} + ${expr(s, 'int', d - 1)} | 0` },
  ])!;
}

function call(s: Scope, kind: Kind, d: number): Expr | undefined {
  const found = s.functions.filter(({ results, turns }) =>
    results.length === 1 && results[0].kind === kind && s.turns * turns <= MOST_TURNS);
  if (found.length === 0) return undefined;
  const f = pick(s, found);
  return made(f.results[0], { atom: true })`${f.name}(${list(f.params.map((p) => fit(s, p, d - 1)))})`;
}

/** Turns of loops around one place, at most. */
export const MOST_TURNS = 150;

/** An expression of a kind; `depth`: how many operators one inside the other. */
export function expr(s: Scope, kind: Kind, depth: number): Expr {
  if (depth <= 0 || s.draw(5) === 0) return leaf(s, kind);
  return choose<Expr>(s, [
    { weight: 14, make: () => pick(s, operators(s)[kind])(s, depth) },
    ...common(s, kind, depth),
  ]) ?? leaf(s, kind);
}
