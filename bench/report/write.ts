/** Results as files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { html } from './html.ts';
import { markdown } from './markdown.ts';
import { comparisons, type Results } from './results.ts';

export const FORMATS = {
  json: (results) => `${JSON.stringify({ ...results, comparisons: comparisons(results.measured) }, undefined, 2)}\n`,
  html, markdown,
} as const satisfies Record<string, (results: Results) => string>;

export type Format = keyof typeof FORMATS;

export function writeResults(format: Format, file: string, results: Results): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, FORMATS[format](results));
  console.log(`results written to ${file}`);
}
