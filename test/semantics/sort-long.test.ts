/** Rows that are long enough for a radix sort, and integers close enough to be counted: against plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypes, type DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { compare, dtypesOn, sortedIndices } from '../support/lists.ts';
import { random, typed } from '../support/special.ts';
import { targets, type TargetName } from '../support/targets.ts';

/** Four pieces, and then a piece that is not full. */
const LENGTHS = [16384, 20001];

/** Numbers of all magnitudes, with ties; floats with both zeros, both infinities and NaN. */
function numbers(dtype: DType, n: number): number[] {
  const next = random(n);
  const { kind, bits } = dtypes[dtype];
  if (kind === 'bool') return Array.from({ length: n }, () => Number(next() < 0.5));
  const low = kind === 'int' ? 0.5 : 0;
  if (kind !== 'float') return Array.from({ length: n }, () => Math.floor((next() - low) * 2 ** Math.ceil(bits * next())));
  const odd = [NaN, 0, -0, Infinity, -Infinity, 1];
  const any = (): number => Math.fround((next() - 0.5) * 10 ** (20 * next() - 10));
  return Array.from({ length: n }, () => (next() < 0.02 ? odd[Math.floor(next() * odd.length)] : any()));
}

/** What interpreters take too long for, cpu and device do. */
const tested = (target: TargetName): readonly DType[] =>
  (target === 'interpreter' ? ['int16'] : target === 'webgpu' ? ['float32', 'int32', 'uint8'] : dtypesOn(target));

for (const target of targets) {
  const test = suite(`long sorts on ${target}`);
  for (const dtype of tested(target)) {
    test(`${dtype}, both directions, the order of equals kept`, async () => {
      for (const n of target === 'cpu' ? LENGTHS : LENGTHS.slice(1)) for (const descending of [false, true]) {
        const data = [...typed(dtype, numbers(dtype, n))].map(Number);
        const array = () => wf.array(typed(dtype, data), { dtype });
        const build = () => [array().sort(0, { descending }), array().argSort(0, { descending })];
        const [sorted, order] = await computeAll(target, build);
        const expected = sortedIndices(data, descending);
        const label = `${n} ${dtype}${descending ? ' descending' : ''}`;
        assert.is(expected.findIndex((at, k) => order.values[k] !== at), -1, `${label}: order`);
        assert.is(expected.findIndex((at, k) => compare(sorted.values[k], data[at]) !== 0), -1, label);
      }
    });
  }
  test.run();
}

const cpu = suite('long sorts on cpu, besides');
cpu.after(() => void wf.configure({ threads: 0 }));
cpu('every -0 stays, before the zeros', async () => {
  const data = new Float32Array(17000).map((_, k) => [1, -0, -1, 0][k % 4]);
  const { values } = await compute('cpu', () => wf.array(data).sort());
  const zeros = [...values].filter((v) => v === 0);
  assert.is(zeros.filter((v) => Object.is(v, -0)).length, 4250);
  assert.is(zeros.findIndex((v) => Object.is(v, 0)), 4250);
});
cpu('several rows, an outer axis, and what is computed', async () => {
  const x = wf.array(typed('int32', numbers('int32', 3 * 16500)), { shape: [3, 16500] });
  const rows = await x.array() as number[][];
  const byRow = (await (await x.sort(1)).array()) as number[][];
  const byColumn = (await x.transpose().add(1).sort(0).transpose().array()) as number[][];
  rows.forEach((row, k) => {
    const expected = [...row].sort((a, b) => a - b);
    assert.equal(byRow[k], expected);
    assert.equal(byColumn[k], expected.map((v) => (v + 1) | 0).sort((a, b) => a - b));
  });
});
cpu('the same for 1, 2 and 3 threads', async () => {
  const data = typed('float32', numbers('float32', 50_000));
  const runs: string[] = [];
  for (const threads of [1, 2, 3]) {
    wf.configure({ threads });
    runs.push((await compute('cpu', () => wf.array(data).argSort())).values.join());
  }
  assert.ok(runs[0] === runs[1] && runs[0] === runs[2]);
});
cpu('different integers: few and close, or far apart', async () => {
  const next = random(5);
  const cases: [DType, (k: number) => number][] = [
    ['int32', () => Math.floor(next() * 300) - 150], ['int32', (k) => -(2 ** 31) + 3 * (k % 100)],
    ['int32', (k) => (k % 2 ? 2 ** 31 - 1 : -(2 ** 31))],
    ['uint32', (k) => 2 ** 32 - 1 - 7 * (k % 50)], ['uint32', (k) => (k * 2654435761) % 2 ** 32], ['int8', (k) => (k % 256) - 128],
    ['uint8', (k) => (k * 3) % 256], ['uint16', (k) => (k * k) % 65536], ['int16', () => -7],
  ];
  for (const [dtype, f] of cases) {
    const data = typed(dtype, Array.from({ length: 20_000 }, (_, k) => f(k)));
    const different = await wf.unique(wf.array(data, { dtype }), { target: 'cpu' });
    assert.is(different.dtype, dtype);
    assert.equal([...await different.data({ target: 'cpu' })], [...new Set([...data].map(Number))].sort((a, b) => a - b), dtype);
  }
});
cpu.run();
