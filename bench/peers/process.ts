/**
 * A contender in a process of its own. It is started with a workload's id and a folder with the inputs as raw files and a
 * manifest of them, and then answers lines: 'ready' once it has read them, 'run' with its milliseconds, 'save' after writing
 * its results into the folder.
 *
 * The manifest has a line for every array (`in float32 2048 2048`, `out float32 4194304`) and number (`number steps 100`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Contender, Job, Values } from '../workload.ts';

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const temporaryFolder = (): string => mkdtempSync(path.join(tmpdir(), 'weft-bench-'));

const KINDS = [
  ['float32', Float32Array], ['float64', Float64Array], ['int32', Int32Array], ['uint8', Uint8Array],
] as const;

/** Plain lists of numbers stand for float32. */
const kindOf = (values: Values): (typeof KINDS)[number] => KINDS.find(([, Type]) => values instanceof Type) ?? KINDS[0];

export function inOwnProcess({ name, command, env }: Program, job: Job, expected: readonly Values[]): Contender {
  let folder: string | undefined, child: ChildProcess | undefined, ask: ((line: string) => Promise<string>) | undefined;
  const start = () => {
    folder = temporaryFolder();
    job.inputs.forEach(({ data }, k) => writeFileSync(path.join(folder!, `in${k}`), data));
    writeFileSync(path.join(folder, 'manifest'), manifest(job, expected));
    child = spawn(command[0], [...command.slice(1), job.workload.id, folder], {
      env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'],
    });
    return conversation(child);
  };
  return {
    of: name, name,
    async run() {
      ask ??= start();
      return Number(await ask('run'));
    },
    async results() {
      await ask!('save');
      return expected.map((values, k) => {
        const { buffer, byteOffset, length } = readFileSync(path.join(folder!, `out${k}`));
        return new (kindOf(values)[1])(buffer.slice(byteOffset, byteOffset + length));
      });
    },
    async process() {
      ask ??= start();
      await ask('ready');
      return child!.pid!;
    },
    close() {
      child?.stdin?.end();
      child?.kill();
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function manifest({ inputs, parameters }: Job, expected: readonly Values[]): string {
  return [
    ...inputs.map(({ data, shape }) => `in ${kindOf(data)[0]} ${shape.join(' ')}`),
    ...expected.map((values) => `out ${kindOf(values)[0]} ${values.length}`),
    ...Object.entries(parameters).map(([name, value]) => `number ${name} ${value}`),
  ].map((line) => `${line}\n`).join('');
}

/** One answer line for each line. */
function conversation(child: ChildProcess): (line: string) => Promise<string> {
  let errors = '';
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  child.stderr!.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-2000)));
  child.on('error', (error) => (errors += error.message));
  child.stdin!.on('error', () => {}); // it ended; the missing answer says so
  return async (line) => {
    child.stdin!.write(`${line}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(errors.trim().split('\n').at(-1) || 'the process ended');
    return value;
  };
}
