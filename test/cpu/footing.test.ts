/** Kernels that are slow at one place of the stack are called from another. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Footing } from '../../src/targets/cpu/threads/footing.ts';

const test = suite('footing of kernels');

/** A kernel that takes so long for a block, by how many surplus arguments it has. */
function bench(timeOf: (surplus: number, block: number) => number) {
  let time = 0;
  const places: number[] = [], blocks: number[] = [], given: unknown[] = [];
  function kernel(...args: unknown[]): void {
    places.push(args.length - 3);
    given.push(args[2]);
    for (let block = args[0] as number; block < (args[1] as number); block++) {
      blocks.push(block);
      time += timeOf(args.length - 3, block);
    }
  }
  const footing = new Footing(kernel, () => time);
  const run = (count: number): void => {
    for (let k = 0; k < count; k++) footing.run(2 * k, 2 * k + 2, 77);
  };
  return { places, blocks, given, run };
}

/** Times are milliseconds here: calls are so long that they are tried again soon. */
const TRIED = 16, ROUND = TRIED + 128;

test('every block runs once, with its parameters', () => {
  const { run, blocks, given } = bench(() => 1);
  run(100);
  assert.equal(blocks, Array.from({ length: 200 }, (_, k) => k));
  assert.ok(given.every((params) => params === 77));
});

test('four places are tried, and it stays where it was unless that is slow', () => {
  const even = bench(() => 1);
  even.run(ROUND);
  assert.equal([...new Set(even.places)], [0, 128, 256, 384]);
  assert.ok(even.places.slice(TRIED).every((surplus) => surplus === 0));
  for (const bad of [0, 128, 384]) {
    const slow = bench((surplus) => (surplus === bad ? 2.5 : 1));
    slow.run(ROUND);
    assert.not(slow.places.slice(TRIED).includes(bad), `${bad}`);
  }
});

test('blocks that differ do not mislead it', () => {
  const { run, places } = bench((_, block) => 1 + Math.sin(block / 9) ** 2);
  run(ROUND);
  assert.ok(places.slice(TRIED).every((surplus) => surplus === 0));
});

test('it is tried again: the caller may stand elsewhere by then', () => {
  let bad = 256;
  const { run, places } = bench((surplus) => (surplus === bad ? 3 : 1));
  run(3 * ROUND);
  assert.is(places.at(-1), 0);
  bad = 0;
  run(ROUND);
  assert.is.not(places.at(-1), 0);
});

test('short calls are tried less often', () => {
  const { run, places } = bench(() => 0.0005);
  run(3000);
  assert.is(places.filter((surplus) => surplus > 0).length, 12);
});

test('what a kernel throws is passed on', () => {
  const footing = new Footing(() => { throw new Error('trap'); });
  assert.throws(() => footing.run(0, 1, 0), /trap/);
});

test.run();
