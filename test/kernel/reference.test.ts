/** The reference target calls kernels as they are: all kernels of the language tests give there what they give themselves. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { computeAll } from '../support/compute.ts';
import * as control from './cases/control.ts';
import { expressions } from './cases/expressions.ts';
import { functions, patterns } from './cases/functions.ts';
import { dtypes, integers } from './cases/integers.ts';
import { arrays } from './cases/local-arrays.ts';
import { applied, check } from './language.ts';

const WANTED: boolean = false;

const test = suite('kernels on the reference target');

const cases = [...expressions, ...Object.values(control).flat(), ...functions, ...patterns, ...arrays, ...integers, ...dtypes];
for (const c of cases) {
  test(c.name, async () => check(c, await computeAll('reference', () => applied(c)), 'reference'));
}

test('arguments that the results do not depend on', async () => {
  const call = wf.kernel((x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(3)) out[i] = WANTED ? x[i] : i;
  }, { constants: { WANTED } });
  assert.equal(await call([5, 6, 7]).array({ target: 'reference' }), [0, 1, 2]);
});

test('a kernel sees plain numbers, and what it throws comes out', async () => {
  const seen: unknown[] = [];
  const call = wf.vectorize((x: number) => { console.log(x); return x; });
  const { log } = console;
  console.log = (x: unknown) => void seen.push(x);
  try {
    await call([1.5, 2]).eval({ target: 'reference' });
  } finally {
    console.log = log;
  }
  assert.equal(seen, [1.5, 2]);
});

test.run();
