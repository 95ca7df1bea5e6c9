// Builds and runs a program of this repository: `node scripts/launch.mjs samples ARG...` runs samples/run.ts, with a
// WebGPU adapter where one can be had.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPrograms, programOf, sourcesOf } from '../build.mjs';
import { describeAdapter, findAdapter } from './vulkan.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [kind, ...args] = process.argv.slice(2);
const program = `${kind}/run.ts`;
const sources = sourcesOf(kind);
if (!sources.includes(program)) {
  console.error(`there is no ${program}`);
  process.exit(1);
}
try {
  await buildPrograms(sources);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const found = findAdapter();
console.error(describeAdapter(found));
const env = { ...process.env, ...found.env };
if (!found.adapter) env.WEFT_NO_WEBGPU = found.tried.join('; ') || 'no Vulkan driver';
const child = spawn(process.execPath, ['--enable-source-maps', programOf(program), ...args], {
  cwd: root, env, stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on('close', (code, signal) => {
  if (signal) console.error(`${program} was ended by ${signal}`);
  process.exitCode = code ?? 1;
});
