/**
 * A plan bound to one graph. Guarantees: equal sizes give the same launches again, so that only scalars are looked up, and equal
 * scalars too give the very same list of runs.
 */
import type { Expr } from '../dsl/expr.ts';
import { bareGraph, inputLabels } from './bare.ts';
import { canonicalise, sameNumbers, type Canonical, type Graph } from './canonical.ts';
import { makeFrame, type Filling, type Frame } from './frame.ts';
import { launchesOf, type BufferSlot, type Decision, type Launch, type Run, type Step } from './kernel.ts';
import type { Plan } from './plan.ts';
import { refill } from './refill.ts';
import { bindDecisions } from './report.ts';

export interface BoundSlot {
  readonly slot: number;
  readonly expr: Expr;
}

export interface BoundPlan {
  readonly slots: readonly BufferSlot[];
  readonly inputs: readonly BoundSlot[];
  /** For each root in order; a root that was there already, or that shares its values with another node, has that node's slot. */
  readonly outputs: readonly BoundSlot[];
  /** What to run, in order; loops are unrolled. */
  readonly runs: readonly Run[];
  /** The launches of all runs. One after the other they give the same values; private slots need buffers then. */
  readonly launches: readonly Launch[];
  /** The same with loops as loops. Slots from `slots.length` on are virtual: see `LoopStep`. */
  readonly steps: readonly Step[];
  readonly decisions: readonly Decision[];
  readonly plan: Plan;
  readonly canonical: Canonical;
  /**
   * Equal for `report`, but without the arrays: what is kept of a run, so that it can be explained, must not keep them in memory.
   * Called at every evaluation, so it does as little as it can.
   */
  detach(): BoundPlan;
}

/** Enough for programs that alternate between a few sizes. */
const FRAMES = 4;
const frames = new WeakMap<Plan, Frame[]>();

export function bind(plan: Plan, graph: Graph, roots: readonly Expr[]): BoundPlan {
  const frame = frameFor(plan, graph);
  const { nodes } = graph;
  const inputs = frame.inputs.map(({ slot, node }): BoundSlot => ({ slot, expr: nodes[node] }));
  const outputs = frame.outputs.map((slot, k): BoundSlot => ({ slot, expr: roots[k] }));
  return new Bound(plan, frame, frame.filling, inputs, outputs, graph);
}

class Bound implements BoundPlan {
  private known: Canonical | undefined;

  constructor(
    readonly plan: Plan,
    private readonly frame: Frame,
    private readonly filling: Filling,
    readonly inputs: readonly BoundSlot[],
    readonly outputs: readonly BoundSlot[],
    /** The graph, or the labels of its inputs: its nodes keep the values of arrays. */
    private readonly graph: Graph | readonly string[],
  ) {}

  get slots(): readonly BufferSlot[] { return this.frame.slots; }
  get runs(): readonly Run[] { return this.filling.runs; }
  get steps(): readonly Step[] { return this.filling.steps; }
  get launches(): readonly Launch[] { return this.runs.flatMap(launchesOf); }
  get decisions(): readonly Decision[] { return bindDecisions(this.plan, this.canonical); }
  get canonical(): Canonical {
    const { graph, frame, filling } = this;
    return this.known ??= canonicalise('nodes' in graph ? graph : bareGraph(frame.bare, filling.scalars, graph));
  }

  detach(): BoundPlan {
    const { plan, frame, filling, graph } = this;
    return new Bound(plan, frame, filling, [], [], 'nodes' in graph ? inputLabels(graph) : graph);
  }
}

function frameFor(plan: Plan, graph: Graph): Frame {
  let list = frames.get(plan);
  if (!list) frames.set(plan, (list = []));
  for (const frame of list) {
    if (!sameNumbers(frame.sizes, graph.sizes)) continue;
    if (!sameNumbers(frame.filling.scalars, graph.scalars)) frame.filling = refill(frame, graph);
    return frame;
  }
  const made = makeFrame(plan, canonicalise(graph));
  list.unshift(made);
  list.length = Math.min(list.length, FRAMES);
  return made;
}
