/**
 * Loops that need the host: with a condition, reports or a signal, or with such a loop in their body. They run in pieces, each
 * of which is a plan of its own. Guarantees: states stay on their target from piece to piece, and whatever happens, only the
 * final states, and the arrays that a report was given, are left in memory.
 */
import type { TypedArray } from '../dsl/dtype.ts';
import { dependencies, fillExpr, makeExpr, topological, type Expr, type LoopExpr } from '../dsl/expr.ts';
import { sizeOf } from '../dsl/shape.ts';
import { substitute } from '../dsl/substitute.ts';
import { AbortError, ArgumentError } from '../errors.ts';
import { alias, heldAnywhere, isResident, retain, setHost } from '../residency.ts';

/** What a loop asks of those who run it; the answers are nodes with the values of `roots`, and whether `node` is true. */
type Ask =
  | { readonly kind: 'evaluate'; readonly roots: readonly Expr[] }
  | { readonly kind: 'truth'; readonly node: Expr }
  /** Until a node's values are there, and not only on their way. */
  | { readonly kind: 'wait'; readonly node: Expr }
  | { readonly kind: 'report'; readonly report: () => unknown };

/** Written once for both ways to run: a generator waits where its runner does. */
type Steps<T> = Generator<Ask, T, unknown>;

export const needsHost = (nodes: readonly Expr[]): boolean =>
  nodes.some((e) => e.kind === 'loop' && e.host !== undefined && !isResident(e));

/** Runs the loops below `roots` that need the host; their results are resident then. `keep` gets what lets go of them. */
export function* runLoops(roots: readonly Expr[], keep: (letGo: () => void) => void): Steps<void> {
  for (let next = nextLoop(roots); next; next = nextLoop(roots)) yield* runLoop(next, keep);
}

interface Next {
  readonly loop: LoopExpr;
  /** There is a loop in its body that needs the host and this loop's states: no two steps go together. */
  readonly stepwise: boolean;
}

/** The first loop that needs the host and no state of another loop. */
function nextLoop(roots: readonly Expr[]): Next | undefined {
  const nodes = topological(roots, isResident);
  if (!needsHost(nodes)) return undefined;
  const free = statesIn(nodes);
  const found = new Set<Expr>();
  for (const e of nodes) {
    if (e.kind !== 'loop' || isResident(e)) continue;
    const stepwise = topological(bodyOf(e), isResident).some((n) => found.has(n) && free.get(n)!.has(e.loop));
    if (!e.host && !stepwise) continue;
    if (free.get(e)!.size === 0) return { loop: e, stepwise };
    found.add(e);
  }
  return undefined;
}

const bodyOf = ({ next, host }: LoopExpr): readonly Expr[] => [...next, ...host?.until ? [host.until] : []];

/** For every node the loops whose states it depends on, from outside of them. */
function statesIn(nodes: readonly Expr[]): Map<Expr, ReadonlySet<number>> {
  const free = new Map<Expr, ReadonlySet<number>>();
  for (const e of nodes) {
    const loops = new Set(isResident(e) ? [] : dependencies(e).flatMap((d) => [...free.get(d)!]));
    if (e.kind === 'carry') loops.add(e.loop);
    if (e.kind === 'loop') loops.delete(e.loop);
    free.set(e, loops);
  }
  return free;
}

/** A node whose values stay, whatever its handles do. `own`: they were not there before this loop. */
interface Kept {
  readonly node: Expr;
  readonly own: boolean;
  readonly letGo: (free: boolean) => void;
}

function* compute(roots: readonly Expr[], live: Set<Kept>): Steps<Kept[]> {
  const own = roots.map((e) => !isResident(e));
  const nodes = (yield { kind: 'evaluate', roots }) as Expr[];
  const kept = nodes.map((node, k): Kept => ({ node, own: own[k], letGo: retain(node) }));
  kept.forEach((s) => live.add(s));
  return kept;
}

function free(live: Set<Kept>, list: Iterable<Kept>): void {
  for (const s of list) if (live.delete(s)) s.letGo(s.own);
}

function* runLoop({ loop, stepwise }: Next, keep: (letGo: () => void) => void): Steps<void> {
  const { count, host, src } = loop;
  const live = new Set<Kept>();
  try {
    let states = (yield* compute([...src, ...fixedIn(loop)], live)).slice(0, src.length);
    let step = 0;
    for (let done = count === 0; !done;) {
      stopIfAborted(loop, step);
      const from = step;
      step = stepwise ? from + 1 : nextStop(loop, from);
      const until = step < count && host && step % host.check === 0 ? host.until : undefined;
      const piece = { loop, stepwise, states: states.map((s) => s.node), steps: step - from, until };
      const made = yield* compute(pieceOf(piece), live);
      free(live, states);
      states = made.slice(0, src.length);
      const conditions = made.slice(src.length);
      done = step === count || (conditions.length > 0 && (yield { kind: 'truth', node: conditions[0].node }) === true);
      free(live, conditions);
      const { report, signal, every } = host ?? { every: 1 };
      if (conditions.length === 0 && (report ?? signal)) yield { kind: 'wait', node: states[0].node };
      if (report && step % every === 0) yield { kind: 'report', report: () => report(step, states.map((s) => s.node)) };
    }
    // All results, whether they are asked for now or later: the loop does not run again.
    states.forEach((s, result) => {
      live.delete(s);
      keep(() => s.letGo(false));
      alias(s.node, makeExpr({ ...loop, result, dtype: s.node.dtype, shape: s.node.shape }));
    });
    if (host) setHost(makeExpr({ ...loop, result: src.length, dtype: 'int32', shape: [] }), Int32Array.of(step));
  } finally {
    free(live, [...live]);
  }
}

/** Where the host looks next: at the next multiple of a number of steps, or at the end. */
function nextStop({ host, count }: LoopExpr, step: number): number {
  const stops = host ? [...host.until || host.signal ? [host.check] : [], ...host.report ? [host.every] : []] : [];
  return Math.min(count, ...stops.map((n) => (Math.floor(step / n) + 1) * n));
}

function stopIfAborted({ host, count }: LoopExpr, step: number): void {
  if (!host?.signal?.aborted) return;
  const cause: unknown = host.signal.reason;
  throw new AbortError(`iterate: stopped by its signal after ${step} of ${count === Infinity ? 'any number of' : count} steps: ${
    cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

interface Piece {
  readonly loop: LoopExpr;
  readonly stepwise: boolean;
  readonly states: readonly Expr[];
  readonly steps: number;
  readonly until: Expr | undefined;
}

/** The states after some steps, and the condition on them where it is asked for. */
function pieceOf({ loop, stepwise, states, steps, until }: Piece): Expr[] {
  const { carries, next } = loop;
  const oneMore = (from: readonly Expr[]): Expr[] => substitute(next, new Map(carries.map((c, k) => [c, from[k]])));
  if (stepwise) return withCondition(loop, oneMore(states), states, until);
  const before = new Set<Expr>(loop.host?.before);
  if (!until || !topological([until]).some((e) => before.has(e))) {
    return withCondition(loop, stepped(loop, states, steps), states, until);
  }
  // The last step is apart from the others, for the states before it.
  const last = stepped(loop, states, steps - 1);
  return withCondition(loop, oneMore(last), last, until);
}

function stepped(loop: LoopExpr, states: readonly Expr[], count: number): readonly Expr[] {
  if (count === 0) return states;
  const plain = { ...loop, count, src: states, host: undefined };
  return states.map(({ dtype, shape }, result) => makeExpr({ ...plain, result, dtype, shape }));
}

function withCondition(
  { carries, host }: LoopExpr, states: readonly Expr[], earlier: readonly Expr[], until: Expr | undefined,
): Expr[] {
  if (!until) return [...states];
  const by = new Map<Expr, Expr>(carries.map((c, k) => [c, states[k]]));
  host!.before.forEach((c, k) => by.set(c, earlier[k]));
  return [...states, ...substitute([until], by)];
}

/**
 * What the loop needs and does not change: computed once, and not once in every piece. These are the nodes that the planner
 * would keep in memory, too.
 */
function fixedIn(loop: LoopExpr): Expr[] {
  const nodes = topological(bodyOf(loop), isResident);
  const free = statesIn(nodes);
  const fixed = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (free.get(e)!.size > 0 || isResident(e)) return;
    if (e.kind === 'view') e.src.forEach(visit);
    else if (e.kind !== 'source' && e.kind !== 'fill') fixed.add(e);
  };
  bodyOf(loop).forEach(visit);
  for (const e of nodes) if (free.get(e)!.size > 0) dependencies(e).forEach(visit);
  return [...fixed];
}

/** For explaining: a piece in place of every loop that needs the host, and the conditions on it besides the roots. */
export function asPieces(roots: readonly Expr[]): { roots: Expr[]; note: string } {
  const by = new Map<Expr, Expr>();
  const conditions: Expr[] = [];
  const lengths = new Set<number>();
  for (const e of topological(roots, isResident)) {
    if (e.kind !== 'loop' || !e.host || isResident(e)) continue;
    const steps = nextStop(e, 0);
    lengths.add(steps);
    const loop = { ...e, next: substitute(e.next, by), host: e.host };
    const [states, until] = [substitute(e.src, by), e.host.until && substitute([e.host.until], by)[0]];
    const piece = pieceOf({ loop, stepwise: false, states, steps, until });
    by.set(e, piece[e.result] ?? fillExpr(steps, 'int32'));
    conditions.push(...piece.slice(states.length));
  }
  const pieces = [...lengths].map((n) => `a piece of ${n} step${n === 1 ? '' : 's'} stands for a loop that the host looks after`);
  return { roots: [...new Set([...substitute(roots, by), ...conditions])], note: pieces.join('; ') };
}

/** How a runner answers. */
export interface Answers {
  evaluate(roots: readonly Expr[]): Promise<Expr[]>;
  read(node: Expr): Promise<TypedArray>;
}

/** The event loop gets its turn at least this often, in milliseconds: so that somebody can stop the loop. */
const BREATHE = 40;

export async function run(steps: Steps<void>, { evaluate, read }: Answers): Promise<void> {
  let rested = performance.now();
  const answer = async (ask: Ask): Promise<unknown> => {
    switch (ask.kind) {
      case 'evaluate': {
        const nodes = await evaluate(ask.roots);
        if (performance.now() - rested < BREATHE) return nodes;
        await new Promise((done) => setTimeout(done));
        rested = performance.now();
        return nodes;
      }
      case 'truth': return (await read(ask.node))[0] !== 0;
      case 'wait': {
        const held = sizeOf(ask.node.shape) > 0 ? heldAnywhere(ask.node) : undefined;
        return held?.target.read(held.buffer, ask.node.dtype, 1);
      }
      case 'report': return ask.report();
      default: return ask satisfies never;
    }
  };
  for (let now = steps.next(); !now.done;) {
    let answered: unknown;
    try {
      answered = await answer(now.value);
    } catch (error) {
      now = steps.throw(error);
      continue;
    }
    now = steps.next(answered);
  }
}

export interface SyncAnswers {
  evaluate(roots: readonly Expr[]): Expr[];
  read(node: Expr): TypedArray;
}

export function runSync(steps: Steps<void>, { evaluate, read }: SyncAnswers): void {
  const answer = (ask: Ask): unknown => {
    switch (ask.kind) {
      case 'evaluate': return evaluate(ask.roots);
      case 'truth': return read(ask.node)[0] !== 0;
      case 'wait': return undefined;
      case 'report': {
        const result = ask.report();
        if (!(result instanceof Promise)) return result;
        result.catch(() => {});
        throw new ArgumentError('iterate: onProgress returned a promise, which dataSync cannot wait for; use await data()');
      }
      default: return ask satisfies never;
    }
  };
  for (let now = steps.next(); !now.done;) {
    let answered: unknown;
    try {
      answered = answer(now.value);
    } catch (error) {
      now = steps.throw(error);
      continue;
    }
    now = steps.next(answered);
  }
}
