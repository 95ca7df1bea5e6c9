/** `npm run bench -- --sizes [names]`: at which sizes threads pay, and whether they are ever in the way. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ms, times } from '../report/results.ts';
import { tableOf } from '../report/table.ts';
import { show } from '../workloads/data.ts';
import { LEAST, prepareTargets, sweepSizes, type Cell } from './sweep.ts';

/** Prints a table, and writes the cells to `file` as JSON. Returns the exit code: 1 where threads are in the way. */
export async function sizes(names: readonly string[], threads: number, file: string | undefined): Promise<number> {
  const start = performance.now();
  console.log(`one thread against ${threads}; medians of batches that take turns; below ${LEAST}: !`);
  prepareTargets();
  let current = '';
  const cells = await sweepSizes(names, ({ id }) => {
    if (id !== current) process.stderr.write(`${current = id} `);
  });
  process.stderr.write('\n');
  print(cells);
  if (file) {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ threads, cells }, undefined, 2)}\n`);
  }
  console.log(`${Math.round((performance.now() - start) / 1000)} s`);
  return cells.some((c) => c.ratio < LEAST) ? 1 : 0;
}

function print(cells: readonly Cell[]): void {
  const table = tableOf(['program', 'elements', '1 thread, ms', 'all, ms', 'all are faster', ''], 1);
  cells.forEach((c, k) => {
    const fine = (time: number): string => (time < 0.1 ? time.toFixed(4) : ms(time));
    table.push([
      c.id === cells[k - 1]?.id ? '' : c.id, show(c.count), fine(c.one), fine(c.all), times(c.ratio), c.ratio < LEAST ? '!' : '',
    ]);
  });
  console.log(table.toString());
  const worst = cells.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  const bad = cells.filter((c) => c.ratio < LEAST);
  console.log(`worst: ${times(worst.ratio)}, ${worst.id} of ${show(worst.count)}; ${bad.length} of ${cells.length} below ${LEAST}`);
}
