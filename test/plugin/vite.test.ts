/** The same programs, bundled by Vite through weftjs/unplugin. */
import path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build, type Plugin } from 'vite';
import type * as unplugin from '../../src/plugin/unplugin.ts';
import { output, resultOf } from './bundle.ts';

const test = suite('plugin: vite');
/** The published entry, not the source that the bundler of the tests would find. */
const entry = 'weftjs/unplugin';
const { weft } = (await import(entry)) as typeof unplugin;

/** Builds test/plugin/app/`app`.ts, minified, and gives what it prints. */
async function printed(app: string, plugins: Plugin[]): Promise<unknown> {
  const outDir = path.join(output, `vite-${app}`);
  await build({
    configFile: false, logLevel: 'error', plugins,
    build: {
      ssr: path.resolve(`test/plugin/app/${app}.ts`), outDir, emptyOutDir: true, minify: true, target: 'es2022',
      rollupOptions: { output: { entryFileNames: `${app}.mjs` } },
    },
  });
  return resultOf({ file: path.join(outDir, `${app}.mjs`), text: '' });
}

test('kernels are compiled, with their outer names', async () => {
  const results = (await printed('main', [weft.vite() as Plugin])) as Record<string, unknown>;
  assert.equal(results.types, [0, 2, 3, 4, 0]);
  assert.equal(results.changing, [[1, 2, 3, 4, 5], [10, 20, 30, 40, 50]]);
});

test('errors show file and line; the parser is not in the bundle', async () => {
  const messages = (await printed('broken', [weft.vite() as Plugin])) as Record<string, string>;
  assert.match(messages.declared, /in kernel 'declared' \(test\/plugin\/app\/broken\.ts:12:37\)/);
  assert.match(messages.uncompiled, /^this kernel was not compiled at build time, and the parser is not in this bundle/);
});

test.run();
