/** Bundles the programs of test/plugin/app as a user would, and runs them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

export const output = path.resolve('.build/plugin-apps');

interface Bundle {
  readonly file: string;
  readonly text: string;
}

interface Settings {
  /** Mangles all names, too. Default: true. */
  readonly minify?: boolean;
  /** Default: the library as it is published, by the entries of package.json. */
  readonly alias?: Record<string, string>;
  readonly name?: string;
}

/** Bundles an app with esbuild. */
export async function bundle(app: string, plugins: Plugin[], settings: Settings = {}): Promise<Bundle> {
  const { minify = true, alias = {}, name = path.basename(app, '.ts') } = settings;
  mkdirSync(output, { recursive: true });
  const file = path.join(output, `${name}.mjs`);
  await build({
    entryPoints: [app], outfile: file, bundle: true, format: 'esm', platform: 'node', target: 'es2022', minify, alias, plugins,
    sourcemap: true, logLevel: 'silent', tsconfigRaw: {},
  });
  return { file, text: readFileSync(file, 'utf8') };
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a bundle in a process of its own. */
export function run({ file }: { readonly file: string }): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', file], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

/** What a bundle prints, which is JSON. */
export function resultOf(made: Bundle): unknown {
  const { status, stdout, stderr } = run(made);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
