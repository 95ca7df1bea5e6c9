/** The module of a sweep: the kernels of its stages, each once, and the driver that calls them. */
import type { BufferSlot, Sweep } from '../../../fusion/kernel.ts';
import { once } from '../../../once.ts';
import { emitInto } from '../program.ts';
import { ModuleBuilder, type Func, type ModuleOptions } from '../wasm/index.ts';
import { isWide, widest, type ForVectors, type Judge } from '../wide.ts';
import { emitDriver, structureOf } from './driver.ts';
import { prepareSweep, type Conditions, type PreparedSweep } from './prepare.ts';

/** Exports: `k0` is the driver; `finish[stage]` is the kernel that ends a reduction. */
export interface SweepProgram {
  readonly module: ModuleBuilder;
  readonly finish: ReadonlyMap<number, number>;
}

function emitSweep(prepared: PreparedSweep, options: ModuleOptions): SweepProgram {
  const module = new ModuleBuilder(options);
  const made = new Map<string, readonly Func[]>();
  const finish = new Map<number, number>();
  let count = 1;
  const functions = prepared.stages.map(({ program, launch }, s) => {
    let own = made.get(launch.code);
    if (!own) {
      own = emitInto(module, program, count);
      count += own.length;
      made.set(launch.code, own);
    }
    if (prepared.sweep.stages[s].terminal) finish.set(s, Number(own[1].name.slice(1)));
    return own;
  });
  emitDriver(module, prepared, functions);
  return { module, finish };
}

/** A sweep as a module and what its driver is told. */
export interface LoweredSweep extends ForVectors {
  readonly emit: () => SweepProgram;
  readonly prepared: PreparedSweep;
}

export function lowerSweep(
  sweep: Sweep, slots: readonly BufferSlot[], conditions: Conditions, options: ModuleOptions, canBeWide: Judge = isWide,
): LoweredSweep {
  return widest(conditions.paired === true, (asked) => {
    const prepared = prepareSweep(sweep, slots, { ...conditions, paired: asked });
    const paired = prepared.stages.some((s) => s.program.paired);
    return { code: structureOf(prepared), paired, prepared, emit: once(() => emitSweep(prepared, options)) };
  }, canBeWide);
}
