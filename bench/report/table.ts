/** Results on the terminal. */
import Table from 'cli-table3';
import { PLAIN_JS } from '../workload.ts';
import { columnOf, comparisons, goalsOf, megabytes, ms, ratioTo, times, type Measured, type Results } from './results.ts';

const PLAIN_LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

export const tableOf = (head: string[], left: number): InstanceType<typeof Table> => new Table({
  head, colAligns: head.map((_, k) => (k < left ? 'left' : 'right')), chars: PLAIN_LINES, style: { head: [], border: [] },
});

export function printResults({ measured, overheads }: Results): void {
  const withMemory = measured.some(({ timings }) => timings.some(({ peak }) => peak !== undefined));
  const memory = (peak: string): string[] => (withMemory ? [peak] : []);
  const table = tableOf(
    ['workload', 'contender', 'first ms', 'compile', 'median ms', 'spread', 'plain JS takes', 'weft is faster', ...memory('peak MB')], 2);
  for (const m of measured) {
    m.timings.forEach((t, k) => {
      const plain = columnOf(m, PLAIN_JS);
      const told = t.problem ? ['', '-', '', t.problem, ''] : [
        t.rounds > 0 ? ms(t.compile) : '', ms(t.median), Number.isNaN(t.spread) ? '' : `±${(100 * t.spread).toFixed(0)} %`,
        plain ? times(plain.median / t.median) : '', times(ratioTo(m, t)),
      ];
      table.push([k === 0 ? m.name : k === 1 ? `  ${m.size}` : '', t.name, ms(t.first), ...told, ...memory(megabytes(t.peak))]);
    });
  }
  console.log(table.toString());
  printComparisons(measured);
  for (const { name, microseconds } of overheads) console.log(`${name}: ${microseconds.toFixed(1)} µs`);
}

function printComparisons(measured: readonly Measured[]): void {
  const all = comparisons(measured);
  if (all.length > 0) {
    const table = tableOf(['weft against', 'workloads', 'geometric mean', 'worst', 'where'], 1);
    for (const { against, ratios, geometricMean, worst } of all) {
      table.push([against, `${ratios.length}`, times(geometricMean), times(worst.ratio), worst.id]);
    }
    console.log(table.toString());
  }
  for (const m of measured) {
    for (const { against, wanted, ratio, met } of goalsOf(m)) {
      console.log(`${met ? '✓' : '✗'} ${m.id}: ${times(ratio)} of ${wanted}x as fast as ${against}`);
    }
  }
}
