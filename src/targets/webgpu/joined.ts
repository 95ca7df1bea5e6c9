/** Several launches as one dispatch: what all stages bind together, and the params of each. */
import { overwritten } from '../../fusion/in-place.ts';
import type { Access, KernelOutput, Launch } from '../../fusion/kernel.ts';
import type { Slot } from '../../dsl/kernel/ir.ts';
import type { Module } from './module.ts';

/** A stage as far as its buffers go. */
interface Stage {
  readonly launch: Launch;
  /** For every input whether an earlier stage leaves it, so that it is not bound. */
  readonly reads: readonly (object | undefined)[];
  /** For every output whether it goes to memory. */
  readonly stored: readonly boolean[];
}

/** All stages as one launch, which has each of their buffers once: what is bound. */
export interface Joined extends Launch {
  readonly stages: readonly Launch[];
  /** For every stage and each of its inputs and outputs the number of its buffer. */
  readonly bound: readonly Bound[];
}

interface Bound {
  readonly inputs: readonly (number | undefined)[];
  readonly outputs: readonly (number | undefined)[];
}

/** What is kept for the next reader is read from memory once. */
const isLeft = (read: object | undefined): boolean => read !== undefined && !('kind' in read && read.kind === 'kept');

/** `how`: what else the code depends on, besides the stages' own. */
export function join(stages: readonly Stage[], how: string): Joined {
  const inputs: Access[] = [], outputs: number[] = [];
  const slots: Slot[] = [], results: KernelOutput[] = [];
  const bound = stages.map(({ launch, reads, stored }): Bound => ({
    inputs: launch.inputs.map((access, k) => {
      if (isLeft(reads[k])) return undefined;
      const same = inputs.findIndex((x) => x.slot === access.slot);
      if (same >= 0) return same;
      slots.push(launch.kernel.inputs[k]);
      return inputs.push(access) - 1;
    }),
    outputs: launch.outputs.map((slot, k) => {
      if (!stored[k]) return undefined;
      results.push(launch.kernel.outputs[k]);
      return outputs.push(slot) - 1;
    }),
  }));
  const launches = stages.map((s) => s.launch);
  const last = launches[launches.length - 1];
  const names = [...new Set(launches.map((l) => l.kernel.name))];
  const wiring = bound.map((b) => `${b.inputs.join()}>${b.outputs.join()}`).join(';');
  const made: Joined = {
    ...last, inputs, outputs, uniforms: [], stages: launches, bound,
    kernel: { ...last.kernel, name: names.join('; '), inputs: slots, outputs: results }, code: '',
  };
  return { ...made, code: `${how}|${wiring}|${overwritten(made).join()}|${launches.map((l) => l.code).join('|')}` };
}

/** The module as a stage sees it: its own inputs, outputs and params. */
export function stageModule(module: Module, { bound }: Joined, stage: number): Module {
  return {
    ...module,
    input: (index) => module.input(bound[stage].inputs[index]!),
    output: (index) => module.output(bound[stage].outputs[index]!),
    param: (field) => module.param({
      ...field, name: `s${stage}_${field.name}`, value: (launch, sizes) => field.value((launch as Joined).stages[stage], sizes),
    }),
  };
}
