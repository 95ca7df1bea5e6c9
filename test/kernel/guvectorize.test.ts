/** Functions of sub-arrays on every target, against a loop of plain JavaScript around the same function. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { computeAll } from '../support/compute.ts';
import { broadcastTo, build, coordinates, element, sizeOf } from '../support/nd.ts';
import { targets, type Tolerance } from '../support/targets.ts';
import { arrayOf, compare, flat, given, listed, type Arg, type Want } from './plain.ts';

interface Case {
  readonly name: string;
  readonly signature: string;
  readonly f: (...args: never[]) => unknown;
  readonly inputs: readonly Arg[];
  /** The axes that are looped over. */
  readonly loop: readonly number[];
  /** Per output, the shape of its sub-array. */
  readonly outputs: readonly (readonly number[])[];
  readonly gives?: DType | readonly DType[];
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly dtype?: DType | readonly DType[];
  readonly close?: Tolerance;
}

const numbers = (shape: readonly number[], dtype?: DType) => arrayOf(shape, (k) => (k * 7) % 11 - 3, dtype);
const row = numbers([6]), rows = numbers([4, 6]), cube = numbers([2, 3, 6]);
const matrix = numbers([3, 5]), matrices = numbers([2, 4, 3, 5]);
const LEVELS = [-2, 0, 3];

const cumulate = (x: wf.Vec, out: wf.MutVec) => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    sum += x[i];
    out[i] = sum;
  }
};
const dot = (a: wf.Vec, b: wf.Vec) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const apply = (m: wf.Mat, v: wf.Vec, out: wf.MutVec) => {
  for (let i = 0; i < m.shape[0]; i++) {
    let sum = 0;
    for (let j = 0; j < m.shape[1]; j++) sum += m[i][j] * v[j];
    out[i] = sum;
  }
};

const cases: readonly Case[] = [
  { name: 'a vector to a vector', signature: '(n)->(n)', f: cumulate, inputs: [row], loop: [], outputs: [[6]] },
  { name: 'over one axis', signature: '(n)->(n)', f: cumulate, inputs: [rows], loop: [4], outputs: [[6]] },
  { name: 'over two axes', signature: '(n)->(n)', f: cumulate, inputs: [cube], loop: [2, 3], outputs: [[6]] },
  { name: 'two vectors to a number', signature: '(n),(n)->()', f: dot, inputs: [row, row], loop: [], outputs: [[]] },
  { name: 'every row with one vector', signature: '(n),(n)->()', f: dot, inputs: [rows, row], loop: [4], outputs: [[]] },
  {
    name: 'loop axes that broadcast', signature: '(n),(n)->()', f: dot, inputs: [numbers([3, 1, 6]), rows],
    loop: [3, 4], outputs: [[]],
  },
  {
    name: 'a matrix and a vector', signature: '(m,n),(n)->(m)', f: apply, inputs: [matrix, numbers([5])],
    loop: [], outputs: [[3]],
  },
  {
    name: 'matrices and vectors', signature: '(m,n),(n)->(m)', f: apply, inputs: [matrices, numbers([4, 5])],
    loop: [2, 4], outputs: [[3]],
  },
  {
    name: 'matrices times matrices', signature: '(m,k),(k,n)->(m,n)', inputs: [numbers([4, 2, 3]), numbers([3, 5])],
    loop: [4], outputs: [[2, 5]],
    f: (a: wf.Mat, b: wf.Mat, out: wf.MutMat) => {
      for (let i = 0; i < a.shape[0]; i++) {
        for (let j = 0; j < b.shape[1]; j++) for (let k = 0; k < b.shape[0]; k++) out[i][j] += a[i][k] * b[k][j];
      }
    },
  },
  {
    name: 'a scalar beside a vector', signature: '(n),()->(n)', inputs: [rows, numbers([4])], loop: [4], outputs: [[6]],
    f: (x: wf.Vec, s: number, out: wf.MutVec) => { for (let i = 0; i < x.length; i++) out[i] = x[i] * s + i; },
  },
  {
    name: 'a number beside integers stays one of them', signature: '(n),()->(n)', inputs: [numbers([4, 6], 'int32'), 3],
    loop: [4], outputs: [[6]], gives: 'int32',
    f: (x: wf.Vec, s: number, out: wf.MutVec) => { for (let i = 0; i < x.length; i++) out[i] = x[i] * s; },
  },
  {
    name: 'several scalars, returned', signature: '(n)->(),()', inputs: [rows], loop: [4], outputs: [[], []],
    f: (x: wf.Vec) => {
      let [low, high] = [x[0], x[0]];
      for (let i = 1; i < x.length; i++) {
        low = Math.min(low, x[i]);
        high = Math.max(high, x[i]);
      }
      return [low, high];
    },
  },
  {
    name: 'a scalar that is stored', signature: '(n)->()', inputs: [rows], loop: [4], outputs: [[1]],
    f: (x: wf.Vec, out: wf.MutVec) => { for (let i = 0; i < x.length; i++) if (x[i] > out[0]) out[0] = x[i]; },
  },
  {
    name: 'outputs of different shapes', signature: '(n)->(n),(2),()', inputs: [rows], loop: [4], outputs: [[6], [2], [1]],
    f: (x: wf.Vec, sorted: wf.MutVec, ends: wf.MutVec, count: wf.MutVec) => {
      for (let i = 0; i < x.length; i++) {
        let k = i - 1;
        while (k >= 0 && sorted[k] > x[i]) {
          sorted[k + 1] = sorted[k];
          k--;
        }
        sorted[k + 1] = x[i];
        if (x[i] > 2) count[0] += 1;
      }
      ends[0] = sorted[0];
      ends[1] = sorted[x.length - 1];
    },
  },
  {
    name: 'sizes in the signature', signature: '(3)->(2)', inputs: [numbers([4, 3])], loop: [4], outputs: [[2]],
    f: (x: wf.Vec, out: wf.MutVec) => {
      out[0] = x[0] + x[1];
      out[1] = x[2];
    },
  },
  {
    name: 'integers, bools and constants', signature: '(n)->(n)', inputs: [numbers([4, 6], 'int32')], loop: [4], outputs: [[6]],
    constants: { LEVELS }, gives: 'int32',
    f: (x: wf.Vec, out: wf.MutVec) => {
      for (let i = 0; i < x.length; i++) for (const level of LEVELS) if (x[i] > level) out[i]++;
    },
  },
  {
    name: 'bytes to counts', signature: '(n)->(8)', inputs: [arrayOf([3, 20], (k) => (k * 5) % 8, 'uint8')],
    loop: [3], outputs: [[8]], dtype: 'int32', gives: 'int32',
    f: (x: wf.Vec, out: wf.MutVec) => { for (let i = 0; i < x.length; i++) out[x[i]] += 1; },
  },
  {
    name: 'a dtype for each output', signature: '(n)->(),()', inputs: [rows],
    loop: [4], outputs: [[], []], dtype: ['int32', 'bool'], gives: ['int32', 'bool'],
    f: (x: wf.Vec) => [x[0] * 2, x[1] > 0],
  },
  {
    name: 'early returns', signature: '(n)->(n)', inputs: [rows], loop: [4], outputs: [[6]],
    f: (x: wf.Vec, out: wf.MutVec) => {
      for (let i = 0; i < x.length; i++) {
        if (x[i] > 5) return;
        out[i] = x[i];
      }
      out[0] = 100;
    },
  },
  {
    name: 'stores beyond the ends are left out', signature: '(n)->(n)', inputs: [rows], loop: [4], outputs: [[6]],
    f: (x: wf.Vec, out: wf.MutVec) => { for (let i = 0; i < x.length; i++) out[i + x[i]] = i + 1; },
  },
  { name: 'no rows', signature: '(n),(n)->()', f: dot, inputs: [numbers([0, 6]), row], loop: [0], outputs: [[]] },
  {
    name: 'rows of nothing', signature: '(n),(n)->()', f: dot, inputs: [numbers([3, 0]), numbers([0])],
    loop: [3], outputs: [[]],
  },
];

/** The sub-array of the last axes at a point of the loop axes, after these broadcast. */
function partAt(a: Arg, core: number, loop: readonly number[], at: readonly number[]): Arg {
  if (typeof a === 'number') return a;
  const inner = a.shape.slice(a.shape.length - core);
  const whole = broadcastTo(a, [...loop, ...inner]);
  return build(inner, (i) => element(whole, [...at, ...i]));
}

/** The function called at every point of the loop axes. */
function plainly({ signature, f, inputs, loop, outputs }: Case): Want[] {
  const cores = signature.split('->')[0].slice(1, -1).split('),(').map((dims) => (dims === '' ? 0 : dims.split(',').length));
  const stores = f.length > inputs.length;
  const values = outputs.map((): number[] => []);
  for (const at of coordinates(loop)) {
    const stored = stores ? outputs.map((shape) => listed(arrayOf(shape, () => 0))) : [];
    const parts = inputs.map((a, k) => listed(partAt(a, cores[k], loop, at)));
    const returned = (f as (...args: unknown[]) => unknown)(...parts, ...stored);
    const made = stores ? stored : [returned].flat();
    made.forEach((m, k) => values[k].push(...flat(m).slice(0, sizeOf(outputs[k]))));
  }
  const inner = signature.split('->')[1].slice(1, -1).split('),(');
  return outputs.map((shape, k) => ({ shape: inner[k] === '' ? loop : [...loop, ...shape], values: values[k] }));
}

const test = suite('functions of sub-arrays');
for (const c of cases) {
  test(c.name, async () => {
    const want = plainly(c);
    const call = wf.guvectorize(c.signature, c.f as (...args: never[]) => number, { constants: c.constants, dtype: c.dtype });
    for (const target of targets) {
      const got = await computeAll(target, () => [call(...c.inputs.map(given))].flat() as wf.WeftArray[]);
      compare(got, want, target, c.close);
      if (c.gives !== undefined) assert.equal(got.map((g) => g.dtype), [c.gives].flat(), target);
    }
  });
}

test('it fuses with what is around it', async () => {
  const call = wf.guvectorize('(n)->(n)', cumulate);
  for (const target of targets) {
    const [got] = await computeAll(target, () => [call(wf.array(rows.data as number[], { shape: [4, 6] }).mul(2)).add(1)]);
    const [want] = plainly({ ...cases[1], inputs: [{ ...rows, data: rows.data.map((v) => v * 2) }] });
    compare([got], [{ ...want, values: want.values.map((v) => v + 1) }], target);
  }
});

test.run();
