/** Kernels with parallel loops on every target, against the same function in plain JavaScript, its turns one after the other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { computeAll } from '../support/compute.ts';
import type { Nd } from '../support/nd.ts';
import { targets, type Tolerance } from '../support/targets.ts';
import { arrayOf, compare, flat, given, listed, type Arg, type Want } from './plain.ts';

interface Case {
  readonly name: string;
  readonly f: (...args: never[]) => unknown;
  readonly inputs: readonly Arg[];
  /** What the parameters after the inputs start from. */
  readonly outputs: readonly Nd[];
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly close?: Tolerance;
}
const loop = (name: string, f: Case['f'], inputs: readonly Arg[], outputs: readonly Nd[] = [], more: Partial<Case> = {}): Case =>
  ({ name, f, inputs, outputs, ...more });

const zeros = (...shape: number[]): Nd => arrayOf(shape, () => 0);
const line = arrayOf([11], (k) => (k * 7) % 11 - 3), empty = arrayOf([0], () => 0);
const bytes = arrayOf([23], (k) => (k * 5) % 7, 'uint8'), ints = arrayOf([23], (k) => k * k % 17 - 5, 'int32');
const square = arrayOf([5, 7], (k) => (k * 11) % 13 - 4), cube = arrayOf([3, 4, 5], (k) => (k * 7) % 19);
const WEIGHTS = [0.5, 2, 0.25], norm = (v: number, w: number): number => Math.sqrt(v * v + w * w);

const maps = [
  loop('element by element', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) out[i] = x[i] * 2 + i;
  }, [line], [zeros(11)]),
  loop('several outputs', (x: wf.Vec, a: wf.MutVec, b: wf.MutVec) => {
    for (const i of wf.prange(x.length)) {
      a[i] = x[i] + 1;
      b[i] = a[i] * x[i];
    }
  }, [line], [zeros(11), zeros(11)]),
  loop('pairs of a grid', (x: wf.Mat, out: wf.MutMat) => {
    for (const [i, j] of wf.prange([x.shape[0], x.shape[1]])) out[i][j] = x[i][j] * 10 + i - j;
  }, [square], [zeros(5, 7)]),
  loop('the shape as a grid', (x: wf.Mat, out: wf.MutMat) => {
    for (const [i, j] of wf.prange(x.shape)) out[i][j] = x[x.shape[0] - 1 - i][j];
  }, [square], [zeros(5, 7)]),
  loop('triples of a grid', (x: wf.Tensor3, out: wf.MutTensor3) => {
    const [a, b, c] = x.shape;
    for (const [i, j, k] of wf.prange([a, b, c])) out[i][j][k] = x[i][j][c - 1 - k] + i * 100;
  }, [cube], [zeros(3, 4, 5)]),
  loop('a part of the output', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(2, 6)) out[i] = x[i];
  }, [line], [arrayOf([11], (k) => -k)]),
  loop('steps', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(1, x.length, 3)) out[i] = x[i] + i;
  }, [line], [arrayOf([11], (k) => -k)]),
  loop('backwards', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length - 1, -1, -2)) out[i] = x[x.length - 1 - i];
  }, [line], [zeros(11)]),
  loop('an empty range', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(5, 2)) out[i] = x[i];
  }, [line], [arrayOf([11], (k) => k)]),
  loop('a transposed output', (x: wf.Mat, out: wf.MutMat) => {
    for (const [i, j] of wf.prange([x.shape[0], x.shape[1]])) out[j][i] = x[i][j];
  }, [square], [zeros(7, 5)]),
  loop('stores that a condition leaves out', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) {
      if (x[i] < 0) continue;
      out[i] = x[i];
      if (x[i] > 3) out[i] = 100;
    }
  }, [line], [arrayOf([11], (k) => -k)]),
  loop('numbers as arguments', (x: wf.Vec, n: number, scale: number, out: wf.MutVec) => {
    for (const i of wf.prange(n)) out[i] = x[i] * scale;
  }, [line, 4, 0.5], [zeros(11)]),
  loop('constants and helpers', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) out[i] = norm(x[i], WEIGHTS[i % 3]);
  }, [line], [zeros(11)], { constants: { WEIGHTS, norm } }),
  loop('narrow integers', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) out[i] = x[i] * 100 + x[(i + 1) % x.length];
  }, [bytes], [zeros(23)]),
];

const inside = [
  loop('rows', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      let sum = 0;
      for (let j = 0; j < x.shape[1]; j++) sum += x[i][j] ** 2;
      const length = Math.sqrt(sum);
      for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / length;
    }
  }, [square], [zeros(5, 7)]),
  loop('rows by name', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      const from = x[i], to = out[i];
      for (let j = 0; j < from.length; j++) to[j] = from[from.length - 1 - j] + from[0];
    }
  }, [square], [zeros(5, 7)]),
  loop('running sums, each from what was stored', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      out[i][0] = x[i][0];
      for (let j = 1; j < x.shape[1]; j++) out[i][j] = out[i][j - 1] + x[i][j];
    }
  }, [square], [zeros(5, 7)]),
  loop('sorting in place', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < x.shape[1]; j++) {
        let k = j - 1;
        while (k >= 0 && out[i][k] > x[i][j]) {
          out[i][k + 1] = out[i][k];
          k--;
        }
        out[i][k + 1] = x[i][j];
      }
    }
  }, [square], [zeros(5, 7)]),
  loop('jumps of inner loops', (x: wf.Mat, out: wf.MutVec) => {
    for (const i of wf.prange(x.shape[0])) {
      out[i] = -1;
      for (let j = 0; j < x.shape[1]; j++) {
        if (x[i][j] < 2) continue;
        out[i] = j;
        break;
      }
    }
  }, [square], [zeros(5)]),
  loop('a label on the parallel loop', (x: wf.Mat, out: wf.MutVec) => {
    rows: for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < x.shape[1]; j++) if (x[i][j] === 8) continue rows;
      out[i] = 1;
    }
  }, [square], [zeros(5)]),
  loop('functions that read and store', (x: wf.Mat, out: wf.MutMat) => {
    const total = (row: wf.Vec) => {
      let s = 0;
      for (let j = 0; j < row.length; j++) s += row[j];
      return s;
    };
    const put = (row: wf.MutVec, j: number, v: number) => { row[j] = v; };
    for (const i of wf.prange(x.shape[0])) {
      const all = total(x[i]);
      for (let j = 0; j < x.shape[1]; j++) put(out[i], j, x[i][j] * all);
    }
  }, [square], [zeros(5, 7)]),
  loop('a parallel loop inside another one', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) for (const j of wf.prange(0, x.shape[1], 2)) out[i][j] = x[i][j] + j;
  }, [square], [zeros(5, 7)]),
  loop('an inner range backwards', (x: wf.Mat, out: wf.MutVec) => {
    for (const i of wf.prange(x.shape[0])) {
      let s = 0;
      for (const j of wf.prange(6, -1, -2)) s = s * 2 + x[i][j];
      out[i] = s;
    }
  }, [square], [zeros(5)]),
  loop('a parallel loop in a condition', (x: wf.Vec, out: wf.MutVec) => {
    if (x[1] > 1) for (const i of wf.prange(x.length)) out[i] = x[i];
    else for (const i of wf.prange(x.length)) out[i] = -x[i];
  }, [line], [zeros(11)]),
  loop('local arrays of each turn', (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      const counts = [0, 0, 0];
      for (let j = 0; j < x.shape[1]; j++) counts[x[i][j] < 0 ? 0 : x[i][j] < 4 ? 1 : 2] += 1;
      for (let k = 0; k < 3; k++) out[i][k] = counts[k];
    }
  }, [square], [zeros(5, 3)]),
];

const together = [
  loop('one after the other', (x: wf.Vec, out: wf.MutVec) => {
    let sum = 0;
    for (const i of wf.prange(x.length)) sum += x[i];
    const mean = sum / x.length;
    let spread = 0;
    for (const i of wf.prange(x.length)) spread += (x[i] - mean) ** 2;
    for (const i of wf.prange(x.length)) out[i] = (x[i] - mean) / Math.sqrt(spread);
    return [mean, spread];
  }, [line], [zeros(11)], { close: { ulp: 32, atol: 1e-6 } }),
  loop('the second loop reads what the first stored', (x: wf.Vec, a: wf.MutVec, b: wf.MutVec) => {
    for (const i of wf.prange(x.length)) a[i] = x[i] * x[i];
    for (const i of wf.prange(x.length)) b[i] = a[i] + a[x.length - 1 - i];
  }, [line], [zeros(11), zeros(11)]),
  loop('the second loop changes what the first stored', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) out[i] = x[i] * 2;
    for (const i of wf.prange(x.length)) out[i] += i;
  }, [line], [zeros(11)]),
  loop('statements between the loops', (x: wf.Vec, out: wf.MutVec) => {
    out[0] = 5;
    out[1] = out[0] + x[1];
    for (const i of wf.prange(2, x.length)) out[i] = x[i];
    [out[0], out[2]] = [out[2], out[0]];
  }, [line], [zeros(11)]),
  loop('an element that was stored, between the loops', (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) out[i] = x[i] + 4;
    const first = out[0], half = out[1] > 3 ? 0.5 : 2;
    for (const i of wf.prange(x.length)) out[i] = out[i] * first * half;
    return out[2];
  }, [line], [zeros(11)]),
  loop('a loop that stores, between parallel loops', (x: wf.Vec, out: wf.MutVec) => {
    let sum = 0, last = -1;
    for (let i = 0; i < x.length; i++) {
      sum += x[i];
      out[i] = sum;
      if (x[i] > 4) last = i;
    }
    for (const i of wf.prange(x.length)) out[i] = out[i] / sum;
    return [sum, last];
  }, [line], [zeros(11)]),
  loop('a sum of sums', (x: wf.Mat) => {
    let all = 0;
    for (const i of wf.prange(x.shape[0])) {
      let row = 0;
      for (let j = 0; j < x.shape[1]; j++) row += x[i][j];
      all += row * row;
    }
    return all;
  }, [square]),
];

const reductions = [
  loop('sum', (x: wf.Vec) => { let s = 0; for (const i of wf.prange(x.length)) s += x[i]; return s; }, [line]),
  loop('sum by assignment', (x: wf.Vec) => { let s = 1; for (const i of wf.prange(x.length)) s = x[i] + s; return s; }, [line]),
  loop('difference', (x: wf.Vec) => { let s = 10; for (const i of wf.prange(x.length)) s -= x[i]; return s; }, [line]),
  loop('product', (x: wf.Vec) => { let s = 3; for (const i of wf.prange(4)) s *= x[i]; return s; }, [line]),
  loop('smallest and largest', (x: wf.Vec) => {
    let [low, high] = [Infinity, -Infinity];
    for (const i of wf.prange(x.length)) {
      low = Math.min(low, x[i]);
      high = Math.max(x[i], high);
    }
    return [low, high];
  }, [line]),
  loop('what is there before counts', (x: wf.Vec) => {
    let low = -100, high = x[0] + 50;
    for (const i of wf.prange(x.length)) {
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
    }
    return [low, high];
  }, [line]),
  loop('counts', (x: wf.Vec) => {
    let n = 0, m = 5;
    for (const i of wf.prange(x.length)) {
      if (x[i] > 1) n++;
      m += +(x[i] > 2);
      if (x[i] < 0) m--;
    }
    return [n, m];
  }, [line]),
  loop('turns that contribute nothing', (x: wf.Vec) => {
    let s = 0, p = 1;
    for (const i of wf.prange(x.length)) {
      if (x[i] <= 0) continue;
      s += x[i];
      if (x[i] < 4) p *= x[i];
    }
    return [s, p];
  }, [line]),
  loop('integers', (x: wf.Vec) => {
    let s = 0, p = 1, low = 100, high = -100;
    for (const i of wf.prange(x.length)) {
      s += x[i];
      p *= x[i] % 2 === 0 ? 1 : x[i];
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
    }
    return [s, p | 0, low, high];
  }, [arrayOf([9], (k) => k * k % 7 - 2, 'int32')]),
  loop('over a grid', (x: wf.Mat) => {
    let s = 0, high = -Infinity;
    for (const [i, j] of wf.prange(x.shape)) {
      s += x[i][j] * (i + 1);
      high = Math.max(high, x[i][j] - j);
    }
    return [s, high];
  }, [square]),
  loop('a histogram', (x: wf.Vec) => {
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (const i of wf.prange(x.length)) counts[x[i]] += 1;
    return counts;
  }, [bytes]),
  loop('a histogram in a typed array', (x: wf.Vec) => {
    const counts = new Int32Array(7);
    for (const i of wf.prange(x.length)) counts[x[i]]++;
    return [counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6]];
  }, [bytes]),
  loop('sums of columns', (x: wf.Mat) => {
    const sums = new Array<number>(7).fill(0);
    for (const i of wf.prange(x.shape[0])) for (let j = 0; j < 7; j++) sums[j] += x[i][j];
    return sums;
  }, [square]),
  loop('of nothing', (x: wf.Vec) => {
    let s = 7, p = 2, low = 3;
    for (const i of wf.prange(x.length)) {
      s += x[i];
      p *= x[i];
      low = Math.min(low, x[i]);
    }
    return [s, p, low];
  }, [empty]),
  loop('stores and reductions in one loop', (x: wf.Vec, out: wf.MutVec) => {
    let s = 0, n = 0;
    for (const i of wf.prange(x.length)) {
      out[x.length - 1 - i] = x[i];
      s += x[i];
      if (x[i] > 0) n += 1;
    }
    return [s, n];
  }, [line], [zeros(11)]),
  loop('integers and bytes', (a: wf.Vec, b: wf.Vec) => { let s = 0; for (const i of wf.prange(a.length)) s += a[i] * b[i]; return s; }, [ints, bytes]),
];

/** What the function gives as it is: its outputs, then what it returns. */
function plainly({ f, inputs, outputs }: Case): Want[] {
  const stored = outputs.map(listed);
  const returned = (f as (...args: unknown[]) => unknown)(...inputs.map(listed), ...stored);
  const values = returned === undefined ? [] : [returned].flat();
  const arrays = outputs.map(({ shape }, k) => ({ shape, values: flat(stored[k]) }));
  return [...arrays, ...values.map((v) => ({ shape: [], values: [Number(v)] }))];
}

function onAllTargets(title: string, cases: readonly Case[]): void {
  const test = suite(title);
  for (const c of cases) {
    test(c.name, async () => {
      const want = plainly(c);
      const f = c.f as (...args: never[]) => number;
      const apply: (...a: wf.ArrayInput[]) => unknown = wf.kernel(f, { constants: c.constants });
      for (const target of targets) {
        const call = (): wf.WeftArray[] => [apply(...[...c.inputs, ...c.outputs].map(given))].flat() as wf.WeftArray[];
        compare(await computeAll(target, call), want, target, c.close);
      }
    });
  }
  test.run();
}

onAllTargets('parallel loops: stores', maps);
onAllTargets('parallel loops: what turns do', inside);
onAllTargets('parallel loops: several', together);
onAllTargets('parallel loops: reductions', reductions);

const bits = suite('parallel loops: threads');
bits.after(() => void wf.configure({ threads: 0 }));

bits('the same bits for one thread and for several', async () => {
  const n = 300001;
  const x = wf.array(Float32Array.from({ length: n }, (_, k) => Math.sin(k) * 1e3));
  const all = wf.kernel((v: wf.Vec, out: wf.MutVec) => {
    let sum = 0, product = 1, low = Infinity, high = -Infinity;
    for (const i of wf.prange(v.length)) {
      sum += v[i] * 0.1;
      product *= 1 + v[i] * 1e-8;
      low = Math.min(low, v[i]);
      high = Math.max(high, v[i]);
    }
    const parts = [0, 0, 0, 0];
    for (const i of wf.prange(v.length)) {
      parts[i % 4] += v[i];
      out[i] = v[i] / sum;
    }
    return [sum, product, low, high, parts[0], parts[1], parts[2], parts[3]];
  });
  const runs: ArrayBufferLike[][] = [];
  for (const threads of [1, 2, 3]) {
    wf.configure({ threads });
    const results = await computeAll('cpu', () => [...all(x)] as wf.WeftArray[]);
    runs.push(results.map((r) => r.values.slice().buffer));
    const exact = Array.from({ length: n }, (_, k) => Math.fround(Math.sin(k) * 1e3)).reduce((a, b) => a + b, 0) * 0.1;
    assert.ok(Math.abs(results[1].values[0] - exact) < 0.05, `sum ${results[1].values[0]}, exactly ${exact}`);
  }
  for (const other of runs.slice(1)) assert.equal(other.map((b) => new Uint32Array(b)), runs[0].map((b) => new Uint32Array(b)));
});

bits.run();
