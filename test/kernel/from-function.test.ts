/** Arrays from functions of their coordinates on every target, against the same function in plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { compute } from '../support/compute.ts';
import { coordinates } from '../support/nd.ts';
import { targets } from '../support/targets.ts';
import { arrayOf, compare, given, listed, type Arg } from './plain.ts';

interface Case {
  readonly name: string;
  readonly shape: number | readonly number[];
  readonly f: (...at: never[]) => number | boolean;
  readonly inputs?: readonly Arg[];
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly dtype?: DType;
  readonly gives?: DType;
}

const WIDTH = 2, TAPS = [1, 0.5, 0.25];
const table = arrayOf([7], (k) => (k * 3) % 7 - 1), matrix = arrayOf([3, 4], (k) => k * k % 11);

const cases: readonly Case[] = [
  { name: 'no axes', shape: [], f: () => 4.5, gives: 'float32' },
  { name: 'one axis', shape: 7, f: (i: number) => i * i, gives: 'int32' },
  { name: 'two axes', shape: [4, 5], f: (i: number, j: number) => i * 10 + j, gives: 'int32' },
  { name: 'three axes', shape: [2, 3, 4], f: (i: number, j: number, k: number) => (i + 1) * (j - k) / 2, gives: 'float32' },
  { name: 'four axes', shape: [2, 3, 2, 2], f: (i: number, j: number, k: number, l: number) => i * 1000 + j * 100 + k * 10 + l },
  { name: 'coordinates that are left out', shape: [3, 4], f: (i: number) => i + 0.5 },
  { name: 'no coordinate at all', shape: [3, 2], f: () => 7 },
  { name: 'nothing', shape: [0, 3], f: (i: number, j: number) => i + j },
  { name: 'a band', shape: [6, 6], f: (i: number, j: number) => (Math.abs(i - j) <= WIDTH ? TAPS[Math.abs(i - j)] : 0), constants: { WIDTH, TAPS } },
  { name: 'bools', shape: [8, 8], f: (i: number, j: number) => (i ^ j) % 3 === 0, gives: 'bool' },
  { name: 'another dtype', shape: [20], f: (i: number) => i * 20.5 - 50, dtype: 'uint8', gives: 'uint8' },
  {
    name: 'loops and early returns', shape: [30], gives: 'bool',
    f: (i: number) => {
      if (i < 2) return false;
      for (let d = 2; d * d <= i; d++) if (i % d === 0) return false;
      return true;
    },
  },
  {
    name: 'binomials', shape: [8, 8], gives: 'int32',
    f: (n: number, k: number) => {
      if (k > n) return 0;
      let c = 1;
      for (let i = 0; i < k; i++) c = (c * (n - i) / (i + 1)) | 0;
      return c;
    },
  },
  { name: 'an input', shape: [7, 7], f: (i: number, j: number, x: wf.Vec) => x[i] * 10 + x[j], inputs: [table] },
  { name: 'several inputs', shape: [3, 7], f: (i: number, j: number, x: wf.Vec, m: wf.Mat) => x[j] + m[i][j % m.shape[1]] * x.length, inputs: [table, matrix] },
  {
    name: 'sums over an input', shape: [3], inputs: [matrix],
    f: (i: number, m: wf.Mat) => {
      let s = 0;
      for (let j = 0; j < m.shape[1]; j++) s += m[i][j];
      return s;
    },
  },
];

const saturated = (value: number, dtype: DType | undefined): number => (dtype === 'uint8' ? Math.max(0, Math.min(255, Math.trunc(value))) : value);

const test = suite('functions of coordinates');
for (const { name, shape, f, inputs = [], constants, dtype, gives } of cases) {
  test(name, async () => {
    const sizes = [shape].flat() as number[];
    const plain = f as (...args: unknown[]) => number | boolean;
    const values = coordinates(sizes).map((at) => saturated(Number(plain(...at, ...inputs.map(listed))), dtype));
    for (const target of targets) {
      const got = await compute(target, () => (inputs.length > 0
        ? wf.fromFunction(shape, plain, { inputs: inputs.map(given), constants, dtype })
        : wf.fromFunction(shape, f as unknown as (...at: number[]) => number, { constants, dtype })));
      compare([got], [{ shape: sizes, values }], target);
      if (gives) assert.is(got.dtype, gives, target);
    }
  });
}
test.run();
