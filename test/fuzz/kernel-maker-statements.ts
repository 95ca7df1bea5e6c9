/** Random statements that change variables and jump. Loops are in `kernel-maker-loops.ts`. */
import { expr, fit, list, localIndex, made, MOST_TURNS, wholeIndex } from './kernel-maker-expressions.ts';
import { loops } from './kernel-maker-loops.ts';
import {
  BOOL, chance, choose, COUNT, FLOAT, floatIn, INT, pick, SMALL, UINT, type ArrayName, type FunctionName, type Scope, type Type,
  type Variable,
} from './kernel-maker-scope.ts';
import type { Block, Expr, Statement } from './kernel-maker-tree.ts';

/** A statement, and what is known after it. */
export interface Made {
  readonly statement: Statement;
  readonly scope: Scope;
}

/** A statement of this text. */
export const code = (texts: TemplateStringsArray, ...args: readonly (Part | readonly Part[])[]): Statement =>
  ({ parts: texts.flatMap((text, k) => [text, ...[args[k] ?? []].flat()]).filter((p) => p !== '') });
type Part = string | Expr | Block;

const plain = (scope: Scope, statement: Statement): Made => ({ statement, scope });
export const knowing = (s: Scope, ...variables: Variable[]): Scope => ({ ...s, variables: [...s.variables, ...variables] });

/** A block of up to `size` statements inside another. */
export function block(outer: Scope, size: number): Block {
  const s: Scope = { ...outer, depth: outer.depth + 1 };
  const hidden = chance(s, 8) ? shadow(s) : undefined;
  const { block: rest } = body(s, size);
  return hidden ? { statements: [hidden, ...rest.statements] } : rest;
}

/** Statements, and what is known after them. */
export function body(outer: Scope, size: number): { readonly block: Block; readonly scope: Scope } {
  let scope = outer;
  const statements: Statement[] = [];
  for (let k = 1 + scope.draw(size); k > 0; k--) {
    const next = statement(scope);
    statements.push(next.statement);
    ({ scope } = next);
  }
  return { block: { statements }, scope };
}

/** A variable of the block's own under the name of one outside. */
function shadow(s: Scope): Statement | undefined {
  const free = s.variables.filter((v) => v.free);
  if (free.length === 0) return undefined;
  const { name, type } = pick(s, free);
  // Nothing in the whole block means the outer one, and functions may mean it.
  const others: Scope = { ...s, functions: [], variables: s.variables.filter((v) => v.name !== name) };
  return code`let ${name} = ${fit(others, type, 2)};`;
}

export function statement(s: Scope): Made {
  return choose<Made>(s, [
    { weight: 8, make: () => declare(s) },
    { weight: 10, make: () => assignment(s) },
    { weight: 2, make: () => count(s) },
    { weight: s.depth < 4 ? 8 : 0, make: () => plain(s, condition(s)) },
    { weight: s.depth < 4 && s.turns < MOST_TURNS / 2 ? 8 : 0, make: () => loops(s) },
    { weight: s.loops.length > 0 ? 5 : 0, make: () => jump(s) },
    { weight: s.returns ? 3 : 0, make: () => plain(s, leave(s)) },
    { weight: s.arrays.some((a) => a.access === 'local') ? 1 : 3, make: () => localArray(s) },
    { weight: 5, make: () => setElement(s) },
    { weight: 2, make: () => exchange(s) },
    { weight: 3, make: () => effect(s) },
    { weight: s.depth < 2 && s.functions.length < 4 ? 2 : 0, make: () => closure(s) },
    { weight: 2, make: () => several(s) },
    { weight: s.stores.length > 0 ? 8 : 0, make: () => plain(s, store(s)) },
    { weight: s.reductions.length > 0 ? 8 : 0, make: () => plain(s, reduction(s)) },
  ])!;
}

// ---- variables ----

const typesIn = (s: Scope): readonly Type[] => [INT, INT, SMALL, floatIn(s), floatIn(s), BOOL, UINT];
const letters = { int: 'a', float: 'f', bool: 'b', uint: 'q' } as const;

function declare(s: Scope): Made {
  const type = pick(s, typesIn(s));
  const name = s.fresh(letters[type.kind]);
  const free = s.draw(4) > 0;
  const after = knowing(s, { name, type, free });
  if (free && s.depth < 4 && chance(s, 6)) {
    const arm = (): [Block, Expr] => [block(s, 1), fit(s, type, 2)];
    const [[yes, a], [no, b]] = [arm(), arm()];
    return { scope: after, statement: { ...code`let ${name};\nif (${expr(s, 'bool', 2)}) {${yes}  ${name} = ${a};\n} else {${no}  ${name} = ${b};\n}`, declares: [name] } };
  }
  // A var belongs to the whole function, which turns of a parallel loop may not touch.
  const keyword = !free ? 'const' : s.loops.some((l) => l.parallel) ? 'let' : pick(s, ['let', 'let', 'var']);
  const value = fit(s, type, 3);
  // Loops carry what begins as a number without a dtype as an int32.
  const start = type === UINT ? made(UINT)`wf.u32(${value})` : value;
  return { scope: after, statement: { ...code`${keyword} ${name} = ${start};`, declares: [name] } };
}

function assignment(s: Scope): Made | undefined {
  const free = s.variables.filter((v) => v.free);
  if (free.length === 0) return undefined;
  const { name, type } = pick(s, free);
  const value = (depth = 3): Expr => fit(s, type, depth);
  const wide = type.kind === 'int' && type.bound === INT.bound;
  return plain(s, choose<Statement>(s, [
    { weight: 4, make: () => code`${name} = ${value()};` },
    { weight: wide ? 3 : 0, make: () => code`${name} ${pick(s, ['^', '|', '&', '<<', '>>'])}= ${value(2)};` },
    { weight: wide ? 2 : 0, make: () => code`${name} ${pick(s, ['+', '-'])}= ${value(2)};\n${name} |= 0;` },
    { weight: type.kind === 'uint' ? 3 : 0, make: () => code`${name} >>>= ${expr(s, 'int', 2)};` },
    { weight: type === FLOAT ? 3 : 0, make: () => code`${name} ${pick(s, ['+', '-'])}= ${value(2)};\n${name} %= ${String(FLOAT.bound)};` },
    { weight: type.kind === 'float' && s.smooth ? 2 : 0, make: () => code`${name} += ${value(2)};\n${name} *= 0.5;` },
    { weight: type.kind === 'bool' ? 3 : 0, make: () => code`${name} ${pick(s, ['&&', '||'])}= ${value(2)};` },
  ])!);
}

function count(s: Scope): Made {
  const counters = s.variables.filter((v) => v.counter);
  if (counters.length === 0 || chance(s, 6)) {
    const name = s.fresh('c');
    return { statement: { ...code`let ${name} = 0;`, declares: [name] }, scope: knowing(s, { name, type: COUNT, free: false, counter: true, positive: true }) };
  }
  const { name } = pick(s, counters);
  return plain(s, code`${pick(s, [`${name}++`, `++${name}`, `${name} += 2`, `${name} = ${name} + 1`])};`);
}

/** `[a, b] = [b, a]`. */
function exchange(s: Scope): Made | undefined {
  const free = s.variables.filter((v) => v.free);
  const first = free.length > 0 ? pick(s, free) : undefined;
  const second = first && free.find((v) => v !== first && v.type === first.type);
  if (!second) return undefined;
  const [a, b] = [first.name, second.name];
  return plain(s, chance(s, 2) ? code`[${a}, ${b}] = [${b}, ${a}];` : code`[${a}, ${b}] = [${b}, ${fit(s, first.type, 2)}];`);
}

/** An expression for what it does. */
function effect(s: Scope): Made | undefined {
  const free = s.variables.filter((v) => v.free);
  if (free.length === 0) return undefined;
  const set = (): Part[] => {
    const v = pick(s, free);
    return [`${v.name} = `, fit(s, v.type, 2)];
  };
  const cond = expr(s, 'bool', 2);
  const c = cond.atom ? [cond] : ['(', cond, ')'];
  return plain(s, pick(s, [
    () => code`${c} && (${set()});`,
    () => code`${c} || (${set()});`,
    () => code`${c} ? (${set()}) : (${set()});`,
    () => code`${set()}, ${set()};`,
  ])());
}

// ---- jumps ----

function condition(s: Scope): Statement {
  const c = (): Expr => (chance(s, 6) ? expr(s, s.smooth || chance(s, 2) ? 'int' : 'float', 2) : expr(s, 'bool', 3));
  const arm = (): Block => block(s, 3);
  return pick(s, [
    () => code`if (${c()}) {${arm()}}`,
    () => code`if (${c()}) {${arm()}} else {${arm()}}`,
    () => code`if (${c()}) {${arm()}} else if (${c()}) {${arm()}} else {${arm()}}`,
  ])();
}

function jump(s: Scope): Made | undefined {
  const last = s.loops.at(-1)!;
  const labels = s.loops.flatMap((l) => (l.label === undefined ? [] : [` ${l.label}`]));
  const target = chance(s, 3) && labels.length > 0 ? pick(s, labels) : '';
  const loop = target === '' ? last : s.loops.find((l) => ` ${l.label}` === target)!;
  const word = loop.parallel ? 'continue' : pick(s, ['break', 'continue']);
  const skip = last.skips !== undefined && chance(s, 2) ? code`if (${expr(s, 'bool', 2)}) ${last.skips}++;` : undefined;
  return plain(s, skip ?? (chance(s, 4) && s.depth < 4 ? code`if (${expr(s, 'bool', 2)}) {${block(s, 2)}  ${word}${target};\n}` : code`if (${expr(s, 'bool', 2)}) ${word}${target};`));
}

function leave(s: Scope): Statement {
  const cond = expr(s, 'bool', 2);
  return chance(s, 4) && s.depth < 4 ? code`if (${cond}) {${block(s, 2)}  ${returning(s)}\n}` : code`if (${cond}) ${returning(s)}`;
}

/** `return x;`. Integers are converted: a number without a dtype would become a float32. */
export function returning(s: Scope): Part[] {
  if (s.returns!.length === 0) return ['return;'];
  const value = (type: Type): Expr => {
    const e = fit(s, type, 3);
    if (e.kind === 'int' && e.bound > 2 ** 23) return { ...e, atom: true, parts: ['wf.i32(', e, ')'] };
    return e.kind === 'uint' ? { ...e, atom: true, parts: ['wf.u32(', e, ')'] } : e;
  };
  const values = s.returns!.map(value);
  return values.length === 1 ? ['return ', values[0], ';'] : ['return [', ...list(values), '];'];
}

// ---- local arrays ----

function localArray(s: Scope): Made {
  const type = pick(s, [INT, SMALL, floatIn(s)]);
  const length = pick(s, [2, 3, 4, 5]);
  const name = s.fresh('w');
  const constructor = type.kind === 'int' ? 'Int32Array' : 'Float32Array';
  const items = (): Part[] => list(Array.from({ length }, () => fit(s, type, 1)));
  const value = choose<Part[]>(s, [
    { weight: 4, make: () => ['[', ...items(), ']'] },
    { weight: 1, make: () => [`new Array(${length}).fill(`, fit(s, type, 1), ')'] },
    { weight: 1, make: () => [`new ${constructor}(${length})`] },
    { weight: 1, make: () => [`new ${constructor}([`, ...items(), '])'] },
  ])!;
  const array: ArrayName = { access: 'local', text: name, length, type, free: s.draw(4) > 0 };
  return { statement: { ...code`const ${name} = ${value};`, declares: [name] }, scope: { ...s, arrays: [...s.arrays, array] } };
}

function setElement(s: Scope): Made | undefined {
  const found = s.arrays.flatMap((a) => (a.access === 'local' && a.free ? [a] : []));
  if (found.length === 0) return undefined;
  const { text, length, type } = pick(s, found);
  const operator = type === INT && chance(s, 3) ? pick(s, ['^=', '|=', '&=']) : '=';
  return plain(s, code`${text}[${localIndex(s, length, 2, 'drop')}] ${operator} ${fit(s, type, 2)};`);
}

// ---- functions ----

/** A function inside: it sees, and may set, what is around it. */
function closure(s: Scope): Made {
  const { statement: inner, name } = functionOf(s, s.fresh('g'));
  return { statement: inner, scope: { ...s, functions: [...s.functions, name] } };
}

/** A function of a few parameters; `outer` is what it sees besides them. */
export function functionOf(outer: Scope, name: string): { readonly statement: Statement; readonly name: FunctionName } {
  const params = Array.from({ length: 1 + outer.draw(2) }, (): Variable => {
    const type = pick(outer, typesIn(outer));
    return { name: outer.fresh(letters[type.kind]), type, free: true };
  });
  const results = Array.from({ length: chance(outer, 4) ? 2 : 1 }, () => pick(outer, [INT, floatIn(outer), BOOL, SMALL]));
  // It may be called inside loops.
  const s: Scope = {
    ...knowing(outer, ...params), loops: [], returns: results, stores: [], reductions: [], turns: 8, depth: outer.depth + 1,
  };
  const names = params.map((p) => p.name);
  const about: FunctionName = { name, params: params.map((p) => p.type), results, turns: 1 };
  const declared = (made: Statement, turns: number) =>
    ({ statement: { ...made, declares: [name], binds: names }, name: { ...about, turns } });
  if (results.length === 1 && chance(outer, 3)) return declared(code`const ${name} = (${names.join(', ')}) => ${['(', fit(s, results[0], 3), ')']};`, 4);
  const inner = body(s, 3);
  const [head, tail] = chance(outer, 2) ? [`function ${name}(${names.join(', ')}) {`, '}'] : [`const ${name} = (${names.join(', ')}) => {`, '};'];
  return declared(code`${head}${inner.block}  ${returning(inner.scope)}\n${tail}`, 19);
}

/** `const [a, b] = h(x)`. */
function several(s: Scope): Made | undefined {
  const found = s.functions.filter((f) => f.results.length === 2 && s.turns * f.turns <= MOST_TURNS);
  if (found.length === 0) return undefined;
  const f = pick(s, found);
  const variables = f.results.map((type): Variable => ({ name: s.fresh(letters[type.kind]), type, free: true }));
  const declares = variables.map((v) => v.name);
  const args = list(f.params.map((p) => fit(s, p, 2)));
  return { statement: { ...code`let [${declares.join(', ')}] = ${f.name}(${args});`, declares }, scope: knowing(s, ...variables) };
}

// ---- what parallel kernels do ----

export function store(s: Scope): Statement {
  const { text, rank, type, output } = pick(s, s.stores);
  return { ...code`${text}${wholeIndex(s, rank, 2)} = ${fit(s, type, 3)};`, stores: output };
}

export function reduction(s: Scope): Statement {
  const { name, combine, type, length } = pick(s, s.reductions);
  const target: Part[] = length === undefined ? [name] : [`${name}[`, localIndex({ ...s, unknown: undefined }, length, 2, 'drop'), ']'];
  switch (combine) {
    case '+': return pick(s, [
      () => code`${target} ${pick(s, ['+', '-'])}= ${fit(s, type, 2)};`,
      () => (length === undefined ? code`${name} = ${name} + ${parenthesised(fit(s, type, 2))};` : code`${target} += 1;`),
      () => code`if (${expr(s, 'bool', 2)}) ${target} += ${fit(s, type, 2)};`,
    ])();
    case '*': return code`${target} *= ${expr(s, 'bool', 2)} ? -1 : 1;`;
    case 'min': case 'max': {
      const args = chance(s, 2) ? [`${name}, `, fit(s, type, 2)] : [fit(s, type, 2), `, ${name}`];
      return chance(s, 2) ? code`${name} = Math.${combine}(${args});` : code`if (${expr(s, 'bool', 2)}) ${name} = Math.${combine}(${args});`;
    }
    default: return combine satisfies never;
  }
}

export const parenthesised = (e: Expr): Part[] => (e.atom ? [e] : ['(', e, ')']);
