/** A process that evaluates a small expression a million times: its resident size stays what it was. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';

const EVALUATIONS = 1_000_000;
/** When caches and the engine's own heap have their size. */
const SETTLED = 200_000;
/**
 * Megabytes. The engine's heap goes up and down by some four between collections, with the flags below. A leak of 40 bytes per
 * array, of those disposed or of those collected, is 16 in the evaluations between.
 */
const FLAT = 16;
/** Without these the engine lets garbage grow to hundreds of megabytes before it looks. */
const FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=2', '--expose-gc'];

interface Report {
  /** The least of some samples, in megabytes. */
  readonly settled: number;
  readonly end: number;
  readonly sum: number;
  /** Bytes of the heap that are in use: after the first evaluation, and when all arrays are gone. */
  readonly first: number;
  readonly last: number;
}

async function evaluateForLong(): Promise<Report> {
  const a = wf.array(new Float32Array(16).fill(1));
  const gone = async () => {
    for (let k = 0; k < 3; k++) {
      (globalThis as { gc?: () => void }).gc!();
      await new Promise((done) => setTimeout(done, 2));
    }
  };
  let sum = 0;
  const evaluate = (k: number): void => {
    const y = a.add(k);
    sum += y.dataSync()[15];
    if (k % 2 === 1) y.dispose(); // the others are left to the collector
  };
  evaluate(0);
  await gone();
  const first = wf.memory().cpu.used;
  const samples = { settled: Infinity, end: Infinity };
  for (let k = 1; k <= EVALUATIONS; k++) {
    evaluate(k);
    if (k % 1000 > 0) continue;
    await new Promise((turn) => setImmediate(turn));
    const megabytes = process.memoryUsage.rss() / 1e6;
    if (k > SETTLED && k <= 1.5 * SETTLED) samples.settled = Math.min(samples.settled, megabytes);
    if (k > EVALUATIONS - SETTLED / 2) samples.end = Math.min(samples.end, megabytes);
  }
  await gone();
  return { ...samples, sum, first, last: wf.memory().cpu.used };
}

/** What a process of its own says. */
function inProcess(): Promise<Report> {
  const child = spawn(process.execPath, [...FLAGS, fileURLToPath(import.meta.url), 'evaluate'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part) => (text += String(part)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(text) as Report) : reject(new Error(`it ended with code ${code}`))));
  });
}

if (process.argv[2] === 'evaluate') {
  wf.configure({ target: 'cpu' });
  console.log(JSON.stringify(await evaluateForLong()));
} else {
  test('a million evaluations', async () => {
    const { settled, end, sum, first, last } = await inProcess();
    console.log(`  ${settled.toFixed(1)} MB after ${SETTLED} evaluations, ${end.toFixed(1)} MB after ${EVALUATIONS}`);
    let expected = 0;
    for (let k = 0; k <= EVALUATIONS; k++) expected += k + 1;
    assert.is(sum, expected);
    assert.ok(end - settled < FLAT, `it grew from ${settled.toFixed(1)} to ${end.toFixed(1)} MB`);
    assert.is(last, first, 'nothing is left in the heap');
  });
  test.run();
}
