/** From graph to values: choose a target, plan, bring inputs there, run, keep the results. */
import { dtypes, type TypedArray } from './dsl/dtype.ts';
import { evaluateOptions, explainOptions, setEvaluator, type EvaluateOptions, type Evaluator, type PlanningOptions } from './dsl/evaluator.ts';
import { makeExpr, topological, type Expr } from './dsl/expr.ts';
import { checkOptions } from './dsl/option-names.ts';
import { showShape, sizeOf } from './dsl/shape.ts';
import { validateGraph } from './dsl/validate.ts';
import { ArgumentError, DTypeError, TargetError } from './errors.ts';
import { explainOn, explainPast } from './explaining.ts';
import { graphOf, planGraph, validateBound, type BoundPlan, type Graph } from './fusion/index.ts';
import { recall, remember } from './history.ts';
import { mostFusions, options } from './options.ts';
import { bytesIn, readDone, record, type Note } from './profiling/recorder.ts';
import {
  alias, assertAvailable, boundTo, capture, claim, hostOf, isDisposed, isResident, overwrite, present, release, retain, setHeld,
  setHost, share, unclaim, type Captured,
} from './residency.ts';
import { adopt, allocate, AUTO_GPU_ELEMENTS, browserGpu, peek, roomFor } from './runtime/home.ts';
import { asPieces, needsHost, run as runLoopsAsync, runLoops, runSync as runLoopsSync } from './runtime/loops.ts';
import { afterCollecting, missing, prepare, type Prepared } from './runtime/prepare.ts';
import { withNeeds } from './runtime/room.ts';
import { liveTarget, targetNamed, targetNamedSync } from './targets/registry.ts';
import type { GraphTarget, Job, Measurement, PlanTarget, Target } from './targets/target.ts';

const runtime: Evaluator = {
  adopt,
  roomFor,
  allocate,
  resident: isResident,
  claim,
  unclaim,

  evaluate: (roots, request) => evaluate(roots, request),

  async evaluateInto(root, given, request) {
    const [result] = await evaluate([root], request, given);
    if (given.kind === 'source') overwrite(given);
    return result;
  },

  evaluateSync(roots, request) {
    checkOptions('evaluation', request, evaluateOptions);
    const note = record();
    const work = inspect(roots);
    if (needsHost(work.nodes)) return afterLoopsSync(roots, request, work);
    // Nobody disposes anything meanwhile.
    const values = present;
    try {
      const target = targetNamedSync(chooseName(work, request) ?? 'cpu', "use await data(), or dataSync({ target: 'cpu' })");
      check(work, target);
      if (target.kind === 'graph') return onGraph(target, roots, (e) => (work.inputs.includes(e) ? hostValuesSync(e, values) : hostOf(e)), note);
      if (!target.runSync) throw new TargetError(`dataSync: target '${target.name}' has no synchronous results; use await data(), or dataSync({ target: 'cpu' })`);
      const bound = planOn(target, roots, work, request);
      note?.mark('plan');
      const fetched = new Map<Expr, TypedArray>();
      for (const { expr } of bound.inputs) if (!values.on(expr, target)) fetched.set(expr, hostValuesSync(expr, values));
      const prepared = prepare(target, bound, { values, fetched });
      note?.mark('upload', bytesIn(fetched));
      try {
        const { job, measured } = measuring(prepared.job, request.profile || note !== undefined);
        if (bound.runs.length > 0) target.runSync(job);
        note?.ran(target.name, bound, measured());
        return settle(prepared, bound, roots, measured());
      } finally {
        prepared.bySlot.forEach(release);
      }
    } finally {
      note?.end();
    }
  },

  async read(e) {
    const note = record('read');
    return readDone(note, copyOf(e, hostOf(e) ?? await hostValues(e, present)));
  },
  readSync(e) {
    const note = record('read');
    return readDone(note, copyOf(e, hostValuesSync(e, present)));
  },
  peek: async (e) => peek(e) ?? hostValues(e, present),
  peekSync: (e) => peek(e) ?? hostValuesSync(e, present),

  explain(roots, request) {
    checkOptions('explain', request, explainOptions);
    const past = recall(roots);
    if (past && roots.every(isResident)) return explainPast(past, request);
    const { target, bound, note } = planned(roots, request);
    return explainOn(target, bound, request, note);
  },
};

setEvaluator(runtime);

/** `given`: an array whose memory the result may have. */
async function evaluate(roots: readonly Expr[], request: EvaluateOptions, given?: Expr): Promise<Expr[]> {
  checkOptions('evaluation', request, evaluateOptions);
  const note = record();
  const work = inspect(roots);
  if (needsHost(work.nodes)) return afterLoops(roots, request, work);
  const values = capture(work.inputs);
  note?.mark('plan');
  try {
    const target = targetAtHand(work, request) ?? await chooseTarget(work, request);
    note?.mark('wait');
    check(work, target);
    const fetched = new Map<Expr, TypedArray>();
    const fetch = async (e: Expr) => fetched.set(e, await hostValues(e, values));
    if (target.kind === 'graph') {
      for (const e of work.inputs) await fetch(e);
      return onGraph(target, roots, (e) => fetched.get(e) ?? hostOf(e), note);
    }
    const bound = planOn(target, roots, work, request);
    note?.mark('plan');
    for (const { expr } of bound.inputs) if (!values.on(expr, target)) await fetch(expr);
    const room = afterCollecting(() => prepare(target, bound, { values, fetched, given }));
    const prepared = room instanceof Promise ? await room : room;
    note?.mark('upload', bytesIn(fetched));
    try {
      const { job, measured } = measuring(prepared.job, request.profile || note !== undefined);
      if (bound.runs.length > 0) await target.run(job);
      note?.ran(target.name, bound, measured());
      return settle(prepared, bound, roots, measured());
    } catch (error) {
      throw withNeeds(error, bound);
    } finally {
      prepared.bySlot.forEach(release);
    }
  } finally {
    values.release();
    note?.end();
  }
}

interface Planned {
  readonly target: Target;
  /** Undefined on a target that does not plan. */
  readonly bound: BoundPlan | undefined;
  /** What else there is to say. */
  readonly note: string;
}

/** How the nodes would be computed now; of a loop that needs the host, its first piece. */
export function planned(asked: readonly Expr[], request: PlanningOptions): Planned {
  const { roots, note } = needsHost(inspect(asked).nodes) ? asPieces(asked) : { roots: asked, note: '' };
  const work = inspect(roots);
  const name = chooseName(work, request) ?? 'cpu';
  const target = targetNamedSync(name, `explain after an evaluation there, e.g. await x.eval({ target: '${name}' })`);
  check(work, target);
  return { target, bound: target.kind === 'plan' ? planOn(target, roots, work, request) : undefined, note };
}

interface Work {
  readonly graph: Graph;
  /** Everything to be computed, sources and resident nodes included. */
  readonly nodes: readonly Expr[];
  /** Sources and resident nodes: what was there when the evaluation began, whatever is computed or disposed meanwhile. */
  readonly inputs: readonly Expr[];
}

/** Walks the graph once; throws before any work when values it needs were disposed or lost. */
function inspect(roots: readonly Expr[]): Work {
  const graph = graphOf(roots, isResident);
  const { nodes, isInput } = graph;
  const inputs: Expr[] = [];
  let carries = false;
  for (let n = 0; n < nodes.length; n++) {
    if (isInput[n]) inputs.push(nodes[n]);
    if (nodes[n].kind === 'source') assertAvailable(nodes[n]);
    carries ||= nodes[n].kind === 'carry';
  }
  if (carries) checkCarries(roots);
  return { graph, nodes, inputs };
}

/** A state that escaped from the body of `iterate` has no value. */
function checkCarries(roots: readonly Expr[]): void {
  if (topological(roots, isResident, (e) => e.src).some((e) => e.kind === 'carry')) {
    throw new ArgumentError('a state of wf.iterate was used outside its step function; return what you need from the step instead');
  }
}

/** The target by name, or undefined when `auto` is free to choose. */
function chooseName(work: Work, request: PlanningOptions): string | undefined {
  const name = request.target ?? options().target;
  if (name !== 'auto') return name;
  if (work.nodes.some((e) => e.dtype === 'float64')) return 'cpu';
  // Work goes to where its data is.
  for (const e of work.inputs) {
    const target = boundTo(e);
    if (target) return target.name;
  }
  return undefined;
}

/** The target that is chosen by its name, where it is running. */
function targetAtHand(work: Work, request: PlanningOptions): Target | undefined {
  const name = chooseName(work, request);
  return name === undefined ? undefined : liveTarget(name);
}

async function chooseTarget(work: Work, request: PlanningOptions): Promise<Target> {
  const name = chooseName(work, request);
  if (name) return targetNamed(name);
  const large = work.nodes.reduce((n, e) => Math.max(n, sizeOf(e.shape)), 0) >= AUTO_GPU_ELEMENTS;
  if (browserGpu() && large) {
    const gpu = await targetNamed('webgpu').catch(() => undefined);
    if (gpu && !gpu.software) return gpu;
  }
  return targetNamed('cpu');
}

function check(work: Work, target: Target): void {
  for (const e of work.nodes) {
    const why = target.refuses(e.dtype);
    if (why) {
      const made = e.kind === 'source' ? '' : ` (a result of ${e.kind === 'map' || e.kind === 'nest' ? e.fn.name : e.kind})`;
      throw new DTypeError(`the ${e.dtype} array of shape ${showShape(e.shape)}${made} cannot be computed on target '${target.name}': ${why}`);
    }
  }
}

function planOn(target: PlanTarget, roots: readonly Expr[], work: Work, { fusion }: PlanningOptions): BoundPlan {
  const checked = options().validate;
  if (checked) validateGraph(roots);
  const bound = planGraph(work.graph, roots, target.profile, mostFusions(fusion));
  if (checked) validateBound(bound);
  return bound;
}

// --- loops that need the host ---

/** All on one target, and with the inputs as they are now. */
async function afterLoops(roots: readonly Expr[], request: EvaluateOptions, work: Work): Promise<Expr[]> {
  const kept = work.inputs.map(retain);
  try {
    const target = await chooseTarget(work, request);
    check(work, target);
    const evaluate = (wanted: readonly Expr[]) => runtime.evaluate(wanted, { ...request, target: target.name });
    await runLoopsAsync(runLoops(roots, (letGo) => kept.push(letGo)), { evaluate, read: runtime.read });
    return await evaluate(roots);
  } finally {
    kept.forEach((letGo) => letGo(false));
  }
}

function afterLoopsSync(roots: readonly Expr[], request: EvaluateOptions, work: Work): Expr[] {
  const kept = work.inputs.map(retain);
  try {
    const target = targetNamedSync(chooseName(work, request) ?? 'cpu', "use await data(), or dataSync({ target: 'cpu' })");
    check(work, target);
    const evaluate = (wanted: readonly Expr[]) => runtime.evaluateSync(wanted, { ...request, target: target.name });
    runLoopsSync(runLoops(roots, (letGo) => kept.push(letGo)), { evaluate, read: runtime.readSync });
    return evaluate(roots);
  } finally {
    kept.forEach((letGo) => letGo(false));
  }
}

// --- values in JavaScript memory ---

/** For a user to keep. */
function copyOf(e: Expr, values: TypedArray): TypedArray {
  const copy = new dtypes[e.dtype].array(values.length) as TypedArray;
  copy.set(values);
  return copy;
}

/** A node's values, where they are if they can be seen there; else fetched from the target that has them, and kept. */
async function hostValues(e: Expr, values: Captured): Promise<TypedArray> {
  const host = values.host(e);
  if (host) return host;
  const held = share(values.anywhere(e) ?? missing(e));
  try {
    return keep(e, await held.target.read(held.buffer, e.dtype, sizeOf(e.shape)));
  } finally {
    release(held);
  }
}

function hostValuesSync(e: Expr, values: Captured): TypedArray {
  const host = values.host(e);
  if (host) return host;
  const held = values.anywhere(e) ?? missing(e);
  if (!held.target.readSync) throw new TargetError(`dataSync: the array is on target '${held.target.name}', which has no synchronous reads; use await data()`);
  return keep(e, held.target.readSync(held.buffer, e.dtype, sizeOf(e.shape)));
}

function keep(e: Expr, data: TypedArray): TypedArray {
  if (isResident(e)) setHost(e, data);
  return data;
}

// --- running ---

/** The job, which measures itself if that is wanted. */
function measuring(job: Job, profile = false): { readonly job: Job; readonly measured: () => Measurement | undefined } {
  let measured: Measurement | undefined;
  return { job: profile ? { ...job, measure: (m) => { measured = m; } } : job, measured: () => measured };
}

/** Every root gets its buffer, and those that were computed remember how. */
function settle(
  { bySlot, target }: Prepared, bound: BoundPlan, roots: readonly Expr[], measured: Measurement | undefined,
): Expr[] {
  const computed = roots.map((root) => !isResident(root));
  const results = roots.map((root, k) => standIn(root, (e) => setHeld(e, share(bySlot[bound.outputs[k].slot]))));
  if (bound.runs.length > 0) remember(results.filter((_, k) => computed[k]), target.name, bound, measured);
  return results;
}

/** A graph target may ask for more than the graph needs: a kernel that is called gets all its arguments. */
function onGraph(
  target: GraphTarget, roots: readonly Expr[], data: (e: Expr) => TypedArray | undefined, note: Note | undefined,
): Expr[] {
  const results = target.evaluate(roots, data);
  note?.ran(target.name, undefined, undefined);
  // Its results may be its inputs; those that are memory of another target are that target's.
  const own = (values: TypedArray) => (values.buffer instanceof ArrayBuffer ? values : values.slice() as TypedArray);
  return roots.map((root, k) => standIn(root, (e) => setHost(e, own(results[k]))));
}

/**
 * A source with the root's values, so that the graph which computed them can be collected. `give` gives a node the values,
 * where it has none yet. A source that was disposed while it was evaluated stays so: its values go to another one.
 */
function standIn(root: Expr, give: (e: Expr) => void): Expr {
  const gone = root.kind === 'source' && isDisposed(root);
  if (!gone && !isResident(root)) give(root);
  if (root.kind === 'source' && !gone) return root;
  const source = makeExpr({ kind: 'source', name: 'evaluated', dtype: root.dtype, shape: root.shape, src: [] });
  if (gone) give(source);
  else alias(root, source);
  return source;
}
