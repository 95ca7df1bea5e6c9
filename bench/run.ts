/** `npm run bench -- [names] [--threads n]`: times Weft against its peers in one run and prints ratios. */
import { cpus } from 'node:os';
import { Command } from 'commander';
import Table from 'cli-table3';
import * as wf from '../src/index.ts';
import { measure, type Timing } from './measure.ts';
import type { Workload } from './workload.ts';
import { squares, sum } from './workloads/maps.ts';
import { heat, sobel } from './workloads/stencils.ts';

const workloads: readonly Workload[] = [squares, sum, heat, sobel];

const program = new Command('npm run bench --')
  .description('Times Weft against plain JavaScript and other libraries. Every result is checked before it is timed.')
  .argument('[names...]', `which to run (all): ${workloads.map((w) => w.name).join(', ')}`)
  .option('--threads <n>', 'CPU threads', Number, 2)
  .parse();

const chosen = program.args.length === 0 ? workloads : workloads.filter((w) => program.args.some((a) => w.name.includes(a)));
const { threads } = program.opts<{ threads: number }>();
wf.configure({ target: 'cpu', threads });

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores; Node ${process.version}; ${threads} threads; medians of interleaved runs`);
const table = new Table({ head: ['workload', 'size', 'contender', 'first ms', 'median ms', 'min ms', 'against plain JS', 'goal'] });
for (const workload of chosen) {
  const timings = await measure(await workload.contenders(), workload.tolerance);
  timings.forEach((t, k) => table.push([
    k === 0 ? workload.name : '', k === 0 ? workload.size : '', t.name, ms(t.first),
    ...(t.problem ? [{ colSpan: 3, content: t.problem }] : [ms(t.median), ms(t.times[0]), ratio(timings[0], t)]),
    k === timings.length - 1 && workload.goal ? `${workload.goal}x` : '',
  ]));
}
console.log(table.toString());
await wf.closeTargets();

function ms(time: number): string {
  return Number.isNaN(time) ? '-' : time.toFixed(time < 10 ? 2 : 1);
}

function ratio(base: Timing, t: Timing): string {
  return `${(base.median / t.median).toFixed(2)}x`;
}
