/**
 * The examples of docstrings and of README.md run as tests. A line of the form `expression; // value`, where the value is
 * a JavaScript literal, is checked; every other comment is for the reader.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { derivative, formula } from '../../src/formula.ts';
import * as wf from '../../src/index.ts';
import { expectPlan } from '../../src/testing.ts';
import { adapterAvailable } from '../support/webgpu.ts';

interface Example {
  readonly label: string;
  readonly code: string;
}
type Check = (actual: unknown, expected: unknown, line: string) => void;
type Run = (wf: object, check: Check, console: { log(): void }, others: object) => Promise<void>;

const gpu = await adapterAvailable();

/** What an example may use without saying where it comes from. */
const prelude = `
const h = 6, w = 8;
const pixels = Float32Array.from({ length: h * w }, (_, k) => (k * 37) % 11);
`;

/** The @example blocks of a file's docstrings, each with the line after its docstring for a label. */
function examplesOf(path: string): Example[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\n(?: *\/\/.*\n)*(?=(.*))/g)].flatMap(([, doc, next]) => {
    const [, ...blocks] = doc.replace(/^[ \t]*\*? ?/gm, '').split(/^@example\b/m);
    return blocks.map((block) => ({ label: `${path}: ${next.trim()}`, code: block.split(/^@\w/m)[0] }));
  });
}

/** The \`\`\`ts blocks of a page, which run one after the other as one program. */
function programOf(path: string): Example {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
  return { label: path, code: prelude + blocks.join('\n').replace(/^import .*$/gm, '') };
}

const literal = /^(\[.*\]|-?[\d.]+(e-?\d+)?|'[^']*'|true|false)$/;

/** `expression; // literal` becomes a check. */
const checked = (line: string): string => {
  const [, statement, comment] = /^\s*(.*?);\s*\/\/ (.*)$/.exec(line) ?? [];
  if (statement === undefined || !literal.test(comment) || /^(const|let|return)\b/.test(statement)) return line;
  return `check(${statement}, ${comment}, ${JSON.stringify(line.trim())});`;
};

async function compiled({ code }: Example): Promise<Run> {
  const lines = code.split('\n').filter((line) => gpu || !line.includes("'webgpu'")).map(checked);
  const { code: js } = await transform(`export const run = async (wf, check, console, { formula, derivative, expectPlan }) => {\n${lines.join('\n')}\n};`, { loader: 'ts' });
  return ((await import(`data:text/javascript,${encodeURIComponent(js)}`)) as { run: Run }).run;
}

/** Numbers agree to float32's precision, typed arrays with lists. */
function same(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'number') return typeof actual === 'number' && Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  if (!Array.isArray(expected)) return actual === expected;
  const list = ArrayBuffer.isView(actual) ? Array.from(actual as Float32Array) : actual;
  return Array.isArray(list) && list.length === expected.length && expected.every((e, k) => same(list[k], e));
}

const sources = (readdirSync('src', { recursive: true }) as string[]).filter((name) => name.endsWith('.ts')).map((name) => join('src', name));
const examples = [...sources.flatMap(examplesOf), programOf('README.md')];

const test = suite('examples');
const defaults = wf.configure();
test.after.each(() => void wf.configure(defaults));
for (const example of examples) {
  test(example.label, async () => {
    const run = await compiled(example);
    await run(wf, (actual, expected, line) => {
      assert.ok(same(actual, expected), `${line}\n    is ${ArrayBuffer.isView(actual) ? String(actual) : JSON.stringify(actual)}`);
    }, { log: () => {} }, { formula, derivative, expectPlan });
  });
}
test('every exported function and table has one', () => {
  const documented = examples.map(({ label }) => label.split(': ').slice(1).join(': ')).join('\n');
  const operators = /^export const \{$/m.test(documented);
  const missing = Object.keys(wf).filter((name) => {
    if (/Error$/.test(name)) return false; // one example for all, at WeftError
    if (new RegExp(`\\b(function|const|class|interface) ${name}\\b`).test(documented)) return false;
    return !(operators && name in wf.WeftArray.prototype);
  });
  assert.equal(missing, []);
});
test.run();
