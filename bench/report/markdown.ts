/** Results as a Markdown table: a line for each workload, a column for each library. */
import { PEER_NAMES, WEFT_CPU, WEFT_ONE } from '../contenders.ts';
import { PLAIN_JS } from '../workload.ts';
import { columnOf, comparisons, ms, times, timingOf, type Measured, type Results } from './results.ts';

type Column = readonly [title: string, time: (m: Measured) => string];

export function markdown(results: Results): string {
  const { measured, threads } = results;
  const columns: readonly Column[] = [
    [`Weft, ${threads} threads`, (m) => ms(timingOf(m, WEFT_CPU)?.median)],
    ['Weft, 1 thread', (m) => ms(timingOf(m, WEFT_ONE)?.median)],
    ...[PLAIN_JS, ...PEER_NAMES].map((of): Column => [of, (m) => ms(columnOf(m, of)?.median)]),
  ];
  const used = columns.filter(([, time]) => measured.some((m) => time(m) !== ''));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `Median milliseconds of one run, all results checked first: ${describe(results)}.`,
    '',
    line(['', ...used.map(([title]) => title)]),
    `|---|${'---:|'.repeat(used.length)}`,
    ...measured.map((m) => line([`${m.name}, ${m.size}`, ...used.map(([, time]) => time(m))])),
    '',
    '| Weft against | workloads | geometric mean | worst |',
    '|---|---:|---:|---:|',
    ...comparisons(measured).map(({ against, ratios, geometricMean, worst }) =>
      line([against, `${ratios.length}`, times(geometricMean), `${times(worst.ratio)} (${worst.id})`])),
    '',
  ].join('\n');
}

export const describe = ({ machine, node, threads, date }: Results): string =>
  `${machine}; Node ${node.replace(/^v/, '')}; ${threads} threads; ${date.slice(0, 10)}`;
