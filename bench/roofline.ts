/** `npm run bench -- --roofline [names]`: how much Weft's own runs use of what this machine can do. */
import * as wf from '../src/index.ts';
import { ms } from './report/results.ts';
import { tableOf } from './report/table.ts';
import { weft } from './weft.ts';
import { jobOf, type Size, type Workload } from './workload.ts';

/** Runs before what counts, and those that the best is taken of. */
const WARM = 2;
const TRIES = 5;

/** Prints a table: time, bytes and operations of all kernels of a run, and the limit that the longest of them is nearest to. */
export async function roofline(workloads: readonly Workload[], size: Size): Promise<void> {
  const table = tableOf(['workload', 'size', 'runs', 'ms', 'GB/s', 'of limit', 'GFLOP/s', 'of limit', 'longest kernel', 'is bound by'], 2);
  let how: wf.Limits | undefined;
  for (const workload of workloads) {
    process.stderr.write(`${workload.id} `);
    const job = await jobOf(workload, size);
    const contender = weft('Weft', workload, job, { target: 'cpu' });
    for (let k = 0; k < WARM; k++) await contender.run();
    let best: wf.Profile | undefined;
    for (let k = 0; k < TRIES; k++) {
      const p = await wf.profile(() => contender.run());
      if (!best || timeOf(p) < timeOf(best)) best = p;
    }
    [how] = best!.limits;
    table.push([workload.name, workload.size(job.parameters), ...cells(best!)]);
    await contender.close?.();
  }
  process.stderr.write('\n');
  console.log(table.toString());
  if (how) console.log(`limits: ${how.bandwidth.toFixed(1)} GB/s, ${how.gflops.toFixed(0)} GFLOP/s; ${how.how}`);
}

const sum = (list: readonly number[]): number => list.reduce((x, y) => x + y, 0);
const timeOf = ({ kernels }: wf.Profile): number => sum(kernels.map((k) => k.milliseconds));
const percent = (part: number): string => `${Math.round(100 * part)} %`;

function cells(p: wf.Profile): string[] {
  const { kernels, runs, limits: [limits] } = p;
  const time = timeOf(p);
  const bandwidth = sum(kernels.map((k) => k.bytes)) / time / 1e6;
  // Where one kernel's operations are not known, nor are those of all. Each is held against the limit of its own dtype.
  const gflops = kernels.some((k) => k.flops === undefined) ? undefined : sum(kernels.map((k) => k.flops!)) / time / 1e6;
  const ofLimit = sum(kernels.map((k) => k.share * (k.roofline?.compute ?? 0)));
  const [longest] = kernels;
  return [
    `${runs.length}`, ms(time), bandwidth.toFixed(1), percent(bandwidth / limits.bandwidth),
    ...gflops === undefined ? ['', ''] : [gflops.toFixed(1), percent(ofLimit)],
    percent(longest.share), longest.roofline?.bound ?? '',
  ];
}
