// Build of Weft. `node build.mjs [library | tests | samples | bench | all]`, library by default.
//
// - library: dist/weft.js, its parser, the build plugins, type declarations in dist/types, and the size of the core.
// - tests, samples, bench: each test file or program as its own entry in .build/, with source maps and shared chunks.
//
// Kernels are parsed from the source text of functions, so nothing here minifies or renames what is run from .build/. The
// math library in dist/ is compiled by the machinery of the build plugin: what is in dist/ needs no parser for itself.
import { build } from 'esbuild';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = path.dirname(fileURLToPath(import.meta.url));
const target = 'es2022';

/** Entry points of the package: name in dist/ -> source. */
const entries = { weft: 'src/index.ts', formula: 'src/formula.ts', testing: 'src/testing.ts' };
const buildPlugins = { esbuild: 'src/plugin/esbuild.ts', unplugin: 'src/plugin/unplugin.ts' };
const parser = { parser: 'src/dsl/kernel/parser.ts' };

/** Packages whose code is in dist/. */
const bundled = ['acorn', '@sveltejs/acorn-typescript', 'magic-string', '@jridgewell/sourcemap-codec', 'eslint-scope', 'esrecurse', 'estraverse'];

/** `import source from 'inline:./worker.ts'`: the file, bundled and minified to one script, as a string. */
const inlineScripts = {
  name: 'inline-scripts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^inline:/ }, ({ path: specifier, resolveDir }) => (
      { path: path.resolve(resolveDir, specifier.slice('inline:'.length)), namespace: 'inline' }));
    onLoad({ filter: /.*/, namespace: 'inline' }, async ({ path: file }) => {
      const { outputFiles, metafile } = await build({
        entryPoints: [file], bundle: true, minify: true, write: false, metafile: true,
        format: 'iife', platform: 'neutral', target, external: ['node:*'], absWorkingDir: root,
      });
      return {
        contents: outputFiles[0].text, loader: 'text',
        watchFiles: Object.keys(metafile.inputs).map((input) => path.resolve(root, input)),
      };
    });
  },
};

const librarySettings = {
  bundle: true, format: 'esm', platform: 'neutral', target, mainFields: ['module', 'main'], conditions: ['module'],
  external: ['node:*', 'webgpu', 'mathjs', 'esbuild', 'unplugin'], absWorkingDir: root, plugins: [inlineScripts],
  legalComments: 'eof', logLevel: 'warning',
};

/** The parser is a file beside the library, which the build plugin can replace: chunks lie beside it too. */
const parserApart = {
  name: 'parser-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/parser\.ts$/, namespace: 'file' }, ({ kind }) =>
      (kind === 'entry-point' ? undefined : { path: './parser.js', external: true }));
  },
};

/** The math library as syntax trees, by the code of the build plugin. */
async function compiledMath() {
  const [{ text }] = (await build({
    entryPoints: ['src/plugin/transform.ts'], bundle: true, write: false, format: 'esm', platform: 'node', target, absWorkingDir: root,
  })).outputFiles;
  const { compileLibrary } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
  return {
    name: 'compiled-math',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]kernel[\\/]math[\\/][^\\/]+\.ts$/ }, ({ path: file }) => {
        const compiled = compileLibrary(readFileSync(file, 'utf8'), path.relative(root, file));
        return compiled && { contents: compiled.code, loader: 'ts' };
      });
    },
  };
}

/** The library: dist/*.js. Returns the size of the core, and of its parser, in bytes. */
export async function buildLibrary() {
  const settings = { ...librarySettings, plugins: [inlineScripts, parserApart, await compiledMath()] };
  const outputs = { outdir: 'dist', splitting: true, chunkNames: 'chunk-[hash]', sourcemap: true, metafile: true };
  const built = await Promise.all([
    build({ ...settings, ...outputs, entryPoints: entries }),
    build({ ...librarySettings, ...outputs, entryPoints: parser, banner: { js: '// weftjs:parser' } }),
    build({ ...librarySettings, ...outputs, entryPoints: buildPlugins, platform: 'node', mainFields: undefined, conditions: undefined }),
  ]);
  const made = new Set(built.flatMap(({ metafile }) => Object.keys(metafile.outputs)));
  for (const file of filesBelow('dist')) {
    if (/^dist\/chunk/.test(file) && !made.has(file)) rmSync(path.join(root, file), { force: true });
  }
  for (const name of bundled) copyLicense(name);
  return { core: await sizeOf(settings, entries.weft), parser: await sizeOf(librarySettings, parser.parser) };
}

async function sizeOf(settings, entry) {
  const { outputFiles } = await build({ ...settings, entryPoints: [entry], outfile: 'dist/size.js', minify: true, write: false });
  const code = outputFiles[0].contents;
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}

function copyLicense(name) {
  const folder = path.join(root, 'node_modules', name);
  // esrecurse has its licence in its README.
  const file = readdirSync(folder).find((f) => /^licen[sc]e/i.test(f)) ?? 'README.md';
  copyFileSync(path.join(folder, file), path.join(root, `dist/LICENSE-${name.replace(/.*\//, '')}.txt`));
}

/** Type declarations: dist/types. */
export function buildTypes() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the type declarations could not be made');
}

/** Bundles programs of this repository (tests, samples, bench) into .build/, where they keep their folders. */
export async function buildPrograms(sources, logLevel = 'warning') {
  await build({
    entryPoints: sources, outdir: '.build', outbase: '.', bundle: true, splitting: true, format: 'esm',
    platform: 'node', target, packages: 'external', alias: { weftjs: path.join(root, entries.weft) },
    chunkNames: 'chunks/[name]-[hash]', sourcemap: true, absWorkingDir: root, plugins: [inlineScripts],
    logLevel,
  });
  const dayAgo = Date.now() - 24 * 3600 * 1000;
  for (const file of filesBelow('.build/chunks')) {
    if (statSync(path.join(root, file)).mtimeMs < dayAgo) rmSync(path.join(root, file), { force: true });
  }
}

/** Where buildPrograms() puts the program made from `source`. */
export const programOf = (source) => path.join(root, '.build', source.replace(/\.ts$/, '.js'));

/** The entry points of a kind of program: 'tests', 'samples' or 'bench'. */
export function sourcesOf(kind) {
  if (kind === 'tests') return filesBelow('test').filter((file) => file.endsWith('.test.ts'));
  const inFolder = existsSync(path.join(root, kind)) ? readdirSync(path.join(root, kind)) : [];
  return inFolder.filter((name) => name.endsWith('.ts')).map((name) => `${kind}/${name}`);
}

function filesBelow(folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;

async function main(command = 'library') {
  if (command === 'library' || command === 'all') {
    const sizes = await buildLibrary();
    const show = ({ minified, gzipped }) => `${kilobytes(minified)} minified, ${kilobytes(gzipped)} gzipped`;
    console.log(`dist/weft.js: ${show(sizes.core)}; dist/parser.js: ${show(sizes.parser)}`);
    buildTypes();
  }
  const kinds = ['tests', 'samples', 'bench'].filter((kind) => command === kind || command === 'all');
  for (const kind of kinds) {
    const sources = sourcesOf(kind);
    if (sources.length > 0) await buildPrograms(sources);
    console.log(`.build: ${kind}, ${sources.length} entries`);
  }
  if (!['library', 'all', ...kinds].includes(command)) throw new Error(`no such target: ${command}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv[2]).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
