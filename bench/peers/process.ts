/**
 * A contender in a process of its own. It is started with a workload's name and a folder with the inputs as raw files, and
 * then answers lines: 'run' with its milliseconds, 'save' after writing its results into the folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Contender, Tensor } from '../workload.ts';

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const temporaryFolder = (): string => mkdtempSync(path.join(tmpdir(), 'weft-bench-'));

/** `results` is how many arrays the workload gives; they have the dtype of the first input. */
export function inOwnProcess(
  { name, command, env }: Program, workload: string, inputs: readonly Tensor[], results: number,
): Contender {
  let folder: string | undefined, child: ChildProcess | undefined, ask: ((line: string) => Promise<string>) | undefined;
  const Results = inputs[0].data instanceof Float64Array ? Float64Array : Float32Array;
  const start = () => {
    folder = temporaryFolder();
    inputs.forEach(({ data }, k) => writeFileSync(path.join(folder!, `in${k}`), data));
    child = spawn(command[0], [...command.slice(1), workload, folder], {
      env: { ...process.env, WIDTH: String(inputs[0].shape.at(-1)), ...env }, stdio: ['pipe', 'pipe', 'pipe'],
    });
    return conversation(child);
  };
  return {
    name,
    async run() {
      ask ??= start();
      return Number(await ask('run'));
    },
    async results() {
      await ask!('save');
      return Array.from({ length: results }, (_, k) => {
        const { buffer, byteOffset, length } = readFileSync(path.join(folder!, `out${k}`));
        return new Results(buffer.slice(byteOffset, byteOffset + length));
      });
    },
    close() {
      child?.stdin?.end();
      child?.kill();
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
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
