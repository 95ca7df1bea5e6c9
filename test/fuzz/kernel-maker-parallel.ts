/** The body of a random kernel with parallel loops: what its turns store into outputs, and what they add up. */
import { fit, made } from './kernel-maker-expressions.ts';
import type { Param } from './kernel-maker.ts';
import {
  chance, FLOAT, INT, pick, SMALL, type ArrayName, type Place, type Reduction, type Scope, type Type,
} from './kernel-maker-scope.ts';
import { body, code, reduction } from './kernel-maker-statements.ts';
import { storedIn, type Block, type Expr, type Statement } from './kernel-maker-tree.ts';


const typeOf = (p: Param): Type => (p.dtype === 'int32' ? INT : FLOAT);

interface Reductions {
  readonly all: readonly Reduction[];
  /** Their declarations. */
  readonly statements: readonly Statement[];
  /** What they are in the end. */
  readonly results: readonly Expr[];
}

/** Variables that are reduced into. */
function reductions(s: Scope): Reductions {
  const all: Reduction[] = [];
  const statements: Statement[] = [];
  const results: Expr[] = [];
  const declare = (r: Reduction, start: string, ...ends: Expr[]): void => {
    all.push(r);
    statements.push({ ...code`let ${r.name} = ${start};`, declares: [r.name] });
    results.push(...ends);
  };
  for (let k = 1 + s.draw(3); k > 0; k--) {
    const name = s.fresh('s');
    pick(s, [
      () => declare({ name, combine: '+', type: INT }, pick(s, ['0', '5']), made(INT)`wf.i32(${name})`),
      () => declare({ name, combine: '+', type: FLOAT }, pick(s, ['0', '0.5']), made(FLOAT)`${name}`),
      () => declare({ name, combine: '*', type: SMALL }, pick(s, ['1', '3']), made(SMALL)`${name}`),
      () => declare({ name, combine: 'min', type: FLOAT }, pick(s, ['Infinity', '4']), made(FLOAT)`${name}`),
      () => declare({ name, combine: 'max', type: INT }, pick(s, ['-2147483648', '7']), made(INT)`${name}`),
      // Small ones: a choice between many numbers becomes a float32.
      () => declare({ name, combine: '+', type: SMALL, length: 3 }, '[0, 0, 0]', made(INT)`wf.i32(${name}[0])`, made(INT)`wf.i32(${name}[2])`),
    ])();
  }
  return { all, statements, results };
}

export function parallelBody(
  outer: Scope, inputs: readonly Param[], outputs: readonly Param[],
): { readonly body: Block; readonly end: Statement } {
  const before = body({ ...outer, returns: undefined, depth: 3 }, 2);
  const sums = reductions(outer);
  const statements = [...before.block.statements, ...sums.statements];
  // What is declared outside may not be set by a turn.
  const outside: Scope = {
    ...before.scope, depth: outer.depth + 1, functions: outer.functions,
    variables: before.scope.variables.map((v) => ({ ...v, free: false, counter: false })),
    arrays: before.scope.arrays.map((a) => (a.access === 'local' ? { ...a, free: false } : a)),
  };
  for (let k = 1 + outer.draw(2); k > 0; k--) statements.push(parallelLoop(outside, inputs, outputs, sums.all));
  const results = storedIn({ statements }).length > 0 && chance(outer, 3) ? [] : sums.results;
  const end = results.length === 0 ? code`return;` : code`return [${results.flatMap((e, k) => (k > 0 ? [', ', e] : [e]))}];`;
  return { body: { statements }, end };
}

function parallelLoop(s: Scope, inputs: readonly Param[], outputs: readonly Param[], all: readonly Reduction[]): Statement {
  const [vector, matrix] = inputs;
  const [i, j] = [s.fresh('i'), s.fresh('i')];
  const grid = chance(s, 3);
  const n = `${vector.name}.length`, h = `${matrix.name}.shape[0]`, w = `${matrix.name}.shape[1]`;
  const stored = outputs.filter(() => s.draw(3) > 0);
  // Over the elements of the vector, or the rows of the matrix.
  const rows = !grid && chance(s, 2);
  const head = grid ? `for (const [${i}, ${j}] of wf.prange([${h}, ${w}])) {`
    : rows ? `for (const ${i} of wf.prange(${h})) {`
      : `for (const ${i} of wf.prange(${pick(s, [n, n, `1, ${n}`, `0, ${n}, 2`, '5'])})) {`;
  const stores: Place[] = [];
  const own: Place[] = [];
  const aliases: string[] = [];
  for (const p of stored) {
    const at = (text: string, rank: number, read: boolean): void => {
      const array: Place = { access: 'whole', text, rank, type: typeOf(p), output: p.name };
      stores.push(array);
      if (read) own.push(array);
    };
    if (p.rank === 1) {
      // Different turns store to different elements. Beyond the ends nothing is stored, and a read would be another turn's.
      if (grid) at(`${p.name}[${i} * ${w} + ${j}]`, 0, false);
      else pick(s, [() => at(`${p.name}[${i}]`, 0, !rows), () => at(`${p.name}[${n} - 1 - ${i}]`, 0, !rows), () => at(`${p.name}[${i} + 1]`, 0, false), () => at(`${p.name}[2 * ${i}]`, 0, false)])();
    } else if (grid) pick(s, [() => at(`${p.name}[${i}][${j}]`, 0, true), () => at(`${p.name}[${j}][${i}]`, 0, false)])();
    else if (rows) {
      if (chance(s, 2)) at(`${p.name}[${i}]`, 1, true);
      else {
        const row = s.fresh('r');
        aliases.push(`\n  const ${row} = ${p.name}[${i}];`);
        at(row, 1, true);
      }
    } else at(`${p.name}[${i}]`, 1, false);
  }
  // Outputs that this loop does not store to are as they were left.
  const left = outputs.filter((p) => !stored.includes(p)).map((p): ArrayName =>
    ({ access: 'whole', text: p.name, rank: p.rank, type: typeOf(p) }));
  const counter = (name: string) => ({ name, type: { ...SMALL, bound: 64 }, free: false, positive: true });
  const scope: Scope = {
    ...s, variables: [...s.variables, counter(i), ...(grid ? [counter(j)] : [])], arrays: [...s.arrays, ...own, ...left],
    stores, reductions: all, loops: [{ label: undefined, parallel: true }], unknown: made(SMALL)`${i}`,
  };
  const inner = body(scope, 1 + s.draw(4));
  const last = all.length > 0 && chance(s, 2) ? [reduction(inner.scope)]
    : stores.length > 0 ? [{ ...code`${stores[0].text}${stores[0].rank > 0 ? '[0]' : ''} = ${fit(inner.scope, stores[0].type, 2)};`, stores: stores[0].output }] : [];
  const block: Block = { statements: [...inner.block.statements, ...last] };
  const rowNames = aliases.map((a) => /const (\w+)/.exec(a)![1]);
  return { ...code`${head}${aliases.join('')}${block}}`, binds: [i, ...(grid ? [j] : []), ...rowNames] };
}
