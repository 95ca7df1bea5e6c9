/** How threads share a launch: which blocks each takes, and whether it is worth sharing. No clock is asked. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createJudge, grainOf, knownOf, learnAlone, workOf, WORTH, type Paces } from '../../src/targets/cpu/threads/judge.ts';
import { CONTROL_BYTES, SPIN, WORD } from '../../src/targets/cpu/threads/layout.ts';
import { closeRanges, openRanges, take, takerOf } from '../../src/targets/cpu/threads/ranges.ts';

const ranges = suite('ranges of blocks');

function open(blocks: number, threads: number, { first = 0, grain = 1 } = {}): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  words[WORD.first] = first;
  words[WORD.blocks] = blocks;
  words[WORD.grain] = grain;
  words[WORD.helpers] = threads - 1;
  openRanges(words);
  return words;
}

interface Share {
  /** By thread. */
  readonly taken: number[][];
  /** When the last was done, by the time that blocks take. */
  readonly end: number;
}

/** Threads take blocks whenever they are through with what they have. */
function simulate(words: Int32Array, threads: number, cost: (block: number) => number): Share {
  const all = Array.from({ length: threads }, (_, thread) => ({ thread, time: 0, taker: takerOf(words, thread) }));
  const taken = all.map((): number[] => []);
  let end = 0;
  for (let busy = all; busy.length > 0;) {
    const next = busy.reduce((a, b) => (b.time < a.time ? b : a));
    if (!take(words, next.taker)) {
      busy = busy.filter((t) => t !== next);
      continue;
    }
    for (let block = next.taker.start; block < next.taker.end; block++) {
      taken[next.thread].push(block);
      next.time += cost(block);
    }
    end = Math.max(end, next.time);
  }
  return { taken, end };
}

ranges('every block is taken once, whatever the sizes', () => {
  for (const threads of [1, 2, 3, 7, 128]) {
    for (const [blocks, first, grain] of [[0, 0, 1], [1, 0, 1], [5, 2, 3], [64, 0, 4], [1000, 37, 7], [12, 0, 100]]) {
      const { taken } = simulate(open(blocks, threads, { first, grain }), threads, () => 1);
      const wanted = Array.from({ length: blocks - first }, (_, k) => first + k);
      assert.equal(taken.flat().sort((a, b) => a - b), wanted, `${blocks} blocks, ${threads} threads`);
    }
  }
});

ranges('blocks that take equally long are done by the same thread every time', () => {
  const { taken } = simulate(open(12, 3), 3, () => 1);
  assert.equal(taken, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]);
});

ranges('uneven work is stolen: nobody is idle for longer than a piece takes', () => {
  const costs: Record<string, (block: number) => number> = {
    'all in one range': (block) => (block < 100 ? 100 : 1),
    'more and more': (block) => block,
    'in the middle': (block) => (block % 400 > 180 && block % 400 < 220 ? 50 : 1),
  };
  for (const [name, cost] of Object.entries(costs)) {
    for (const threads of [2, 3, 8]) {
      const blocks = 400, grain = 3;
      const total = Array.from({ length: blocks }, (_, k) => cost(k)).reduce((a, b) => a + b);
      const piece = grain * Math.max(...Array.from({ length: blocks }, (_, k) => cost(k)));
      const { end } = simulate(open(blocks, threads, { grain }), threads, cost);
      assert.ok(end <= total / threads + piece, `${name}, ${threads} threads: ${end} of ${total}`);
    }
  }
});

ranges('nothing is handed out of closed ranges', () => {
  const words = open(50, 4);
  assert.ok(take(words, takerOf(words, 2)));
  closeRanges(words);
  for (let home = 0; home < 4; home++) assert.not(take(words, takerOf(words, home)));
});

ranges.run();

const judge = suite('who does a launch');

const none = (): number => 0;
/** A launch that goes as estimated, and whose time is known. */
const settled = (work: number) => {
  const launch = knownOf(new Map(), 0, work);
  launch.pace.launches = 100;
  return launch;
};

judge('little work is done by the calling thread, also if others are awake', () => {
  assert.is(createJudge().helpers(settled(WORTH.awake - 1), 7, 7, none), 0);
});

judge('workers that are awake help with less than those that sleep', () => {
  const { helpers } = createJudge();
  const between = settled((WORTH.awake + WORTH.asleep) / 2);
  assert.is(helpers(between, 1, 1, none), 1);
  assert.is(helpers(between, 1, 0, none), 0);
  assert.is(helpers(settled(WORTH.asleep), 1, 0, none), -1);
});

judge('sleepers are woken for several launches that are worth it together', () => {
  const { helpers } = createJudge();
  const launch = settled(WORTH.asleep / 2);
  assert.is(helpers(launch, 1, 0, () => WORTH.asleep / 2), -1);
  assert.is(helpers(launch, 1, 0, none), 0);
});

judge('and for launches that follow each other so closely that they would have stayed awake', () => {
  const asked = (apart: number): boolean[] => {
    let time = 0;
    const { helpers } = createJudge(WORTH, () => time);
    const launch = settled(WORTH.asleep / 2);
    return Array.from({ length: 20 }, () => {
      time += workOf(launch) / 1e6 + apart;
      return helpers(launch, 1, 0, none) < 0;
    });
  };
  assert.ok(asked(SPIN.worker / 2).includes(true));
  assert.not(asked(SPIN.worker * 2).includes(true));
});

judge('as many help as have something to do', () => {
  const { helpers } = createJudge();
  assert.is(helpers(settled(10 * WORTH.surely), 63, 63, none), 63);
  const few = helpers(settled(WORTH.awake), 63, 63, none);
  assert.ok(few >= 1 && few <= 4, `${few}`);
});

judge('estimates are corrected by what is seen, for launches of about that size', () => {
  const paces: Paces = new Map();
  for (let k = 0; k < 40; k++) learnAlone(knownOf(paces, 1, 10_000), 140_000);
  assert.ok(workOf(knownOf(paces, 1, 10_000)) > 100_000);
  assert.is(workOf(knownOf(paces, 1, 1_000_000)), 1_000_000);
  assert.is(workOf(knownOf(paces, 0, 10_000)), 10_000);
  // One launch that is interrupted changes little.
  for (let k = 0; k < 40; k++) learnAlone(knownOf(paces, 1, 10_000), 10_000);
  learnAlone(knownOf(paces, 1, 10_000), 10_000_000);
  assert.ok(workOf(knownOf(paces, 1, 10_000)) < 2 * 10_000);
});

judge('what launches take alone is found out first, and again now and then', () => {
  const { helpers } = createJudge();
  const launch = knownOf(new Map(), 0, 2 * WORTH.asleep);
  const alone = Array.from({ length: 2000 }, () => helpers(launch, 1, 1, none) === 0);
  assert.ok(alone[0]);
  const count = alone.filter(Boolean).length;
  assert.ok(count > 3 && count < 40, `${count} of 2000`);
  assert.ok(alone.slice(1000).includes(true));
  const much = knownOf(new Map(), 0, WORTH.surely);
  assert.is(helpers(much, 1, 1, none), 1);
});

judge('pieces are a small part of the work of a thread, but neither tiny nor long', () => {
  const cases: readonly [what: string, grain: number, work: number, blocks: number, uncertain: boolean, threads: number][] = [
    ['eight for a thread', 62, 4e5, 1000, false, 2],
    ['four times as many where some may be much longer', 15, 4e5, 1000, true, 2],
    ['of 2 us at least', 6, 20_000, 64, false, 4],
    ['of 50 us at most', 50, 1e9, 1e6, true, 8],
    ['of one block at least', 1, 1e9, 10, false, 2],
    ['of nothing', 1, 0, 0, false, 2],
  ];
  for (const [what, grain, ...launch] of cases) assert.is(grainOf(...launch), grain, what);
});

judge.run();
