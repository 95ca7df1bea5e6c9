/** Programs bundled by esbuild with the build plugin, minified, with the published library. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildFailure, Plugin } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type * as esbuildPlugin from '../../src/plugin/esbuild.ts';
import { bundle, output, resultOf, run } from './bundle.ts';

const test = suite('plugin: esbuild');
/** The published entry, not the source that the bundler of the tests would find. */
const entry = 'weftjs/esbuild';
const { weft } = (await import(entry)) as typeof esbuildPlugin;
const app = (name: string): string => `test/plugin/app/${name}.ts`;

/** Words of acorn that no minifier touches. */
const inParser = ['Identifier directly after number', 'Unterminated regular expression'];
const hasParser = (text: string): boolean => inParser.some((words) => text.includes(words));

test('minified with mangled names: the results are those of kernels that are parsed', async () => {
  const plain = await bundle(app('explicit'), [], { minify: false });
  assert.ok(hasParser(plain.text));
  const compiled = await bundle(app('main'), [weft()]);
  assert.equal(resultOf(compiled), resultOf(plain));
});

test('the parser is not in the bundle', async () => {
  const [without, kept] = [await bundle(app('main'), [weft()]), await bundle(app('main'), [weft({ parser: true })], { name: 'kept' })];
  assert.not(hasParser(without.text));
  assert.ok(hasParser(kept.text));
  assert.ok(kept.text.length - without.text.length > 100_000, `${kept.text.length} and ${without.text.length} bytes`);
});

test('errors show file, line and text of the source, whatever the minifier did', async () => {
  const messages = resultOf(await bundle(app('broken'), [weft()])) as Record<string, string>;
  assert.equal(messages.outside.split('\n').slice(0, 3), [
    `the constant 'RATE' cannot be used in a kernel: it is a string in kernel 'stencil' (test/plugin/app/broken.ts:8:27)`,
    '8 |     (u(-1) as number)! * (RATE as number)',
    '                              ^',
  ]);
  assert.equal(messages.declared.split('\n').slice(0, 3), [
    `default values of parameters are not supported in kernel 'declared' (test/plugin/app/broken.ts:12:37)`,
    '12 | function declared(u: wf.Neighbors1, k: number = 2) {',
    '                                         ^',
  ]);
});

test('a kernel that the plugin did not see says so when it is used', async () => {
  const messages = resultOf(await bundle(app('broken'), [weft()])) as Record<string, string>;
  assert.match(messages.uncompiled, /^this kernel was not compiled at build time, and the parser is not in this bundle in kernel/);
  assert.match(messages.uncompiled, /'use weft'.*weft\(\{ parser: true \}\)$/);
  const kept = resultOf(await bundle(app('broken'), [weft({ parser: true })], { name: 'kept-broken' })) as Record<string, string>;
  assert.is(kept.uncompiled, undefined);
});

test('a module that the plugin cannot read is a warning, and left to esbuild', async () => {
  mkdirSync(output, { recursive: true });
  const file = path.join(output, 'unreadable.ts');
  writeFileSync(file, `import * as wf from 'weftjs'; const = wf;`);
  const failure = await bundle(file, [weft()], { name: 'unread' }).catch((error: unknown) => error as BuildFailure) as BuildFailure;
  assert.match(failure.warnings[0].text, /^kernels are not compiled: Unexpected token/);
  assert.match(failure.errors[0].text, /^Expected identifier/);
});

test('source maps lead through the plugin', async () => {
  const { stderr } = run(await bundle(app('throws'), [weft()]));
  assert.match(stderr, /Error: as written\n.*throws\.ts:4:35/);
  assert.match(stderr, /throws\.ts:5:49/);
});

/** The scripts of Weft's threads, which these programs do not start. */
const noThreads: Plugin = {
  name: 'no-threads',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^inline:/ }, ({ path }) => ({ path, namespace: 'inline' }));
    onLoad({ filter: /.*/, namespace: 'inline' }, () => ({ contents: '', loader: 'text' }));
  },
};

test('the same kernel gives the same Fn with and without the plugin', async () => {
  const alias = { weftjs: path.resolve('src/index.ts') };
  type Functions = readonly { name: string; key: string }[];
  const parsed = resultOf(await bundle(app('keys'), [noThreads], { alias, minify: false, name: 'keys-parsed' })) as Functions;
  const compiled = resultOf(await bundle(app('keys'), [noThreads, weft()], { alias })) as Functions;
  assert.equal(compiled.map(({ key }) => key), parsed.map(({ key }) => key));
  assert.is(new Set(compiled.map(({ key }) => key)).size, 5);
  assert.equal(compiled.map(({ name }) => name), ['arrow', 'declared', 'named', 'method', 'commented']);
});

test.run();
