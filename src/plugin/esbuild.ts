/** `weftjs/esbuild`: compiles kernels while esbuild bundles a program. */
import { readFile } from 'node:fs/promises';
import type { Loader, Plugin } from 'esbuild';
import { displayName, isParser, isProgram, parserFiles, parserStub, scriptFiles, type WeftPluginOptions } from './files.ts';
import { compileModule } from './transform.ts';

export type { WeftPluginOptions } from './files.ts';

/**
 * An esbuild plugin that compiles kernels at build time: the functions given to `stencil`, `vectorize`, `guvectorize`,
 * `kernel`, `fromFunction` and `reduce`, the functions of the same module that they call, and functions with the directive
 * `'use weft'`. Compiled kernels may be minified, see the variables around them, and name file and line in their errors.
 * The parser stays out of the bundle.
 *
 * A module that cannot be read is a warning of the build; its kernels are not compiled.
 *
 * @param options `include`: modules of node_modules to compile too; `parser: true`: keep the parser
 */
export function weft(options: WeftPluginOptions = {}): Plugin {
  return {
    name: 'weftjs',
    setup({ onLoad, initialOptions }) {
      const root = initialOptions.absWorkingDir ?? process.cwd();
      if (!options.parser) {
        onLoad({ filter: parserFiles }, async ({ path }) =>
          (isParser(await readFile(path, 'utf8')) ? { contents: parserStub, loader: 'js' } : undefined));
      }
      onLoad({ filter: scriptFiles }, async ({ path }) => {
        if (!isProgram(path, options)) return undefined;
        const text = await readFile(path, 'utf8');
        try {
          const compiled = compileModule(text, displayName(root, path));
          if (!compiled) return undefined;
          const contents = `${compiled.code}\n//# sourceMappingURL=${compiled.map.toUrl()}`;
          return { contents, loader: loaderOf(path, initialOptions.loader), watchFiles: [path] };
        } catch (error) {
          return { warnings: [{ text: `kernels are not compiled: ${(error as Error).message}`, location: { file: path } }] };
        }
      });
    },
  };
}

function loaderOf(path: string, loaders: Readonly<Record<string, Loader>> = {}): Loader {
  const ending = /\.[cm]?([jt]sx?)$/.exec(path)!;
  return loaders[ending[0]] ?? (ending[1] as Loader);
}

export default weft;
