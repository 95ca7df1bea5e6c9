/** Memory that users and arrays share: `alloc`, `adopt`, `peek`, and how often values are copied on their way. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';
import { collect } from '../support/spy.ts';
import { fastTargets } from '../support/targets.ts';

const cpu = { target: 'cpu' };
const used = (): number => wf.memory().cpu.used;
await wf.array([1, 2]).add(1).eval(cpu);

/** The bytes that typed arrays copy from each other while something runs, of large ones: code is copied too. */
async function copied(work: () => unknown): Promise<number> {
  const prototype = Object.getPrototypeOf(Float32Array.prototype) as Record<'set' | 'slice', (...args: unknown[]) => unknown>;
  const { set, slice } = prototype;
  let bytes = 0;
  const count = (values: unknown): void => {
    if (ArrayBuffer.isView(values) && values.byteLength >= BYTES) bytes += values.byteLength;
  };
  prototype.set = function (this: unknown, ...args) { return count(args[0]), set.apply(this, args); };
  prototype.slice = function (this: unknown, ...args) { return count(this), slice.apply(this, args); };
  try {
    await work();
  } finally {
    Object.assign(prototype, { set, slice });
  }
  return bytes;
}

const ELEMENTS = 1 << 16;
const data = Float32Array.from({ length: ELEMENTS }, (_, k) => k % 251);
const BYTES = data.byteLength;

const copies = suite('copies between JavaScript and the memory of the cpu target');
copies('of a typed array that becomes an array and is computed with: one', async () => {
  assert.is(await copied(async () => wf.array(data).sum().item(cpu)), BYTES);
});
copies('the array has the values of that moment', async () => {
  const own = data.slice(), x = wf.array(own);
  own.fill(0);
  assert.is((await x.max().item(cpu)), 250);
});
copies('of a result that is read: one, each time', async () => {
  const y = await wf.array(data).add(1).eval(cpu);
  assert.is(await copied(() => y.data(cpu)), BYTES);
  assert.is(await copied(() => y.dataSync(cpu)), BYTES);
});
copies('of an adopted typed array: one, when it is first computed with', async () => {
  const x = wf.array(data, { adopt: true });
  assert.is(await copied(() => x.sum().item(cpu)), BYTES);
  assert.is(await copied(() => x.max().item(cpu)), 0);
});
copies('of memory from alloc, and of values that are looked at: none', async () => {
  const memory = wf.alloc(ELEMENTS).fill(2);
  assert.is(await copied(async () => (await wf.array(memory, { adopt: true }).mul(3).peek(cpu))[7] === 6), 0);
});
copies.run();

const alloc = suite('alloc');
alloc('has any shape and dtype', () => {
  assert.is(wf.alloc([2, 3]).length, 6);
  assert.instance(wf.alloc(3, { dtype: 'uint8' }), Uint8Array);
  assert.is(wf.alloc(0).length, 0);
  assert.throws(() => wf.alloc(-1), (error: unknown) => error instanceof wf.ShapeError);
  assert.throws(() => wf.alloc(1, { dtype: 'int64' as 'int32' }), (error: unknown) => error instanceof wf.DTypeError);
});
alloc('is not handed to anyone else while somebody can reach it', async () => {
  const part = wf.alloc(1000).fill(7).subarray(10, 20);
  await collect();
  for (let k = 0; k < 50; k++) await wf.ones([1000]).add(k).eval(cpu);
  assert.equal([...part], new Array(10).fill(7));
});
alloc('is free when typed array and arrays are gone, in either order', async () => {
  await collect();
  const before = used();
  const some = (): { memory?: Float32Array; x?: wf.WeftArray } => {
    const memory = wf.alloc(100_000).fill(1);
    return { memory, x: wf.array(memory, { adopt: true }) };
  };
  const first = some();
  assert.is(used() - before, 400_000);
  delete first.memory;
  await collect();
  assert.is(await first.x!.sum().item(cpu), 100_000);
  delete first.x;
  await collect();
  assert.is(used(), before);

  const second = some();
  second.x!.dispose();
  assert.is(used() - before, 400_000);
  assert.is(await wf.array(second.memory!.fill(3), { adopt: true }).max().item(cpu), 3);
  delete second.memory;
  delete second.x;
  await collect();
  assert.is(used(), before);
});
alloc('is filled again for the next frame; what was computed stays', async () => {
  const frame = wf.alloc([4]);
  const results: wf.WeftArray[] = [];
  for (let n = 0; n < 3; n++) {
    frame.fill(n);
    results.push(await wf.array(frame, { shape: [2, 2], adopt: true }).add(0.5).eval(cpu));
  }
  assert.equal(await Promise.all(results.map((y) => y.sum().item(cpu))), [2, 6, 10]);
});
alloc('is not written to by into(), as others can see it', async () => {
  const memory = wf.alloc(4).fill(1);
  const x = wf.array(memory, { adopt: true });
  await x.mul(5).into(x, cpu);
  assert.equal([...memory], [1, 1, 1, 1]);
  assert.equal(await x.array(cpu), [5, 5, 5, 5]);
});
alloc('a part of it, or more than it, is a typed array like any other', async () => {
  const memory = wf.alloc(8).map((_, k) => k);
  const own = wf.alloc(8);
  own.set(memory);
  assert.equal(await wf.array(own.subarray(2, 4), { adopt: true }).array(cpu), [2, 3]);
  assert.equal(await wf.array(own.subarray(0, 2), { adopt: true }).array(cpu), [0, 1]);
  const more = new Float32Array(own.buffer, own.byteOffset, 64);
  assert.is((await wf.array(more, { adopt: true }).add(1).data(cpu)).length, 64);
});
alloc('outlives its target', async () => {
  const memory = wf.alloc(3).fill(4), x = wf.array(memory, { adopt: true });
  const before = liveTarget('cpu');
  await wf.closeTargets();
  assert.is(await x.sum().item(cpu), 12);
  assert.is(await wf.array(memory.fill(5), { adopt: true }).sum().item(cpu), 15);
  assert.is.not(liveTarget('cpu'), before);
});
alloc('without room is an ordinary typed array', () => {
  const blocks = Array.from({ length: 9 }, () => wf.alloc(2 ** 27, { dtype: 'uint8' }));
  const huge = wf.alloc(2 ** 32 - 2 ** 20, { dtype: 'uint8' });
  assert.is(huge.length, 2 ** 32 - 2 ** 20);
  assert.instance(huge.buffer, ArrayBuffer);
  assert.is(blocks.length, 9);
});
alloc.run();

for (const target of [...fastTargets, 'reference']) {
  const on = { target };
  const test = suite(`adopt and peek on ${target}`);
  test('every dtype, both ways', async () => {
    for (const dtype of ['float32', 'int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8'] as const) {
      const memory = wf.alloc(5, { dtype });
      for (let k = 0; k < 5; k++) memory[k] = k + 1;
      for (const values of [memory, memory.slice()]) {
        const y = wf.array(values, { adopt: true }).add(1);
        assert.equal([...await y.peek(on)], [2, 3, 4, 5, 6], dtype);
        assert.is(y.dtype, dtype);
      }
    }
  });
  test('large ones', async () => {
    const memory = wf.alloc([300, 1001], { dtype: 'int16' });
    memory.forEach((_, k) => { memory[k] = k % 1000; });
    const y = wf.array(memory, { shape: [300, 1001], adopt: true }).add(1);
    const expected = memory.map((v) => v + 1);
    assert.equal(new Int16Array(await y.peek(on)), new Int16Array(expected));
  });
  test('a clamped array is one of bytes', async () => {
    const x = wf.array(Uint8ClampedArray.of(1, 2), { adopt: true });
    assert.instance(await x.peek(on), Uint8Array);
    assert.equal(await x.add(1).array(on), [2, 3]);
  });
  test('nested arrays and numbers are made into arrays as ever', async () => {
    assert.equal(await wf.array([[1, 2], [3, 4]], { adopt: true }).sum(0).array(on), [4, 6]);
  });
  test('what was looked at stays, though the array goes', async () => {
    const y = await wf.array([1, 2, 3]).mul(2).eval(on);
    const seen = await y.peek(on);
    await y.add(1).into(y, on);
    y.dispose();
    for (let k = 0; k < 5; k++) await wf.ones([3]).mul(k).eval(on);
    assert.equal([...seen], [2, 4, 6]);
  });
  test('an adopted buffer that was transferred before it was needed', async () => {
    const values = Float32Array.of(1, 2), x = wf.array(values, { adopt: true });
    structuredClone(values.buffer, { transfer: [values.buffer] });
    const error: unknown = await x.add(1).data(on).catch((e: unknown) => e);
    assert.instance(error, wf.TargetError);
    assert.match((error as Error).message, /^a float32 array of shape \[2\] was lost: the typed array it was made of was transferred/);
  });
  test.run();
}

const looking = suite('peek');
looking('is the memory of the array, and keeps it until it is collected', async () => {
  await wf.ones([50_000]).add(1).eval(cpu); // code takes memory too
  await collect();
  const before = used();
  const kept: { y?: wf.WeftArray; seen?: ArrayLike<number> & { byteOffset: number } } = {};
  kept.y = await wf.ones([50_000]).add(1).eval(cpu);
  kept.seen = kept.y.peekSync();
  assert.is((await kept.y.peek(cpu)).byteOffset, kept.seen.byteOffset);
  kept.y.dispose();
  delete kept.y;
  assert.ok(used() - before >= 200_000);
  assert.is(kept.seen[49_999], 2);
  delete kept.seen;
  await collect();
  assert.is(used(), before);
});
looking('of an array that was disposed is an error', async () => {
  const y = await wf.ones([3]).add(1).eval(cpu);
  y.dispose();
  assert.throws(() => y.peekSync(), (error: unknown) => error instanceof wf.DisposedError);
});
looking.run();
