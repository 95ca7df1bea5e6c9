/**
 * All threads against one, over programs and sizes. Two targets, so that no worker starts or stops between the two; they take
 * turns, a batch of calls each, and the first call of a batch, which finds the other's data in the caches, is not timed.
 */
import * as wf from '../../src/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { medianOf } from '../measure.ts';
import type { Arrays } from '../workload.ts';
import { PROGRAMS, type SizedProgram } from './programs.ts';

/** What one program took at one size. */
export interface Cell {
  readonly id: string;
  readonly count: number;
  /** Medians in ms. */
  readonly one: number;
  readonly all: number;
  /** How many times as fast all threads are: the median over the turns, each of which has both. */
  readonly ratio: number;
  readonly turns: number;
}

/** Below this share of the speed of one thread, threads are in the way. */
export const LEAST = 0.95;

const MOST_ELEMENTS = 2 ** 24;
const ALL = 'cpu', ONE = 'cpu with one thread';

/** Milliseconds: of calls before anything is timed, of a batch, of all batches of a cell. */
const WARM = 40, BATCH = 2, CELL = 350;
const TURNS = { least: 5, most: 40 } as const;
/** A call of so many ms is timed as often as that. */
const LONG = { ms: 500, turns: 2 } as const;
/** A cell that looks worse than this is measured again, with more turns each time, before it is believed. */
const SUSPICIOUS = 0.97, RETRIES = 3;
/** Where all threads begin to be faster, the sizes between are measured, too. */
const FASTER = 1.1;

export function prepareTargets(): void {
  // It stays what it is when options change.
  const create = () => Object.assign(createCpuTarget({ threads: 1 }), { name: ONE, configure: undefined });
  wf.registerTarget({ name: ONE, sync: true, create });
}

/** Powers of four, and powers of two at the crossover. `tell` hears of every cell. */
export async function sweepSizes(names: readonly string[], tell: (cell: Cell) => void): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const program of chosen(names)) {
    let before: Cell | undefined;
    for (let count = 1; count <= MOST_ELEMENTS; count *= 4) {
      const cell = await measured(program, count);
      const between = before && before.ratio < FASTER && cell.ratio >= FASTER ? [await measured(program, count / 2)] : [];
      for (const c of [...between, cell]) {
        cells.push(c);
        tell(c);
      }
      before = cell;
    }
  }
  return cells;
}

function chosen(names: readonly string[]): readonly SizedProgram[] {
  const named = (id: string, name: string): boolean => id === name || (!PROGRAMS.some((p) => p.id === name) && id.includes(name));
  const found = PROGRAMS.filter((p) => names.length === 0 || names.some((name) => named(p.id, name)));
  if (found.length > 0) return found;
  throw new Error(`no program is called ${names.join(' or ')}; there are ${PROGRAMS.map((p) => p.id).join(', ')}`);
}

interface Turn { readonly one: number; readonly all: number }

async function measured(program: SizedProgram, count: number): Promise<Cell> {
  const data = program.inputs(count);
  const turns: Turn[] = [];
  // What attempts leave, so that the next one is in other memory: where arrays happen to lie is no verdict on threads.
  const kept: wf.WeftArray[] = [];
  for (let attempt = 0; ; attempt++) {
    const inputs = data.map((t) => wf.array(t.data, { shape: [...t.shape] }));
    turns.push(...await race(program, inputs, 2 ** attempt));
    kept.push(...inputs);
    const ratio = medianBy(turns, ({ one, all }) => one / all);
    if (ratio < SUSPICIOUS && attempt < RETRIES) {
      for (const target of [ONE, ALL]) kept.push(...await wf.evaluate(program.weft(inputs), { target }));
      continue;
    }
    kept.forEach((x) => x.dispose());
    const [one, all] = [medianBy(turns, (t) => t.one), medianBy(turns, (t) => t.all)];
    return { id: program.id, count, ratio, one, all, turns: turns.length };
  }
}

async function race(program: SizedProgram, inputs: Arrays, effort: number): Promise<Turn[]> {
  const call = async (target: string): Promise<void> => {
    const results = program.weft(inputs);
    await wf.evaluate(results, { target });
    results.forEach((y) => y.dispose());
  };
  await repeat(() => call(ALL), WARM);
  const estimate = await repeat(() => call(ONE), WARM);
  const calls = Math.max(1, Math.ceil(BATCH / estimate));
  const batch = async (target: string): Promise<number> => {
    await call(target);
    const start = performance.now();
    for (let k = 0; k < calls; k++) await call(target);
    return (performance.now() - start) / calls;
  };
  const { least, most } = estimate > LONG.ms ? { least: LONG.turns, most: LONG.turns } : TURNS;
  const turns: Turn[] = [];
  const start = performance.now();
  while (turns.length < least * effort || (turns.length < most * effort && performance.now() - start < CELL * effort)) {
    if (turns.length % 2 === 0) {
      const one = await batch(ONE);
      turns.push({ one, all: await batch(ALL) });
    } else {
      const all = await batch(ALL);
      turns.push({ one: await batch(ONE), all });
    }
  }
  return turns;
}

/** Calls for so many ms, at least once more after the first; what one takes then. */
async function repeat(call: () => Promise<void>, ms: number): Promise<number> {
  await call();
  const start = performance.now();
  let calls = 0;
  do {
    await call();
    calls++;
  } while (performance.now() - start < ms);
  return (performance.now() - start) / calls;
}

const medianBy = (turns: readonly Turn[], value: (turn: Turn) => number): number =>
  medianOf(turns.map(value).sort((a, b) => a - b));
