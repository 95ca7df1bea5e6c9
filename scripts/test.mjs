// The test runner: builds the library and the tests, runs each test file in a process of its own, and ends with the
// line "N passed, N failed[, N skipped]".
//
//   npm test                   everything
//   npm test -- border webgpu  the test files whose path contains one of the words
//
// WEFT_TEST_JOBS: files run at the same time (default 2). WEFT_TEST_TIMEOUT: seconds for one file (default 300).
// WEFT_REQUIRE_WEBGPU=1, WEFT_REQUIRE_BROWSER=1: a missing adapter or browser is a failure, not a skip.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLibrary, buildPrograms, programOf, sourcesOf } from '../build.mjs';
import { describeAdapter, findAdapter } from './vulkan.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const jobs = Number(process.env.WEFT_TEST_JOBS) || Math.min(2, os.availableParallelism());
const timeout = 1000 * (Number(process.env.WEFT_TEST_TIMEOUT) || 300);

/** Runs one test file; resolves to its counts, its output and what went wrong besides failed assertions. */
function runFile(source, env) {
  return new Promise((resolve) => {
    const started = Date.now();
    const runner = path.join(root, 'scripts', 'run-test-file.mjs');
    const child = spawn(process.execPath, ['--enable-source-maps', runner, programOf(source)], {
      cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeout);
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ending = timedOut ? `no end after ${timeout / 1000} s` : signal ? `ended by ${signal}` : `exit code ${code}`;
      resolve({ source, output, seconds: (Date.now() - started) / 1000, ...verdict(output, code, ending) });
    });
  });
}

/** Reads uvu's summary. A file that ends without one, or ends badly after it, counts as one failure more. */
function verdict(output, code, ending) {
  const count = (label) => Number(output.match(new RegExp(`^  ${label}: +(\\d+)`, 'm'))?.[1] ?? NaN);
  const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')];
  if (Number.isNaN(total)) return { passed: 0, failed: 1, skipped: 0, problem: `stopped before its end (${ending})` };
  if (total + skipped === 0) return { passed, failed: 1, skipped, problem: 'has no test (is test.run() called?)' };
  const failed = total - passed;
  if (failed === 0 && code !== 0) return { passed, failed: 1, skipped, problem: `all passed, but ${ending}` };
  return { passed, failed, skipped, problem: null };
}

function report({ source, output, seconds, passed, failed, skipped, problem }) {
  const counts = `${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
  console.log(`${failed ? 'FAIL' : 'ok  '} ${source}  ${counts}  ${seconds.toFixed(1)} s`);
  const reasons = new Set(output.match(/^skip: .*$/gm) ?? []);
  if (failed) console.log(output.trimEnd());
  else for (const reason of reasons) console.log(`     ${reason}`);
  if (skipped && reasons.size === 0) console.log('     skip: marked .skip in the test file');
  if (problem) console.log(`     ${source}: ${problem}`);
}

/** Bundles the test files; returns the ones that could not be, after the reason was printed. */
async function bundle(sources) {
  if (sources.length === 0) return [];
  try {
    await buildPrograms(sources, 'silent');
    return [];
  } catch {
    const broken = [];
    for (const source of sources) await buildPrograms([source]).catch(() => broken.push(source));
    return broken;
  }
}

async function main(words) {
  const sources = sourcesOf('tests').filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  const found = findAdapter();
  console.log(describeAdapter(found));
  if (!found.adapter && process.env.WEFT_REQUIRE_WEBGPU === '1') throw new Error('WEFT_REQUIRE_WEBGPU=1: no adapter');
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const add = (result) => {
    report(result);
    for (const key of Object.keys(sum)) sum[key] += result[key];
  };

  const needLibrary = sources.some((file) => /^test\/(browser|plugin)\//.test(file));
  if (needLibrary) await buildLibrary().catch((error) => console.log(`dist/ could not be built: ${error.message}`));
  const broken = await bundle(sources);
  const nothing = { output: '', seconds: 0, passed: 0, failed: 1, skipped: 0, problem: 'could not be bundled' };
  for (const source of broken) add({ source, ...nothing });

  const env = { ...process.env, ...found.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  if (!found.adapter) env.WEFT_NO_WEBGPU = found.tried.join('; ') || 'no Vulkan driver';
  const queue = sources.filter((source) => !broken.includes(source));
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      add(await runFile(source, env));
    }
  }));
  return sum;
}

let sum = { passed: 0, failed: 1, skipped: 0 };
try {
  sum = await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
}
if (sum.passed + sum.failed === 0) console.log('no test ran');
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
