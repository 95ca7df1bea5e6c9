/** The buffers of a bound plan as people see them: which kernels write and read each. A loop's state is one buffer. */
import type { BufferReport } from '../dsl/reports.ts';
import type { BoundPlan } from './bind.ts';
import { buffersRead, type PlanKernel } from './kernelize.ts';
import { exprAt, type Names } from './names.ts';
import type { PlanLoop, PlanStep } from './plan.ts';
import { label } from './text.ts';
import { bytesOfValues } from './traffic.ts';

/** A buffer while it is being looked at. */
interface Found {
  readonly node: number;
  role: BufferReport['role'];
  name: string | undefined;
  readonly writtenBy: Set<number>;
  readonly readBy: Set<number>;
}

/** Kernels are numbered as they stand in the plan, a loop's body once. `isHidden`: an output is never in memory. */
export function buffersOf(
  bound: BoundPlan, names: Names, isHidden: (kernel: number, output: number) => boolean,
): BufferReport[] {
  const { plan, canonical: { isInput } } = bound;
  const buffers: Found[] = [];
  const byNode = new Map<number, Found>();
  const at = (node: number): Found => {
    let found = byNode.get(node);
    if (!found) {
      const role = isInput[node] ? 'input' : 'intermediate';
      buffers.push(found = { node, role, name: undefined, writtenBy: new Set(), readBy: new Set() });
      byNode.set(node, found);
    }
    return found;
  };

  let kernels = 0;
  const visit = (steps: readonly PlanStep[]): void => steps.forEach((step) => {
    if (step.kind === 'loop') enter(step);
    else add(step, kernels++);
  });
  const add = (k: PlanKernel, index: number): void => {
    buffersRead(k).forEach((n) => at(n).readBy.add(index));
    k.writes.forEach((n, output) => {
      const written = at(n);
      written.writtenBy.add(index);
      if (isHidden(index, output) && written.role === 'intermediate') written.role = 'cache';
    });
  };
  const enter = (loop: PlanLoop): void => {
    const states = loop.states.map(({ carry, next, results }) => {
      const state = at(carry);
      state.role = 'state';
      state.name ??= label(exprAt(bound, carry));
      for (const n of [next, ...results]) if (!byNode.has(n)) byNode.set(n, state);
      return state;
    });
    visit(loop.body);
    // The first step reads what the states start with; a state that is handed on is written by who writes the other one.
    loop.states.forEach(({ initial, next }, k) => {
      states[k].readBy.forEach((reader) => at(initial).readBy.add(reader));
      if (byNode.get(next) !== states[k]) byNode.get(next)?.writtenBy.forEach((writer) => states[k].writtenBy.add(writer));
    });
  };
  visit(plan.steps);
  for (const n of plan.roots) {
    const found = at(n);
    if (found.role !== 'input') found.role = 'result';
    found.name = names.get(exprAt(bound, n)) ?? found.name;
  }

  return buffers.map(({ node, role, name, writtenBy, readBy }): BufferReport => {
    const e = exprAt(bound, node);
    return {
      name: name ?? names.get(e) ?? label(e), role, dtype: e.dtype, shape: e.shape, bytes: bytesOfValues(e),
      writtenBy: [...writtenBy].sort(byNumber), readBy: [...readBy].sort(byNumber),
    };
  });
}

const byNumber = (a: number, b: number): number => a - b;
