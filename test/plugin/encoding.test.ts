/** Syntax trees as text: what is written is read back, for every construct a kernel may contain or be refused for. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Node } from 'acorn';
import { transform } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decode, encode } from '../../src/dsl/kernel/encoding.ts';
import { parseText } from '../../src/dsl/kernel/parser.ts';
import { compileLibrary } from '../../src/plugin/transform.ts';
import { parseModule } from '../../src/plugin/tree.ts';

const test = suite('plugin: syntax trees as text');

/** What follows from the rest, or matters to nobody who reads kernels. */
const unread = new Set(['start', 'end', 'loc', 'range', 'raw', 'sourceType', 'bigint', 'regex', 'delegate']);
const follows = (node: Node, name: string, value: unknown): boolean =>
  (name === 'expression' && typeof value === 'boolean') || (name === 'prefix' && node.type === 'UnaryExpression')
  || (name === 'optional' && node.type === 'MemberExpression');

/** A tree in one form, whoever made it: what is missing, null or false is alike; positions count from the function. */
function plain(value: unknown, base: number, positions = true): unknown {
  if (Array.isArray(value)) return value.map((v) => plain(v, base, positions));
  if (value instanceof RegExp) return {};
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Node;
  const fields = Object.entries(value).filter(([name, v]) =>
    !unread.has(name) && !follows(node, name, v) && (name === 'value' || (v !== null && v !== undefined && v !== false)));
  const place = positions && typeof node.start === 'number' ? { start: node.start - base } : {};
  return { ...place, ...Object.fromEntries(fields.map(([name, v]) => [name, plain(v, base, positions)])) };
}

function parsed(text: string): Node {
  const result = parseText(text);
  if ('problem' in result) throw new Error(`${result.problem}: ${text}`);
  return result.node;
}

const functions = [
  '(x) => x',
  'x => ({ ...x })',
  'async (x) => { await x; }',
  'function* named(a, b) { yield a; return b; }',
  '({ a, b: [c, , d] = [], ...rest }, [e], f = 1, ...g) => [a, , ...rest]',
  '(x) => { let i = 0, j; var k; const y = [1.5e-3, 1e999, 0x1F, 1_000, true, null, "a\'b\\"c\\n", 10n, /x/g]; }',
  '(x) => { if (x) { ; } else if (!x) return; else return -x; }',
  '(x) => { a: for (let i = 0; i < 3; i++) for (;;) { continue a; } for (const v of x) break; for (var q in x) {} }',
  '(x) => { while (x--) {} do { ++x; } while (x > 0 && x < 9 || x === 4); }',
  '(x) => { switch (x) { case 1: return 2; default: } throw x; }',
  '(x) => { x += 1; x **= 2; x >>>= 1; [x] = [1]; (x, 2); x.y[0].z = x?.y; new Foo(x); f(...x); }',
  '(x) => { function g(y) { return y ? 1 : 2; } const h = function () {}; return g(h) ?? typeof x; }',
  '({ m(x) { return x; } }).m',
  '(x) => { "use weft"; debugger; }',
];
for (const text of functions) {
  test(`written and read: ${text}`, () => {
    const node = parsed(text.replace(/^\(\{ (m\(x\).*) \}\)\.m$/, '$1'));
    assert.equal(plain(decode(encode(node, node.start)), 0), plain(node, node.start));
  });
}

for (const text of ['(x) => `a${x}`', '(x) => class {}', '(x) => { try {} catch {} }', '(x) => this']) {
  test(`what has no meaning in a kernel keeps its type and its place: ${text}`, () => {
    const shallow = (node: Node): unknown => {
      const { body } = node as Node & { body: Node & { body?: Node[] } };
      const { type, start } = Array.isArray(body.body) && body.type === 'BlockStatement' ? body.body[0] : body;
      return { type, start };
    };
    const node = parsed(text);
    assert.equal(shallow(decode(encode(node, 0))), shallow(node));
  });
}

test('the number of a literal keeps every bit', () => {
  for (const value of [0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2 ** 53 + 2, Infinity, 6.93147180369123816490e-1]) {
    const { body } = decode(encode(parsed(`() => ${value === Infinity ? '1e400' : value}`), 0));
    assert.is((body as Node & { value: number }).value, value);
  }
});

/** The functions of a module by the text of their parameters and body. */
function functionsIn(text: string, file: string): Node[] {
  const found: Node[] = [];
  for (const node of parseModule(text, file).parents.keys()) if (/^(FunctionE|Arrow)/.test(node.type)) found.push(node);
  return found;
}

const math = 'src/dsl/kernel/math';
for (const name of readdirSync(math).filter((file) => /^float(32|64)-/.test(file))) {
  test(`the trees of ${name} are those of its text without types`, async () => {
    const source = readFileSync(`${math}/${name}`, 'utf8');
    const { code } = await transform(source, { loader: 'ts' });
    const expected = functionsIn(code, 'a.js').map((node) => plain(node, 0, false));
    const compiled = compileLibrary(source, `${math}/${name}`)!.code;
    const trees = [...compiled.matchAll(/(__weftSyntax\d+) = \{ tree: '([^']*)' \}/g)];
    assert.is(trees.length, expected.length);
    // The last function of the file comes first.
    assert.equal(trees.reverse().map(([, , tree]) => plain(decode(tree), 0, false)), expected);
    // Bodies are gone.
    assert.is(compiled.match(/\) (=> )?\{\}/g)?.length, trees.length);
  });
}

test.run();
