/** Arrays beyond 4 GiB of memory, where the engine has memory64. Pages that nobody writes to cost nothing. */
import os from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { hasMemory64 } from '../../src/targets/cpu/wasm/index.ts';

const GIB = 2 ** 30;
const isRoom = os.freemem() > 8 * GIB;
const why = hasMemory64() ? isRoom ? undefined : 'less than 8 GiB of memory are free' : 'this engine has no memory64';

if (why) console.log(`\nskip: arrays beyond 4 GiB: ${why}`);
const able = suite('beyond 4 GiB');
const test = why ? able.skip : able;

/** 4.5 GiB, of which a few elements are not 0. */
const length = 4.5 * GIB / 4;
const ones: readonly number[] = [0, 7, length / 2, length - 1000, length - 1];
let large: wf.WeftArray;

able.before(() => {
  if (why) return;
  wf.configure({ target: 'cpu', threads: 2, memoryLimit: 12 * GIB });
  const values = wf.alloc([length], { dtype: 'float32' });
  ones.forEach((at, k) => { values[at] = k + 1; });
  large = wf.array(values, { adopt: true });
});

/** Where an array is. */
const addressOf = async (x: wf.WeftArray): Promise<number> => (await x.peek())!.byteOffset;

test('one array of more than 4 GiB is reduced', async () => {
  assert.is(await large.sum().item(), 15);
  assert.is(await large.argMax().item(), length - 1);
});

test('its far end is sliced, strided and picked from', async () => {
  assert.equal(await large.slice([length - 1001, length - 998]).mul(2).array(), [0, 8, 0]);
  assert.equal(await large.take(wf.array(Int32Array.of(length - 1, 0, length / 2))).array(), [5, 1, 3]);
  assert.equal(await large.reshape([2, length / 2]).slice([0, 2], [0, 8]).add(1).array(), [
    [2, 1, 1, 1, 1, 1, 1, 3], [4, 1, 1, 1, 1, 1, 1, 1],
  ]);
});

test('behind it: maps, stencils, reductions, products, scans and scatters', async () => {
  const side = 1024;
  const x = await wf.arange(side * side).mod(17).reshape([side, side]).eval();
  assert.ok(await addressOf(x) > 4 * GIB, 'it lies beyond 4 GiB');
  const at = (i: number, j: number): number => (i * side + j) % 17;
  const cross = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1), { border: 'wrap' });
  const [mapped, crossed, twice] = await wf.evaluate([x.mul(2).add(1), cross(x), wf.iterate(x, 2, (u) => cross(u))]);
  const read = async (y: wf.WeftArray, i: number, j: number) => (await y.slice([i, i + 1], [j, j + 1]).data())[0];
  const [row, column] = [700, 1023];
  const sums = (n: number, value: (k: number) => number): number =>
    Array.from({ length: n }, (_, k) => value(k)).reduce((a, b) => a + b);
  assert.is(await read(mapped, row, column), 2 * at(row, column) + 1);
  assert.is(await read(crossed, row, column), at(699, 1023) + at(701, 1023) + at(700, 1022) + at(700, 0));
  assert.is(await twice.sum().item(), 16 * sums(side * side, (k) => k % 17));
  assert.equal(await x.sum(1).slice([row, row + 1]).array(), [sums(side, (j) => at(row, j))]);
  assert.is(await read(x.matmul(x), 3, 5), sums(side, (k) => at(3, k) * at(k, 5)));
  const flat = x.reshape([side * side]).asType('int32');
  assert.equal(await flat.cumSum().slice([99, 101]).array(), [99, 100].map((last) => sums(last + 1, (k) => k % 17)));
  assert.equal(await flat.sort().slice([61_680, 61_682]).array(), [0, 1]);
  assert.equal(await wf.scatterAdd(wf.zeros([17], { dtype: 'int32' }), flat, 1).slice([0, 2]).array(), [61_681, 61_681]);
});

test('more elements than can be counted are refused', async () => {
  const error = await wf.zeros([2 ** 31], { dtype: 'uint8' }).add(1).data().then(() => undefined, (e: unknown) => e) as Error;
  assert.instance(error, wf.OutOfMemoryError);
  assert.match(error.message, /^the uint8 result of shape \[2147483648\] has 2,147,483,648 elements, and target 'cpu' counts to 2,130,706,432; work in parts/);
});

able.after(() => wf.closeTargets());
able.run();
