/** `npm run bench -- [names] [options]`: times Weft against plain JavaScript and its peers in one run and prints ratios. */
import { Command, Option } from 'commander';
import * as wf from '../src/index.ts';
import { ALL_PEERS, contendersOf, onOneThread, openCompany, oracleOf, PEER_NAMES, WEFT_ONE, type Company } from './contenders.ts';
import { dispatchOverheads } from './dispatch.ts';
import { firstCalls } from './first-call.ts';
import { begin, messageOf, race, timingOf, type Timing } from './measure.ts';
import { peakMemory, tellPeak } from './memory.ts';
import { machine, type Measured, type Results } from './report/results.ts';
import { printResults } from './report/table.ts';
import { FORMATS, writeResults, type Format } from './report/write.ts';
import { roofline } from './roofline.ts';
import { sizes } from './sizes/index.ts';
import { GROUPS, jobOf, SIZES, WEFT, type Size, type Workload } from './workload.ts';
import { WORKLOADS } from './workloads/index.ts';

interface Options {
  readonly all?: boolean;
  readonly check?: boolean;
  readonly sizes?: boolean;
  readonly roofline?: boolean;
  readonly size?: Size;
  readonly threads: number;
  readonly webgpu?: boolean;
  readonly unfused?: boolean;
  readonly wide?: boolean;
  /** Names, or false for none. */
  readonly peers: string | boolean;
  readonly memory?: boolean;
  readonly overheads: boolean;
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly peak?: string;
  readonly peakOf?: string;
}

const program = new Command('npm run bench --')
  .description('Times Weft against plain JavaScript and other libraries. Every result is checked before it is timed.')
  .argument('[names...]', `workloads, by parts of their names, or groups of them.\nGroups: ${GROUPS.join(', ')}.\nWorkloads: ${WORKLOADS.map((w) => w.id).join(', ')}`)
  .option('--all', 'every workload, the slow ones too')
  .option('--check', 'compare results and time nothing')
  .option('--sizes', 'at which sizes threads pay: programs of every kind, all threads against one, from 1 to 16M elements')
  .option('--roofline', "what part of this machine's bandwidth and arithmetic Weft's runs use")
  .addOption(new Option('--size <size>', 'of all workloads; small for checks, else full').choices(SIZES))
  .option('--threads <n>', 'CPU threads, of Weft and of its peers', Number, 2)
  .option('--webgpu', "add Weft's WebGPU target where there is an adapter")
  .option('--unfused', 'add Weft without fusion')
  .option('--wide', 'add Weft with `wide: true`, where the engine has it')
  .option('--peers <names>', `only these, of ${ALL_PEERS.join(', ')}`)
  .option('--no-peers', 'only Weft and plain JS')
  .option('--no-overheads', 'without the times of dispatch and of first calls')
  .option('--memory', 'also run every contender once in a process of its own, for its peak memory (Linux)')
  .option('--json <file>', 'write all results there')
  .option('--html <file>', 'write a page with charts there')
  .option('--markdown <file>', 'write a table there')
  .addOption(new Option('--peak <contender>').hideHelp())
  .addOption(new Option('--peak-of <library>').hideHelp())
  .parse();

const options = program.opts<Options>();
const { threads } = options;
const size = options.size ?? (options.check ? 'small' : 'full');
wf.configure({ target: 'cpu', threads });

if (options.peak && options.peakOf) {
  const workload = WORKLOADS.find((w) => w.id === program.args[0])!;
  await tellPeak(await jobOf(workload, size), options.peak, options.peakOf, threads);
} else if (options.sizes) {
  process.exitCode = await sizes(program.args, threads, options.json);
} else if (options.roofline) {
  await roofline(chosen(), size);
} else {
  process.exitCode = await main(chosen());
}
await wf.closeTargets();

function chosen(): readonly Workload[] {
  const { args } = program;
  const whole = new Set<string>([...GROUPS, ...WORKLOADS.map((w) => w.id)]);
  const named = (w: Workload, a: string): boolean => w.id === a || w.group === a || (!whole.has(a) && w.id.includes(a));
  const found = WORKLOADS.filter((w) =>
    (args.length > 0 ? args.some((a) => named(w, a)) : options.all || options.check || !w.extra));
  if (found.length === 0) program.error(`no workload is called ${args.join(' or ')}`);
  return found;
}

/** The exit code: 1 where a result was wrong. */
async function main(workloads: readonly Workload[]): Promise<number> {
  const start = performance.now();
  const what = options.check ? `${size} sizes, checked and not timed` : 'medians of interleaved runs';
  console.log(`${machine()}; Node ${process.version}; ${threads} threads; ${what}`);
  const { webgpu, unfused, wide } = options;
  const company = await openCompany({ threads, peers: peerNames(), webgpu, unfused, wide });
  for (const [name, why] of Object.entries(company.absent)) console.log(`without ${name}: ${why}`);
  const overheads = options.check || !options.overheads ? [] : [...await dispatchOverheads(), ...await firstCalls(company.peers)];
  const measured: Measured[] = [];
  for (const workload of workloads) {
    process.stderr.write(`${workload.id} `);
    try {
      measured.push(await measuredOf(workload, company));
    } catch (error) {
      console.log(`\n${workload.id} stopped: ${messageOf(error)}`);
      process.exitCode = 1;
    }
  }
  process.stderr.write('\n');
  const results: Results = {
    date: new Date().toISOString(), node: process.version, machine: machine(), threads,
    overheads, measured, absent: company.absent, seconds: Math.round((performance.now() - start) / 1000),
  };
  if (options.check) printChecks(measured);
  else printResults(results);
  for (const format of Object.keys(FORMATS) as Format[]) if (options[format]) writeResults(format, options[format], results);
  for (const peer of company.peers) await peer.close?.();
  console.log(`${results.seconds} s`);
  return measured.some(({ timings }) => timings.some((t) => t.of === WEFT && t.problem)) ? 1 : Number(process.exitCode ?? 0);
}

function peerNames(): readonly string[] {
  if (options.peers === false) return [];
  if (typeof options.peers !== 'string') return PEER_NAMES;
  const names = options.peers.split(',').map((name) => name.trim().toLowerCase());
  return ALL_PEERS.filter((name) => names.includes(name.toLowerCase()));
}

async function measuredOf(workload: Workload, company: Company): Promise<Measured> {
  const job = await jobOf(workload, size);
  const { id, group, name, goals = {}, tolerance } = workload;
  const oracle = await begin(oracleOf(job));
  if (oracle.problem) throw new Error(oracle.problem);
  const expected = await oracle.contender.results();
  const started = [oracle];
  for (const c of contendersOf(company, job, expected)) started.push(await begin(c, expected, tolerance));
  if (!options.check) await race(started);
  for (const { contender } of started) await contender.close?.();
  if (threads > 1) started.push(await onOneThread(threads, job, async (contender) => {
    const one = await begin(contender, expected, tolerance);
    if (!options.check) await race([one]);
    await contender.close?.();
    return one;
  }));
  const peak = (t: Timing): number | undefined =>
    (options.memory && !t.problem ? peakMemory({ workload: id, contender: t.name, of: t.of, size, threads }) : undefined);
  const timings = started.map(timingOf).map((t) => ({ ...t, peak: peak(t) }));
  return { id, group, name, goals, size: workload.size(job.parameters), timings };
}

function printChecks(measured: readonly Measured[]): void {
  for (const { id, size, timings } of measured) {
    const wrong = timings.filter((t) => t.problem);
    const right = timings.filter((t) => !t.problem && t.name !== WEFT_ONE).map((t) => t.name);
    console.log(`${id} (${size}): ${right.join(', ')}${wrong.map((t) => `\n  ${t.name}: ${t.problem}`).join('')}`);
  }
}
