/**
 * Stencils that put every element they read through the same costly function, `u(i, j) ** 2.2` at each of 441 places, read the
 * function's values instead: a map computes them once per element. And stencils of very many reads, on targets that ask for
 * it, get the loops back in which they were written. Guarantees the same operations on the same numbers; the graph is as it was
 * where it does not pay. From array graph to array graph, so that everything after it sees plain nodes.
 */
import { borderRules } from '../dsl/border.ts';
import { castNumber, type DType } from '../dsl/dtype.ts';
import { makeExpr, topological, type Expr, type StencilExpr } from '../dsl/expr.ts';
import { inline, inlinePoint, sameLeaves } from '../dsl/kernel/copy.ts';
import { interpret } from '../dsl/kernel/interpret.ts';
import { Builder, type Fn, type Slot, type Value } from '../dsl/kernel/ir.ts';
import { keyOf } from '../dsl/kernel/key.ts';
import { costOf, operandsOf, valuesOf } from '../dsl/kernel/walk.ts';
import type { CostProfile } from '../targets/target.ts';

type Read = Value & { readonly kind: 'read' };

/** Cheaper functions than a division are left where they are: they hide behind the loads, and fold into additions. */
const COSTLY = 8;

type Resident = (e: Expr) => boolean;

/** Whether `precompute` would change anything: by structure, so that graphs with equal keys get equal answers. */
export const canPrecompute = (nodes: readonly Expr[], resident: Resident, profile: CostProfile): boolean =>
  nodes.some((e) => e.kind === 'stencil' && !resident(e) && (isLong(e, profile) || found(e, resident, profile) !== undefined));

/** The graph of `roots` with costly functions of single elements taken out of stencils. */
export function precompute(roots: readonly Expr[], resident: Resident, profile: CostProfile): Expr[] {
  const done = new Map<Expr, Expr>();
  const now = (e: Expr): Expr => done.get(e)!;
  for (const e of topological(roots, resident)) {
    if (resident(e)) {
      done.set(e, e);
      continue;
    }
    const long = e.kind === 'stencil' && isLong(e, profile);
    const change = e.kind === 'stencil' && !long ? found(e, resident, profile) : undefined;
    const made = rewritten(e, now, change);
    done.set(e, long ? withLoops(made as StencilExpr) : made);
  }
  return roots.map(now);
}

function rewritten(e: Expr, now: (e: Expr) => Expr, change: Change | undefined): Expr {
  const src = e.src.map(now);
  const changed = src.some((s, k) => s !== e.src[k]);
  if (e.kind === 'loop') {
    const next = e.next.map(now);
    return changed || next.some((n, k) => n !== e.next[k]) ? makeExpr({ ...e, src, next }) : e;
  }
  if (e.kind === 'stencil' && change) return apply({ ...e, src }, change);
  return changed ? makeExpr({ ...e, src }) : e;
}

/** So many reads in a row that the target is better off with the loops in which they were written. */
const isLong = ({ fn }: StencilExpr, { mostReads = Infinity }: CostProfile): boolean =>
  fn.rolled !== undefined && valuesOf(fn.results).filter((v) => v.kind === 'read').length > mostReads;

function withLoops(e: StencilExpr): Expr {
  const { fn, wholes } = e.fn.rolled!;
  const src = [...e.src.slice(0, fn.inputs.length - wholes.length), ...wholes.map((k) => e.src[k])];
  return makeExpr({ ...e, fn, src });
}

/** What changes in a stencil. */
interface Change {
  /** Reads the values of the functions where it read elements. Its only result is the stencil's. */
  readonly fn: Fn;
  readonly parts: readonly Part[];
}
interface Part {
  /** Whose elements go through the function. */
  readonly input: number;
  /** Of one element, and of the numbers among the stencil's inputs that it uses. */
  readonly fn: Fn;
  readonly numbers: readonly number[];
}

function apply(e: StencilExpr, { fn, parts }: Change): Expr {
  const src = [...e.src];
  let { cval } = e;
  for (const part of parts) {
    const from = e.src[part.input];
    const numbers = part.numbers.map((k) => e.src[k] as Expr & { kind: 'fill' });
    const { dtype } = part.fn.results[0];
    const inputs = [from, ...numbers.map((n) => makeExpr({ ...n, shape: from.shape }))];
    src[part.input] = makeExpr({ kind: 'map', fn: part.fn, result: 0, dtype, shape: from.shape, src: inputs });
    if (!guards(e)) continue;
    const values = [castNumber(cval, 'float64', from.dtype), ...numbers.map((n) => n.value)];
    [cval] = interpret(part.fn, { leaf: (v) => values[(v as Read).input] });
  }
  return makeExpr({ ...e, fn, result: 0, src, cval });
}

/** Reads beyond the edge are cval. */
const guards = (e: StencilExpr): boolean => e.border.some((mode) => borderRules[mode].readGuard);

/** By function, result, kind of border, which inputs are numbers, and what memory costs. */
const known = new WeakMap<Fn, Map<string, Change | undefined>>();

function found(e: StencilExpr, resident: Resident, profile: CostProfile): Change | undefined {
  // One cval for everything that needs it: where it changes, nobody else may.
  const strict = guards(e);
  if (strict && e.border.some((mode) => borderRules[mode].cellGuard)) return undefined;
  const isNumber = e.src.map((s) => s.kind === 'fill' && !resident(s));
  const key = `${e.result}${strict}${isNumber.join()}${profile.memoryRoundTrip}`;
  let byKey = known.get(e.fn);
  if (!byKey) known.set(e.fn, (byKey = new Map()));
  if (!byKey.has(key)) byKey.set(key, analyse(e.fn, e.result, isNumber, strict, profile));
  return byKey.get(key);
}

function analyse(
  fn: Fn, result: number, isNumber: readonly boolean[], strict: boolean, profile: CostProfile,
): Change | undefined {
  const root = fn.results[result];
  const graph = singles(root, isNumber);
  const parts: Part[] = [];
  const tops = new Map<Value, Read>();
  for (const [input, slot] of fn.inputs.entries()) {
    const reads = graph.reads.filter((r) => r.input === input);
    if (slot.whole !== undefined || isNumber[input] || reads.length < 2) continue;
    if (strict && graph.reads.some((r) => r.input !== input && r.at)) continue;
    const common = commonFunction(reads.map((r) => throughWhat(r, graph, root)));
    if (!common || common[0].kind !== 'op') continue;
    const cost = costOf([common[0]]);
    if (cost < COSTLY || cost * (reads.length - 1) <= profile.memoryRoundTrip) continue;
    parts.push({ input, ...elementFunction(fn, common[0], input) });
    common.forEach((top, k) => tops.set(top, reads[k]));
  }
  return parts.length > 0 ? { fn: withoutFunctions(fn, root, tops), parts } : undefined;
}

/** Values by the only element they depend on. */
interface Singles {
  readonly reads: readonly Read[];
  /** Computed from the read and numbers, operands first; the read itself comes first of all. */
  readonly from: ReadonlyMap<Read, readonly Value[]>;
  readonly users: ReadonlyMap<Value, ReadonlySet<Value>>;
}

function singles(root: Value, isNumber: readonly boolean[]): Singles {
  const sourceOf = new Map<Value, Read | 'number' | 'several'>();
  const from = new Map<Read, Value[]>();
  const users = new Map<Value, Set<Value>>();
  for (const v of valuesOf([root])) {
    sourceOf.set(v, sourceIn(v));
    for (const o of operandsOf(v)) users.set(o, (users.get(o) ?? new Set()).add(v));
    const source = sourceOf.get(v)!;
    if (typeof source === 'object') from.set(source, [...from.get(source) ?? [], v]);
  }
  function sourceIn(v: Value): Read | 'number' | 'several' {
    if (v.kind === 'const') return 'number';
    if (v.kind === 'read') return isNumber[v.input] && !v.at ? 'number' : v;
    if (v.kind !== 'op') return 'several';
    const sources = new Set(v.args.map((x) => sourceOf.get(x)!).filter((s) => s !== 'number'));
    return sources.size === 0 ? 'number' : sources.size === 1 ? [...sources][0] : 'several';
  }
  return { reads: [...from.keys()], from, users };
}

/** The values that all uses of an element go through, the last one furthest from the element. */
function throughWhat(read: Read, { from, users }: Singles, root: Value): Value[] {
  const own = new Set<Value>(from.get(read));
  const out: Value[] = [];
  // Uses of what has been passed by what has not: when the next value is the only one, everything goes through it.
  let open = 0;
  for (const v of own) {
    open -= new Set(operandsOf(v).filter((o) => own.has(o))).size;
    if (open === 0) out.push(v);
    open += (users.get(v)?.size ?? 0) + (v === root ? 1 : 0);
  }
  return out;
}

/** From each list the value of the one function that is in all of them, the longest there is. */
function commonFunction(lists: readonly (readonly Value[])[]): Value[] | undefined {
  const maps = lists.map((list) => new Map(list.map((v) => [elementKey(v), v])));
  const shared = [...maps[0].keys()].filter((key) => maps.every((m) => m.has(key))).at(-1);
  return shared === undefined ? undefined : maps.map((m) => m.get(shared)!);
}

/** Equal for equal functions of one element, wherever it is. Reads of numbers are at no place, and told apart. */
const elementKey = (top: Value): string =>
  keyOf([top], [], (v) => (v.kind === 'read' ? `r${v.input}` : undefined));

/** The function that gives `top`, of the element of `input` it reads and of numbers. */
function elementFunction(fn: Fn, top: Value & { kind: 'op' }, input: number): Pick<Part, 'fn' | 'numbers'> {
  const numbers = [...new Set(valuesOf([top]).flatMap((v) => (v.kind === 'read' && v.input !== input ? [v.input] : [])))];
  const order = [input, ...numbers];
  const b = new Builder();
  const results = inline(b, [top], { read: (k, _, v) => b.read(order.indexOf(k), v.dtype) });
  return { fn: b.fn(top.op, { rank: 0, inputs: order.map((k) => fn.inputs[k]), results }), numbers };
}

/** The stencil's function with reads in place of `tops`. */
function withoutFunctions(fn: Fn, root: Value, tops: ReadonlyMap<Value, Read>): Fn {
  const b = new Builder();
  const dtypes = new Map<number, DType>([...tops].map(([top, { input }]) => [input, top.dtype]));
  // What is replaced is copied first, and left: its elements are read from an input that is not there.
  const nowhere = fn.inputs.length;
  const same = sameLeaves(b);
  const results = inline(b, [root], {
    ...same,
    read: (input, at, v) => (dtypes.has(input) ? b.read(nowhere + input, v.dtype, inlinePoint(b, at)) : same.read(input, at, v)),
    op(v) {
      const read = tops.get(v);
      return read && b.read(read.input, v.dtype, inlinePoint(b, read.at));
    },
  });
  const inputs = fn.inputs.map((slot, k): Slot => ({ ...slot, dtype: dtypes.get(k) ?? slot.dtype }));
  return b.fn(fn.name, { rank: fn.rank, inputs, results });
}
