import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InternalError, OutOfMemoryError } from '../../src/errors.ts';
import { describeBytes } from '../../src/bytes.ts';
import { createHeap, type Block } from '../../src/targets/cpu/heap.ts';

const MIB = 2 ** 20;
const isInternal = (error: unknown): boolean => error instanceof InternalError;

test('blocks are aligned, apart, and readable 64 bytes past their end', () => {
  const heap = createHeap();
  const blocks = [0, 1, 63, 64, 65, 1000, 100_000, 3 * MIB].map((bytes) => heap.allocate(bytes));
  let end = 1;
  for (const { address, bytes } of blocks) {
    assert.is(address % 64, 0);
    assert.ok(address >= end);
    end = address + bytes;
    assert.is(heap.view(Uint8Array, address, bytes + 64).length, bytes + 64);
  }
});

test('shared by default, unshared on request', () => {
  assert.ok(createHeap().memory.buffer instanceof SharedArrayBuffer);
  const heap = createHeap({ shared: false });
  assert.not(heap.shared);
  const { address } = heap.allocate(40 * MIB);
  heap.view(Float32Array, address, 10 * MIB).fill(1);
});

test('a freed block is used again before untouched memory', () => {
  const heap = createHeap();
  const a = heap.allocate(MIB);
  const guard = heap.allocate(64);
  heap.free(a);
  assert.is(heap.allocate(MIB).address, a.address);
  heap.free(guard);
});

test('neighbours merge: two freed halves serve one whole', () => {
  const heap = createHeap();
  const [a, b, c] = [heap.allocate(MIB), heap.allocate(MIB), heap.allocate(MIB)];
  heap.allocate(64);
  for (const block of [a, c, b]) heap.free(block);
  assert.is(heap.allocate(3 * MIB).address, a.address);
});

test('small blocks that live on leave the room between large ones whole', () => {
  const heap = createHeap({ limit: 4 * MIB });
  const large: Block[] = [];
  heap.allocate(100);
  for (let k = 0; k < 3; k++) {
    large.push(heap.allocate(MIB));
    for (let n = 0; n < 10; n++) heap.allocate(1000);
  }
  for (const block of large) heap.free(block);
  heap.allocate(3 * MIB);
});

test('the last bytes go to small blocks one by one', () => {
  const heap = createHeap({ limit: MIB });
  const blocks: Block[] = [heap.allocate(MIB - 1024 - 64 - 1024)];
  for (let k = 0; k < 16; k++) blocks.push(heap.allocate(64));
  assert.throws(() => heap.allocate(1), (error: unknown) => error instanceof OutOfMemoryError);
  for (const block of blocks) heap.free(block);
  assert.is(heap.stats.used, 0);
  heap.allocate(MIB - 1024 - 64);
});

test('freeing everything gives everything back', () => {
  const heap = createHeap();
  const blocks = Array.from({ length: 50 }, (_, i) => heap.allocate(i * 1000));
  for (const i of [7, 3, 9]) heap.free(blocks.splice(i, 1)[0]!);
  for (const block of blocks) heap.free(block);
  assert.is(heap.stats.used, 0);
  assert.is(heap.stats.blocks, 0);
  assert.ok(heap.stats.peak > 1_000_000);
  assert.is(heap.allocate(MIB).address, blocks[0]!.address);
});

test('freeing twice, or another heap\'s block, is an error', () => {
  const heap = createHeap();
  const block = heap.allocate(10);
  assert.throws(() => heap.free({ ...block }), isInternal);
  heap.free(block);
  assert.throws(() => heap.free(block), isInternal);
});

test('running out says what was asked, used and allowed, and changes nothing', () => {
  const heap = createHeap({ limit: 4 * MIB });
  const kept = heap.allocate(2 * MIB);
  const before = heap.stats;
  assert.throws(() => heap.allocate(3 * MIB), (error: unknown) =>
    error instanceof OutOfMemoryError && /no room for 3 MiB: 2 MiB are in use, and the limit is 4 MiB/.test(error.message));
  assert.equal(heap.stats, before);
  const rest = heap.allocate(MIB);
  assert.throws(() => heap.allocate(2 ** 40), /no room for 1024 GiB/);
  heap.free(kept);
  heap.free(rest);
  heap.allocate(3 * MIB);
});

test('the whole limit can be used, except the reserved start and the slack', () => {
  const heap = createHeap({ limit: 4 * MIB });
  heap.allocate(4 * MIB - 1024 - 64);
  assert.is(heap.stats.capacity, 4 * MIB);
});

test('data survives growth and random traffic; blocks never overlap', () => {
  const heap = createHeap();
  const live: Block[] = [];
  let seed = 1;
  const random = (n: number): number => (seed = (seed * 48271) % 0x7fffffff) % n;
  for (let turn = 0; turn < 20_000; turn++) {
    if (live.length > 100 || (live.length > 0 && random(2) === 0)) {
      const block = live.splice(random(live.length), 1)[0]!;
      const words = heap.view(Uint32Array, block.address, block.bytes >> 2);
      if (words.length > 0) assert.is(words[0], block.address);
      if (words.length > 0) assert.is(words[words.length - 1], block.address);
      heap.free(block);
    } else {
      const block = heap.allocate(random(4) === 0 ? random(200_000) : random(2000));
      const words = heap.view(Uint32Array, block.address, block.bytes >> 2);
      words.fill(block.address);
      live.push(block);
    }
  }
  assert.ok(heap.stats.capacity < 3 * heap.stats.peak, 'little is lost to fragments');
  for (const block of live) heap.free(block);
  assert.is(heap.stats.used, 0);
});

test('more than 2 GiB: addresses stay positive numbers', () => {
  const heap = createHeap();
  if (heap.stats.limit < 2 ** 32) return;
  heap.allocate(2.5 * 1024 * MIB);
  const block = heap.allocate(100);
  assert.ok(block.address > 2 ** 31);
  heap.view(Uint8Array, block.address, 100).fill(3);
});

test('byte counts are readable', () => {
  assert.equal([100, 12_288, 1.5 * MIB, 2 ** 32].map(describeBytes), ['100 bytes', '12 KiB', '1.5 MiB', '4 GiB']);
});

test('allocation is fast', () => {
  const heap = createHeap();
  const start = performance.now();
  for (let i = 0; i < 100_000; i++) heap.free(heap.allocate(4096));
  console.log(`  allocate and free: ${((performance.now() - start) / 100).toFixed(2)} us`);
});

test.run();
