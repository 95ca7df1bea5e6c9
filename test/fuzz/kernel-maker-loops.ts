/** Random loops. All of them end: they count, or use up fuel. */
import { expr, fit, made } from './kernel-maker-expressions.ts';
import { chance, choose, INT, pick, SMALL, type LoopName, type Scope, type Type, type Variable } from './kernel-maker-scope.ts';
import { block, body, code, knowing, parenthesised, type Made } from './kernel-maker-statements.ts';
import type { Statement } from './kernel-maker-tree.ts';

const small = (bound: number): Type => ({ ...SMALL, bound });

/** The scope inside a loop. */
function inside(s: Scope, loop: LoopName, turns: number, ...variables: Variable[]): Scope {
  return { ...knowing(s, ...variables), loops: [...s.loops, loop], turns: s.turns * Math.max(1, turns) };
}

const labelled = (label: string | undefined, { parts, ...statement }: Statement): Statement =>
  ({ ...statement, parts: label === undefined ? parts : [`${label}: `, ...parts] });

export function loops(s: Scope): Made {
  const label = chance(s, 4) ? s.fresh('l') : undefined;
  return choose<Made>(s, [
    { weight: 4, make: () => counting(s, label) },
    { weight: 3, make: () => measured(s, label) },
    { weight: 1, make: () => unusual(s, label) },
    { weight: 3, make: () => fuelled(s, label) },
    { weight: 1, make: () => listed(s, label) },
    // They are written out: one in the other, kernels would get long.
    { weight: s.arrays.some((a) => a.access === 'relative') && s.turns <= 8 ? 8 : 0, make: () => around(s, label) },
  ])!;
}

/** Bounds that are known while the kernel is built. */
function counting(s: Scope, label: string | undefined): Made {
  const i = s.fresh('i');
  const n = pick(s, [1, 2, 3, 3, 4, 5, 8, 0]);
  const [head, most] = pick(s, [
    [`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, n - 1],
    [`for (let ${i} = 0; ${i} <= ${n}; ++${i})`, n],
    [`for (let ${i} = ${n}; ${i} > 0; ${i}--)`, n],
    [`for (let ${i} = 0; ${i} < ${2 * n}; ${i} += 2)`, 2 * n - 2],
    [`for (let ${i} = 1; ${i} < ${2 * n}; ${i} *= 2)`, 2 * n],
    [`for (let ${i} = 0; ${i} !== ${n}; ${i} = ${i} + 1)`, n - 1],
  ] as const);
  const scope = inside(s, { label }, n + 1, { name: i, type: small(Math.max(1, most)), free: false, positive: true });
  return { scope: s, statement: { ...labelled(label, code`${head} {${block(scope, 3)}}`), binds: [i] } };
}

/** Bounds that only a run can tell; they may change from turn to turn. */
function measured(s: Scope, label: string | undefined): Made {
  const i = s.fresh('i');
  const most = pick(s, [3, 7]);
  const bound = made({ ...INT, bound: most }, { positive: true })`${expr(s, 'int', 2)} & ${String(most)}`;
  const skips = chance(s, 4) ? i : undefined;
  const scope = inside(s, { label, skips }, most, { name: i, type: small(2 * most + 2), free: false, positive: true });
  if (chance(s, 3)) {
    const down = code`for (let ${i} = ${bound}; ${i} > 0; ${i}--) {${block({ ...scope, loops: [...s.loops, { label }] }, 3)}}`;
    return { scope: s, statement: { ...labelled(label, down), binds: [i] } };
  }
  return { scope: s, statement: { ...labelled(label, code`for (let ${i} = 0; ${i} < ${parenthesised(bound)}; ${i}++) {${block(scope, 3)}}`), binds: [i] } };
}

function unusual(s: Scope, label: string | undefined): Made {
  const [i, j] = [s.fresh('i'), s.fresh('i')];
  const counter = (name: string, bound: number): Variable => ({ name, type: small(bound), free: false, positive: true });
  return pick(s, [
    // Two counters.
    (): Made => ({ scope: s, statement: { ...labelled(label, code`for (let ${i} = 0, ${j} = 6; ${i} < ${j}; ${i}++, ${j}--) {${
      block(inside(s, { label }, 3, counter(i, 4), counter(j, 6)), 3)}}`), binds: [i, j] } }),
    // A counter of halves.
    (): Made => ({ scope: s, statement: { ...labelled(label, code`for (let ${j} = -1; ${j} < 1; ${j} += 0.5) {${
      block(inside(s, { label }, 4, { name: j, type: { kind: 'float', bound: 1, grain: 0.5 }, free: false }), 3)}}`), binds: [j] } }),
    // A counter that is known afterwards.
    (): Made => {
      const after = knowing(s, counter(i, 5));
      const body = block(inside(s, { label }, 5, counter(i, 5)), 3);
      const text = code`for (${i} = ${pick(s, ['0', '2'])}; ${i} < 5; ${i}++) {${body}}`;
      return { scope: after, statement: { parts: [`let ${i} = 0;\n`, ...labelled(label, text).parts], declares: [i] } };
    },
    // Left from inside.
    (): Made => {
      const scope = inside(s, { label }, 4, counter(i, 4));
      return { scope: s, statement: { ...labelled(label, code`for (let ${i} = 0; ; ${i}++) {\n  if (${i} > 3 || ${parenthesised(expr(scope, 'bool', 2))}) break;${body(scope, 3).block}}`), binds: [i] } };
    },
  ])();
}

/** A `while` or `do` of at most a few turns. */
function fuelled(s: Scope, label: string | undefined): Made {
  const n = s.fresh('n');
  const fuel = pick(s, [2, 4, 7, 12]);
  // Counts down to -1 at least.
  const after: Variable = { name: n, type: small(fuel + 1), free: false };
  const scope = inside(s, { label }, fuel, after);
  const more = (): readonly ReturnType<typeof parenthesised>[number][] => parenthesised(expr(scope, 'bool', 2));
  const loop = pick(s, [
    () => code`while (${n}-- > 0 && ${more()}) {${block(scope, 3)}}`,
    () => code`while (--${n} > 0 && ${more()}) {${block(scope, 3)}}`,
    () => code`while (${n} > 0 && ${more()}) {\n  ${n}--;${block(scope, 3)}}`,
    () => code`while (${more()}) {\n  if (--${n} < 0) break;${block(scope, 3)}}`,
    () => code`do {\n  if (--${n} < 0) break;${block(scope, 3)}} while (${more()});`,
    () => code`do {${block(scope, 3)}} while (--${n} > 0 && ${more()});`,
  ])();
  return { scope: knowing(s, after), statement: { parts: [`let ${n} = ${fuel};\n`, ...labelled(label, loop).parts], declares: [n] } };
}

/** Over the elements of a list. */
function listed(s: Scope, label: string | undefined): Made {
  const v = s.fresh('v');
  const local = s.arrays.flatMap((a) => (a.access === 'local' && !a.free ? [a] : []));
  const type = local.length > 0 && chance(s, 2) ? undefined : SMALL;
  const array = type ? undefined : pick(s, local);
  const items = array ? [array.text] : ['[', fit(s, SMALL, 1), ', 2, ', fit(s, SMALL, 1), ']'];
  const scope = inside(s, { label }, array?.length ?? 3, { name: v, type: array?.type ?? SMALL, free: false });
  return { scope: s, statement: { ...labelled(label, code`for (const ${v} of ${items}) {${block(scope, 3)}}`), binds: [v] } };
}

/** Over a neighbourhood. */
function around(s: Scope, label: string | undefined): Made {
  const d = s.fresh('d');
  const reach = pick(s, [1, 1, 2]);
  const scope = inside(s, { label }, 2 * reach + 1, { name: d, type: small(reach), free: false, offset: reach });
  return { scope: s, statement: { ...labelled(label, code`for (let ${d} = -${String(reach)}; ${d} <= ${String(reach)}; ${d}++) {${block(scope, 3)}}`), binds: [d] } };
}
