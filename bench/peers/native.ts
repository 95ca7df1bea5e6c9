/** C by gcc, and Numba: what people leave JavaScript for. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { Absent, type Peer } from './peer.ts';
import { inOwnProcess, temporaryFolder } from './process.ts';

/** Workloads that native.c and numba.py state, with how many results each gives. */
const RESULTS: Readonly<Record<string, number>> = {
  squares: 1, sum: 1, 'black-scholes': 2, 'black-scholes-64': 2, 'prange-normalize': 1, logistic: 1, heat: 1, sobel: 1, blur21: 1, blur5: 1, mandelbrot: 1,
  'gamma-blur': 1,
};

const FLAGS = ['-O3', '-march=native', '-ffast-math', '-fopenmp'];

export function openC(threads: number): Peer {
  const folder = temporaryFolder(), executable = path.join(folder, 'native');
  const { error, status, stderr } = spawnSync('gcc', [...FLAGS, 'bench/peers/native.c', '-o', executable, '-lm'], { encoding: 'utf8' });
  if (error || status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Absent(error ? 'there is no gcc' : `gcc: ${stderr.trim().split('\n')[0]}`);
  }
  return {
    ...peer('C', [executable], { OMP_NUM_THREADS: `${threads}` }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function openNumba(threads: number): Peer {
  const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import numba'], { cwd: '/' }).status === 0);
  if (!python) throw new Absent('python3 has no numba');
  return peer('Numba', [python, 'bench/peers/numba.py'], { NUMBA_NUM_THREADS: `${threads}` });
}

function peer(name: string, command: readonly string[], env: Record<string, string>): Peer {
  return {
    name,
    contender(workload, inputs) {
      const results = RESULTS[workload];
      return results === undefined ? undefined : inOwnProcess({ name, command, env }, workload, inputs, results);
    },
  };
}
