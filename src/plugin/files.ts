/** Which files the build plugins touch, and what stands in for the parser. */
import path from 'node:path';

export interface WeftPluginOptions {
  /**
   * Files below node_modules whose kernels are compiled too, by a pattern of their path.
   * Default: none; every other file of the program is looked at.
   */
  readonly include?: RegExp;
  /** Keeps the parser in the bundle, for kernels that the plugin cannot see. Default: false. */
  readonly parser?: boolean;
}

export const scriptFiles = /\.[cm]?[jt]sx?$/;
export const parserFiles = /[\\/]parser\.[jt]s$/;

/** Whether a module's kernels are compiled. */
export const isProgram = (file: string, { include }: WeftPluginOptions): boolean =>
  scriptFiles.test(file) && !/\.d\.[cm]?ts$/.test(file) && (!/[\\/]node_modules[\\/]/.test(file) || include?.test(file) === true);

/** The name of a file in errors: relative to the project, the same on every machine. */
export const displayName = (root: string, file: string): string => path.relative(root, file).replaceAll('\\', '/');

/** Weft's own parser begins with this. */
export const isParser = (text: string): boolean => /^(\/\*\*|\/\/)\s*(\* )?weftjs:parser\b/.test(text);

/** In place of the parser: the words of the error for a function that was not compiled. */
export const parserStub = `export const parseText = () => (${JSON.stringify({
  problem: 'this kernel was not compiled at build time, and the parser is not in this bundle',
  hint: "mark the function with the directive 'use weft', so that the build plugin sees it; or keep the parser: weft({ parser: true })",
})});\n`;
