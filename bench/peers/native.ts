/** C by gcc, and Numba: what people leave JavaScript for. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Absent, type Peer } from './peer.ts';
import { inOwnProcess, temporaryFolder, type Program } from './process.ts';

const SOURCES = 'bench/peers/native', NUMBA = 'bench/peers/numba/main.py';
const FLAGS = ['-O3', '-march=native', '-ffast-math', '-fopenmp'];

/** `more`: flags besides the usual ones. */
export function openC(threads: number, name = 'C', more: readonly string[] = []): Peer {
  const folder = temporaryFolder(), executable = path.join(folder, 'native');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const files = readdirSync(SOURCES).filter((name) => name.endsWith('.c')).map((name) => path.join(SOURCES, name));
  const { error, status, stderr } = spawnSync('gcc', [...FLAGS, ...more, ...files, '-o', executable, '-lm'], { encoding: 'utf8' });
  if (error || status !== 0) {
    remove();
    throw new Absent(error ? 'there is no gcc' : `gcc: ${stderr.trim().split('\n').find((line) => line.includes('error')) ?? stderr}`);
  }
  return { ...peer({ name, command: [executable], env: { OMP_NUM_THREADS: `${threads}` } }), close: remove };
}

export function openNumba(threads: number): Peer {
  const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import numba'], { cwd: '/' }).status === 0);
  if (!python) throw new Absent('python3 has no numba');
  return peer({ name: 'Numba', command: [python, NUMBA], env: { NUMBA_NUM_THREADS: `${threads}`, PYTHONDONTWRITEBYTECODE: '1' } });
}

/** Without arguments it lists the workloads it knows. */
function peer(program: Program): Peer {
  const [command, ...args] = program.command;
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...program.env } });
  if (status !== 0) throw new Absent(stderr.trim().split('\n').at(-1) ?? 'it does not start');
  const known = new Set(stdout.split('\n'));
  return {
    name: program.name,
    contender: (job, expected) => (known.has(job.workload.id) ? inOwnProcess(program, job, expected) : undefined),
  };
}
