/** `weftjs/unplugin`: the build plugin for Vite, Rollup, Rolldown, webpack and Rspack, through the package `unplugin`. */
import { readFile } from 'node:fs/promises';
import { createUnplugin } from 'unplugin';
import { displayName, isParser, isProgram, parserFiles, parserStub, scriptFiles, type WeftPluginOptions } from './files.ts';
import { compileModule } from './transform.ts';

export type { WeftPluginOptions } from './files.ts';

/**
 * What `weftjs/esbuild` does, for other bundlers: `weft.vite()`, `weft.rollup()`, `weft.rolldown()`, `weft.webpack()`,
 * `weft.rspack()`. Takes the same options.
 */
export const weft = createUnplugin<WeftPluginOptions | undefined>((options = {}) => ({
  name: 'weftjs',
  // Before types are stripped: kernels are compiled as they were written.
  enforce: 'pre',
  load: {
    filter: { id: parserFiles },
    async handler(id) {
      return !options.parser && isParser(await readFile(id, 'utf8')) ? parserStub : null;
    },
  },
  transform: {
    filter: { id: scriptFiles },
    handler(text, id) {
      if (!isProgram(id, options)) return null;
      try {
        return compileModule(text, displayName(process.cwd(), id)) ?? null;
      } catch (error) {
        this.warn(`kernels are not compiled: ${id}: ${(error as Error).message}`);
        return null;
      }
    },
  },
}));

export default weft;
