/** The module of a sweep: the kernels of its stages, each once, and the driver that calls them. */
import { emitInto } from '../program.ts';
import { ModuleBuilder, type Func, type ModuleOptions } from '../wasm/index.ts';
import { emitDriver } from './driver.ts';
import type { PreparedSweep } from './prepare.ts';

/** Exports: `k0` is the driver; `finish[stage]` is the kernel that ends a reduction. */
export interface SweepProgram {
  readonly module: ModuleBuilder;
  readonly finish: ReadonlyMap<number, number>;
}

export function emitSweep(prepared: PreparedSweep, options: ModuleOptions): SweepProgram {
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


/** A sweep prepared for vectors of 256 bits, if that is asked for, possible, and pays for some stage. */
export function sweepAs(wide: boolean, prepareAs: (wide: boolean) => PreparedSweep): PreparedSweep {
  const widely = wide ? prepareAs(true) : undefined;
  return widely?.stages.some((s) => s.program.paired) && emitSweep(widely, {}).module.wide ? widely : prepareAs(false);
}
