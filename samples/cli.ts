/** The command line: what it means, and what is wrong with it. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SampleError } from './errors.ts';
import { SIZE_NAMES, TARGETS, type Parameters, type Sample, type SizeName, type Target } from './sample.ts';

export interface Job {
  readonly sample: Sample;
  readonly overrides: Parameters;
}

export interface Invocation {
  readonly jobs: readonly Job[];
  readonly targets: readonly Target[];
  /** Unless the user says, a GPU that is emulated in software gets the small sizes. */
  readonly size: SizeName | null;
  readonly input: string | null;
  readonly out: string;
  readonly threads: number | null;
  /** Print what every kernel took, and write traces. */
  readonly profile: boolean;
  readonly list: boolean;
}

interface Flags {
  readonly target: Target | 'all';
  readonly size?: SizeName;
  readonly input?: string;
  readonly out: string;
  readonly threads?: number;
  readonly profile?: true;
  readonly list?: true;
  readonly radius?: number;
  readonly steps?: number;
}

const EXAMPLES = `
Examples:
  npm start
  npm start -- blur --target webgpu --input photo.jpg --radius 8
  npm start -- heat wave --size small --steps 500
  npm start -- harris --target cpu --profile`;

/** Reads the arguments; `null` when help was printed and there is nothing to run. */
export function parseCommandLine(args: readonly string[], samples: readonly Sample[]): Invocation | null {
  const program = new Command('npm start --')
    .description('Runs the Weft samples, checks them against plain JavaScript and writes their pictures.')
    .argument('[samples...]', `which to run (all): ${samples.map((s) => s.name).join(', ')}`)
    .addOption(new Option('-t, --target <target>', 'where to run').choices([...TARGETS, 'all']).default('all'))
    .addOption(new Option('-s, --size <size>', 'how large').choices([...SIZE_NAMES]))
    .option('-i, --input <file>', 'photograph for the image samples (one that comes with them)')
    .option('-o, --out <dir>', 'where pictures go', 'out')
    .option('--threads <n>', 'threads of the cpu target (all cores)', wholeNumber)
    .option('--radius <n>', `radius of ${namesWith('radius', samples)}`, wholeNumber)
    .option('--steps <n>', `steps of ${namesWith('steps', samples)}`, wholeNumber)
    .option('-p, --profile', 'say what every kernel took, and write a trace for chrome://tracing or ui.perfetto.dev')
    .option('-l, --list', 'say what each sample does')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new SampleError(`${error.message.replace(/^error: /, '')}\nTry --help.`);
  }
  const flags = program.opts<Flags>();
  return {
    jobs: chooseJobs(program.args, { radius: flags.radius, steps: flags.steps }, samples),
    targets: flags.target === 'all' ? TARGETS : [flags.target],
    size: flags.size ?? null,
    input: flags.input ?? null,
    out: flags.out,
    threads: flags.threads ?? null,
    profile: flags.profile ?? false,
    list: flags.list ?? false,
  };
}

type Given = Readonly<Record<string, number | undefined>>;

/** The samples named, or all of them, each with those of the given options that it has. */
function chooseJobs(names: readonly string[], given: Given, samples: readonly Sample[]): Job[] {
  const chosen = names.length === 0 ? samples : [...new Set(names)].map((name) => find(name, samples));
  const set = Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  for (const [key] of set) {
    if (chosen.some((sample) => key in sample.options)) continue;
    const names = chosen.map((sample) => sample.name).join(', ');
    throw new SampleError(`--${key} means nothing to ${names}; it is an option of ${namesWith(key, samples)}.`);
  }
  return chosen.map((sample) => {
    const overrides = set.filter(([key]) => key in sample.options);
    for (const [key, value] of overrides) checkRange(sample, key, value);
    return { sample, overrides: Object.fromEntries(overrides) };
  });
}

function checkRange(sample: Sample, key: string, value: number): void {
  const { min, max, help } = sample.options[key]!;
  if (value >= min && value <= max) return;
  throw new SampleError(`--${key} ${value} is out of range for ${sample.name}: from ${min} to ${max} (${help}).`);
}

function find(name: string, samples: readonly Sample[]): Sample {
  const found = samples.find((sample) => sample.name === name);
  if (found !== undefined) return found;
  throw new SampleError(`There is no sample "${name}". There are:\n${listing(samples)}`);
}

/** One line for each sample. */
export function listing(samples: readonly Sample[]): string {
  const width = Math.max(...samples.map((sample) => sample.name.length));
  return samples.map((sample) => `  ${sample.name.padEnd(width)}  ${sample.title}. ${sample.describe}`).join('\n');
}

function namesWith(option: string, samples: readonly Sample[]): string {
  return samples.filter((sample) => option in sample.options).map((sample) => sample.name).join(', ');
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('It has to be a whole number from 1 up.');
  return Number(text);
}
