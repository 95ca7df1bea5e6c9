/** The planner: a list of passes from a canonical graph to a plan, which all graphs of the same structure and any sizes share. */
import { TargetError } from '../errors.ts';
import type { CostProfile } from '../targets/target.ts';
import { assign } from './assign.ts';
import { noAttempts, whyNoMore, type Attempts } from './attempts.ts';
import type { Canonical } from './canonical.ts';
import { decisionsOf, type PlanDecision } from './decisions.ts';
import type { LoopRegion, Region } from './groups.ts';
import { kernelize, type PlanKernel } from './kernelize.ts';
import { lifetimesOf, type Lifetimes } from './memory.ts';
import { mergeGroups, schedule } from './merge.ts';
import { regionOf } from './regions.ts';
import { simplify, type PlanGraph } from './simplify.ts';
import type { SweepLimits } from './sweep/form.ts';
import type { TileLimits } from './sweep/tile-shape.ts';

/** Buffers are named by the numbers of the nodes whose values they hold. Holds no node of any graph. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  /** The buffer of each root. */
  readonly roots: readonly number[];
  /** Buffers that have no node of their own, numbered from the end of the graph: copies of these nodes. */
  readonly copies: readonly number[];
  readonly lifetimes: Lifetimes;
  readonly decisions: readonly PlanDecision[];
  readonly attempts: Attempts;
  /** Whether and how launches become sweeps, once sizes are known. */
  readonly sweeps: SweepLimits | undefined;
  /** The same of tiles. */
  readonly tiles: TileLimits | undefined;
}

/** What passes note down, of all regions. */
interface Notes {
  readonly decisions: PlanDecision[];
  readonly attempts: Attempts;
}

export type PlanStep = PlanKernel | PlanLoop;

export interface PlanLoop {
  readonly kind: 'loop';
  /** A loop node: it knows the count. */
  readonly node: number;
  readonly states: readonly PlanState[];
  readonly body: readonly PlanStep[];
  /** What is computed once, before the loop, since no step changes it. */
  readonly invariant: readonly number[];
}
export interface PlanState {
  /** What the body reads. */
  readonly carry: number;
  readonly initial: number;
  readonly next: number;
  /** Nodes that stand for the state after the last step. */
  readonly results: readonly number[];
}

/** With at most `max` fusions. */
export function makePlan(canonical: Canonical, profile: CostProfile, max = Infinity): Plan {
  const graph = simplify(canonical);
  const region = regionOf(graph);
  const notes: Notes = { decisions: [], attempts: noAttempts(max) };
  const steps = planRegion(graph, region, profile, notes);
  const roots = graph.roots.map((r) => r.number);
  const lifetimes = lifetimesOf(steps, roots);
  // Sweeps and tiles come last.
  const { sweeps, tiles } = whyNoMore(notes.attempts) ? single : profile;
  const { maxBuffers: buffers, memoryRoundTrip, launch } = profile;
  return {
    steps, roots, copies: graph.copies, lifetimes, ...notes,
    sweeps, tiles: tiles && { ...tiles, buffers, memoryRoundTrip, launch },
  };
}

const single = { sweeps: undefined, tiles: undefined };

function planRegion(graph: PlanGraph, region: Region, profile: CostProfile, notes: Notes): PlanStep[] {
  const assignment = assign(graph, region, profile, notes.attempts);
  mergeGroups(assignment);
  notes.decisions.push(...decisionsOf(assignment));
  return schedule(assignment).map((group) => {
    if (group.loop) return planLoop(graph, group.loop, region, profile, notes);
    const made = kernelize(assignment, group);
    checkBuffers(made, profile);
    return made;
  });
}

/** The passes keep to the limit, except where one function alone reads too many arrays. */
function checkBuffers({ kernel: { name, inputs, outputs } }: PlanKernel, { maxBuffers }: CostProfile): void {
  if (inputs.length + outputs.length <= maxBuffers) return;
  throw new TargetError(`'${name}' reads ${inputs.length} arrays and writes ${outputs.length}, the target binds ${maxBuffers} ` +
    'buffers to one kernel; split the function into several of fewer arguments, or stack the arrays into one');
}

function planLoop(graph: PlanGraph, loop: LoopRegion, outer: Region, profile: CostProfile, notes: Notes): PlanLoop {
  const results = outer.nodes.filter((n) => n.kind === 'result' && n.loop === loop.loop);
  return {
    kind: 'loop',
    node: results[0].number,
    states: loop.states.map((index) => {
      const { carry, initial, next } = loop.loop.states[index];
      return {
        carry: carry.number, initial: initial.number, next: next.number,
        results: results.filter((r) => r.kind === 'result' && r.expr.result === index).map((r) => r.number),
      };
    }),
    body: planRegion(graph, loop, profile, notes),
    invariant: loop.outside.filter((n) => n.kind !== 'input').map((n) => n.number),
  };
}
