/** Two bundles in one program may each have the library: the copies share nothing, and say so. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { output } from './bundle.ts';

/** The published library as one file, loaded twice; beside the one that tests have. */
const file = path.join(output, 'copy.mjs');
await build({ entryPoints: ['dist/weft.js'], outfile: file, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
const load = async (copy: number): Promise<typeof wf> => await import(`${pathToFileURL(file).href}?copy=${copy}`) as typeof wf;
const copies = [await load(1), await load(2)];
const libraries = [...copies, wf];
const numbers = Float32Array.from({ length: 400_000 }, (_, k) => Math.sin(k));

test('all compute at once, each on its own threads', async () => {
  assert.is.not(copies[0].WeftArray, copies[1].WeftArray);
  const results = await Promise.all(libraries.map((library) => {
    library.configure({ target: 'cpu', threads: 2 });
    const a = library.array(numbers);
    return Promise.all(Array.from({ length: 20 }, (_, k) => a.mul(k).exp().sum().data()));
  }));
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
});

test('options of one are not those of the other', () => {
  copies[0].configure({ threads: 1 });
  assert.is(copies[1].configure().threads, 2);
});

test('an array of another copy is refused, and told from other mistakes', async () => {
  const [library, { ArgumentError }] = [copies[0], copies[0]];
  const [mine, other] = copies.map((l) => l.array([1, 2, 3]));
  const foreign = other as unknown as never;
  const refusal = /an array of another copy of weftjs, which cannot be used here/;
  const uses: Record<string, () => unknown> = {
    'an operand': () => mine.add(foreign),
    'another array': () => library.array(foreign),
    'an argument of a kernel': () => library.vectorize((x: number) => x + 1)(foreign),
    where: () => library.where(mine.gt(1), foreign, 0),
    explain: () => library.explain([foreign]),
  };
  for (const [name, use] of Object.entries(uses)) {
    assert.throws(use, (error: Error) => error instanceof ArgumentError && refusal.test(error.message), name);
  }
  assert.match(await library.evaluate([foreign]).then(() => '', String), refusal);
  assert.throws(() => library.array({} as never), /got \[object Object\]/);
  assert.equal(await mine.add(await other.data()).array(), [2, 4, 6]);
});

test('one that ends its threads leaves the others theirs', async () => {
  await copies[0].closeTargets();
  assert.is((await copies[1].array(numbers).exp().sum().data()).length, 1);
  assert.is((await copies[0].array(numbers).exp().sum().data()).length, 1);
  await Promise.all(libraries.map((l) => l.closeTargets()));
});

test.run();
