/** From graph to values: choose a target, plan, bring inputs there, run, keep the results. */
import type { TypedArray } from './dsl/dtype.ts';
import { setEvaluator, type EvaluateOptions, type Evaluator, type ExplainOptions } from './dsl/evaluator.ts';
import { makeExpr, topological, type Expr } from './dsl/expr.ts';
import { showShape, sizeOf } from './dsl/shape.ts';
import { ArgumentError, DTypeError, InternalError, TargetError } from './errors.ts';
import { explain, planFor, validateBound, type BoundPlan } from './fusion/index.ts';
import { options } from './options.ts';
import {
  alias, assertAlive, disposeNode, heldAnywhere, heldOn, hold, hostOf, isResident, release, setHeld, setHost, share, type Held,
} from './residency.ts';
import { targetNamed, targetNamedSync } from './targets/registry.ts';
import type { GraphTarget, Job, PlanTarget, Target } from './targets/target.ts';

/** Work of fewer elements stays on the CPU under `auto`: a trip to the GPU and back costs more. */
const AUTO_GPU_ELEMENTS = 1 << 20;

const runtime: Evaluator = {
  adopt: setHost,
  resident: isResident,
  dispose: disposeNode,

  async evaluate(roots, request) {
    const work = inspect(roots);
    const target = await chooseTarget(work, request);
    check(work, target);
    if (target.kind === 'graph') {
      for (const e of work.inputs) await loadHost(e);
      return onGraph(target, roots);
    }
    const bound = planOn(target, roots);
    for (const { expr } of bound.inputs) if (!heldOn(expr, target)) await loadHost(expr);
    return withJob(target, bound, roots, (job) => target.run(job));
  },

  evaluateSync(roots, request) {
    const work = inspect(roots);
    const name = chooseName(work, request) ?? 'cpu';
    const target = targetNamedSync(name);
    check(work, target);
    if (target.kind === 'graph') {
      work.inputs.forEach(loadHostSync);
      return onGraph(target, roots);
    }
    if (!target.runSync) throw new TargetError(`dataSync: target '${target.name}' has no synchronous results; use await data(), or dataSync({ target: 'cpu' })`);
    const bound = planOn(target, roots);
    for (const { expr } of bound.inputs) if (!heldOn(expr, target)) loadHostSync(expr);
    return withJobSync(target, bound, roots, (job) => target.runSync!(job));
  },

  async read(e) {
    const host = hostOf(e);
    if (host) return host.slice() as TypedArray;
    const held = heldAnywhere(e) ?? missing(e);
    return pinned([held], () => held.target.read(held.buffer, e.dtype, sizeOf(e.shape)));
  },

  readSync(e) {
    const host = hostOf(e);
    return host ? host.slice() as TypedArray : readHeldSync(e);
  },

  explain(roots, request) {
    const work = inspect(roots);
    const name = chooseName(work, request) ?? 'cpu';
    const target = targetNamedSync(name);
    check(work, target);
    if (target.kind === 'graph') return `target ${target.name}: ${target.describe()}; every node is evaluated by itself, nothing is fused`;
    return explainOn(target, planOn(target, roots), request);
  },
};

setEvaluator(runtime);

interface Work {
  /** Everything to be computed, sources and resident nodes included. */
  readonly nodes: readonly Expr[];
  /** Sources and resident nodes. */
  readonly inputs: readonly Expr[];
}

/** Walks the graph once; throws before any work when part of it was disposed. */
function inspect(roots: readonly Expr[]): Work {
  const nodes = topological(roots, isResident);
  for (const e of nodes) {
    if (e.kind === 'source') assertAlive(e);
  }
  checkCarries(roots);
  return { nodes, inputs: nodes.filter(isResident) };
}

/** A state that escaped from the body of `iterate` has no value. */
function checkCarries(roots: readonly Expr[]): void {
  if (topological(roots, isResident, (e) => e.src).some((e) => e.kind === 'carry')) {
    throw new ArgumentError('a state of wf.iterate was used outside its step function; return what you need from the step instead');
  }
}

/** The target by name, or undefined when `auto` is free to choose. */
function chooseName(work: Work, request: EvaluateOptions): string | undefined {
  const name = request.target ?? options().target;
  if (name !== 'auto') return name;
  if (work.nodes.some((e) => e.dtype === 'float64')) return 'cpu';
  // Work goes to where its data is.
  for (const e of work.inputs) {
    const held = hostOf(e) ? undefined : heldAnywhere(e);
    if (held) return held.target.name;
  }
  return undefined;
}

async function chooseTarget(work: Work, request: EvaluateOptions): Promise<Target> {
  const name = chooseName(work, request);
  if (name) return targetNamed(name);
  const browserGpu = typeof navigator !== 'undefined' && 'gpu' in navigator;
  const large = work.nodes.reduce((n, e) => Math.max(n, sizeOf(e.shape)), 0) >= AUTO_GPU_ELEMENTS;
  if (browserGpu && large) {
    const gpu = await targetNamed('webgpu').catch(() => undefined);
    if (gpu && !gpu.software) return gpu;
  }
  return targetNamed('cpu');
}

function check(work: Work, target: Target): void {
  for (const e of work.nodes) {
    const why = target.refuses(e.dtype);
    if (why) throw new DTypeError(`the ${e.dtype} array of shape ${showShape(e.shape)}${e.kind === 'source' ? '' : ` (a result of ${e.kind === 'map' ? e.fn.name : e.kind})`} cannot be computed on target '${target.name}': ${why}`);
  }
}

const planOn = (target: PlanTarget, roots: readonly Expr[]): BoundPlan => {
  const bound = planFor(roots, isResident, target.profile);
  if (options().validate) validateBound(bound);
  return bound;
};

// --- inputs ---

/** Makes sure that a node's values are in JavaScript memory, whatever target has them. */
async function loadHost(e: Expr): Promise<void> {
  if (!hostOf(e)) setHost(e, await runtime.read(e));
}

function loadHostSync(e: Expr): void {
  if (!hostOf(e)) setHost(e, readHeldSync(e));
}

function readHeldSync(e: Expr): TypedArray {
  const held = heldAnywhere(e) ?? missing(e);
  if (!held.target.readSync) throw new TargetError(`dataSync: the array is on target '${held.target.name}', which has no synchronous reads; use await data()`);
  return held.target.readSync(held.buffer, e.dtype, sizeOf(e.shape));
}

function missing(e: Expr): never {
  assertAlive(e);
  throw new InternalError(`no values for a ${e.kind} node that should be resident`);
}

// --- running ---

interface Prepared {
  readonly job: Job;
  readonly bySlot: readonly Held[];
}

/** Buffers for every slot: resident inputs, uploads, results and scratch. On failure nothing stays allocated. */
function prepare(target: PlanTarget, bound: BoundPlan): Prepared {
  const bySlot = new Array<Held>(bound.slots.length);
  const mine: Held[] = [];
  try {
    for (const { slot, expr } of bound.inputs) {
      const held = heldOn(expr, target);
      if (held) bySlot[slot] = share(held);
      else {
        const data = hostOf(expr) ?? missing(expr);
        const made = hold(target, target.allocate(bound.slots[slot].bytes));
        target.upload(made.buffer, data);
        setHeld(expr, made);
        bySlot[slot] = share(made);
      }
      mine.push(bySlot[slot]);
    }
    bound.slots.forEach((s, slot) => {
      if (bySlot[slot]) return;
      bySlot[slot] = hold(target, target.allocate(s.bytes));
      mine.push(bySlot[slot]);
    });
  } catch (error) {
    mine.forEach(release);
    throw error;
  }
  return { bySlot, job: { slots: bound.slots, buffers: bySlot.map((h) => h.buffer), launches: bound.launches } };
}

async function withJob(target: PlanTarget, bound: BoundPlan, roots: readonly Expr[], run: (job: Job) => Promise<void>): Promise<Expr[]> {
  const { job, bySlot } = prepare(target, bound);
  try {
    if (job.launches.length > 0) await run(job);
    return settle(bound, roots, bySlot);
  } finally {
    bySlot.forEach(release);
  }
}

function withJobSync(target: PlanTarget, bound: BoundPlan, roots: readonly Expr[], run: (job: Job) => void): Expr[] {
  const { job, bySlot } = prepare(target, bound);
  try {
    if (job.launches.length > 0) run(job);
    return settle(bound, roots, bySlot);
  } finally {
    bySlot.forEach(release);
  }
}

/** Every root gets its buffer, and a source node that stands for the value from now on. */
function settle(bound: BoundPlan, roots: readonly Expr[], bySlot: readonly Held[]): Expr[] {
  return roots.map((root, k) => {
    const held = bySlot[bound.outputs[k].slot];
    if (!isResident(root)) setHeld(root, share(held));
    return standIn(root);
  });
}

function onGraph(target: GraphTarget, roots: readonly Expr[]): Expr[] {
  const results = target.evaluate(roots, hostOf);
  return roots.map((root, k) => {
    if (!isResident(root)) setHost(root, results[k]);
    return standIn(root);
  });
}

/** A source with the root's values, so that the graph which computed them can be collected. */
function standIn(root: Expr): Expr {
  if (root.kind === 'source') return root;
  const source = makeExpr({ kind: 'source', name: 'result', dtype: root.dtype, shape: root.shape, src: [] });
  alias(root, source);
  return source;
}

async function pinned<T>(held: readonly Held[], use: () => Promise<T>): Promise<T> {
  held.forEach(share);
  try {
    return await use();
  } finally {
    held.forEach(release);
  }
}

function explainOn(target: PlanTarget, bound: BoundPlan, request: ExplainOptions): string {
  const parts = [`target ${target.name}: ${target.describe()}`, explain(bound)];
  if (request.code) {
    const seen = new Set<string>();
    for (const launch of bound.launches) {
      if (seen.has(launch.code)) continue;
      seen.add(launch.code);
      const { code, layout } = target.explain(launch);
      parts.push(`--- ${launch.kernel.name}\n${layout}\n${code}`);
    }
  }
  return parts.join('\n');
}
