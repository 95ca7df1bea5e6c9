/** Which functions of a module the build plugin takes for kernels, and which outer names it sees in them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isProgram } from '../../src/plugin/files.ts';
import { findKernels, programRoots } from '../../src/plugin/kernels.ts';
import { compileModule } from '../../src/plugin/transform.ts';
import { parseModule } from '../../src/plugin/tree.ts';

const test = suite('plugin: kernels of a module');

/** `name(outer names)` of each kernel, sorted; a function without a name is its text. */
function kernelsIn(text: string, file = 'module.ts'): string[] {
  const tree = parseModule(text, file);
  return findKernels(tree, programRoots(tree))
    .map(({ node, name, outer }) => `${name || text.slice(node.start, node.end)}(${outer.join()})`).sort();
}

const cases: readonly (readonly [behaviour: string, module: string, kernels: readonly string[], file?: string])[] = [
  ['an inline function', `import * as wf from 'weftjs'; wf.stencil((u) => u(0));`, ['(u) => u(0)()']],
  ['named imports', `import { stencil } from 'weftjs'; stencil((u) => u(0));`, ['(u) => u(0)()']],
  ['renamed imports', `import { vectorize as v } from 'weftjs'; v((a) => a);`, ['(a) => a()']],
  ['every function of Weft that takes kernels', `import * as wf from 'weftjs';
    wf.vectorize((a) => 1); wf.guvectorize('(n)->()', (b) => 2); wf.kernel((c) => 3); wf.fromFunction([2], (d) => 4); wf.reduce(x, (e) => 5);`,
  ['(a) => 1()', '(b) => 2()', '(c) => 3()', '(d) => 4()', '(e) => 5()']],
  ['require', `const wf = require('weftjs'); const { kernel: k } = require('weftjs'); wf.stencil((u) => u(0)); k((x) => x);`,
    ['(u) => u(0)()', '(x) => x()'], 'module.cjs'],
  ['await import', `const { stencil } = await import('weftjs'); stencil((u) => u(0));`, ['(u) => u(0)()'], 'module.mjs'],
  ['a function by its name', `import * as wf from 'weftjs'; const f = (u) => u(0); wf.stencil(f);`, ['f()']],
  ['a function declared later', `import * as wf from 'weftjs'; wf.stencil(f); function f(u) { return u(0); }`, ['f()']],
  ['every function a variable may hold', `import * as wf from 'weftjs'; let f; if (x) f = (a) => a; else f = (b) => b; wf.vectorize(f);`,
    ['f()', 'f()']],
  ['a choice', `import * as wf from 'weftjs'; wf.vectorize(x ? (a) => a : (b) => b);`, ['(a) => a()', '(b) => b()']],
  ['a member of an object of this module', `import * as wf from 'weftjs'; const fs = { f: (a) => a, g(b) { return b; } }; wf.vectorize(fs.g);`, ['g()']],
  ['functions among the constants', `import * as wf from 'weftjs'; wf.vectorize((a) => f(a) + g(a), { constants: { f: (b) => b, g(c) { return c; } } });`,
    ['(a) => f(a) + g(a)()', 'f()', 'g()']],
  ['functions that kernels call', `import * as wf from 'weftjs'; const f = (a) => g(a); function g(b) { return b * N; } const N = 1; wf.vectorize(f);`,
    ['f(g)', 'g(N)']],
  ['functions that call each other', `import * as wf from 'weftjs'; const f = (a) => g(a), g = (a) => f(a); wf.vectorize(f);`, ['f(g)', 'g(f)']],
  ['functions in an object that a kernel uses', `import * as wf from 'weftjs'; const o = { f: (a) => a, n: 1 }; wf.vectorize((x) => o.f(x) + o.n);`,
    ['(x) => o.f(x) + o.n(o)', 'f()']],
  ['functions with the directive', `export function f(x) { 'use weft'; return x * N; } const N = 1, g = (x) => { "use weft"; return x; };`, ['f(N)', 'g()']],
  ['a function inside a kernel belongs to it', `import * as wf from 'weftjs'; wf.vectorize((x) => { const f = (y) => y * N; return f(x); }); const N = 1;`,
    ['(x) => { const f = (y) => y * N; return f(x); }(N)']],
  ['outer names are those that the module knows', `import * as wf from 'weftjs'; const N = 1; wf.stencil((u) => Math.exp(u(0)) * N + unknown + NaN);`,
    ['(u) => Math.exp(u(0)) * N + unknown + NaN(N)']],
  ['parameters and locals hide outer names', `import * as wf from 'weftjs'; const a = 1, b = 2, c = 3;
    wf.vectorize((a, { b }) => { for (let c = 0; c < 2; c++) a += b; return a; });`,
  ['(a, { b }) => { for (let c = 0; c < 2; c++) a += b; return a; }()']],
  ['names of the function around', `import * as wf from 'weftjs'; const make = (n, { m }) => wf.stencil((u) => u(n) * m);`, ['(u) => u(n) * m(n,m)']],
  ['imported names', `import * as wf from 'weftjs'; import N, { M as K } from './n'; import * as o from './o'; wf.vectorize((x) => x * N * K * o.p);`,
    ['(x) => x * N * K * o.p(N,K,o)']],
  ['what is Weft\'s is no outer name', `import * as wf from 'weftjs'; import { prange as p } from 'weftjs'; wf.kernel((x) => { for (const i of p(wf.i32(x))) ; });`,
    ['(x) => { for (const i of p(wf.i32(x))) ; }()']],
  ['a shadowed import is not Weft', `import { stencil } from 'weftjs'; const f = (stencil) => stencil((u) => u(0));`, []],
  ['other modules are not Weft', `import { stencil } from 'other'; stencil((u) => u(0)); const s = 'weftjs';`, []],
  ['array functions are not kernels', `import * as wf from 'weftjs'; wf.iterate(u0, 3, (u) => f(u));`, []],
  ['types leave no names', `import * as wf from 'weftjs'; import type { T } from './t'; import { type V, N } from './t';
    wf.stencil(((u: wf.Neighbors1, k: T = <V>N as T): number => u(0)! * (k satisfies V)) as Kernel<T>);`,
  ['(u: wf.Neighbors1, k: T = <V>N as T): number => u(0)! * (k satisfies V)(N)']],
  ['TypeScript beside kernels', `import * as wf from 'weftjs'; enum E { A } namespace S { export const x = 1 } declare const D: number;
    abstract class C<T> { private constructor(private readonly y: T) {} abstract m(): void; declare z: number; n?(): void }
    function f(x: number): number; function f(this: void, x: number) { return x * E.A + D; }
    wf.vectorize<number>(f); interface I { wf: number } type X = typeof f; export type { I }; export default interface J {}`, ['f(E)']],
  ['TSX', `import * as wf from 'weftjs'; const a = <p>{N}</p>; const N: number = 1; wf.vectorize(<T,>(x: T) => x * N);`,
    ['<T,>(x: T) => x * N(N)'], 'module.tsx'],
  ['JSX', `import * as wf from 'weftjs'; const a = <p b={1}>{N}</p>; const N = 1; wf.vectorize((x) => x * N);`, ['(x) => x * N(N)'], 'module.jsx'],
];
for (const [behaviour, module, kernels, file] of cases) test(behaviour, () => assert.equal(kernelsIn(module, file), kernels));

test('a module without kernels, or compiled already, stays as it is', () => {
  const text = `import * as wf from 'weftjs'; wf.array([1]);`;
  assert.is(compileModule(text, 'a.ts'), undefined);
  const { code } = compileModule(`${text} wf.stencil((u) => u(0));`, 'a.ts')!;
  assert.is(compileModule(code, 'a.ts'), undefined);
});

test('a program is what is not in node_modules, unless asked for', () => {
  const files = ['/p/a.ts', '/p/a.mjs', '/p/a.tsx', '/p/a.d.ts', '/p/a.css', '/p/node_modules/x/a.js', '/p/node_modules/y/a.js'];
  assert.equal(files.filter((file) => isProgram(file, {})), ['/p/a.ts', '/p/a.mjs', '/p/a.tsx']);
  assert.equal(files.filter((file) => isProgram(file, { include: /node_modules\/y\// })), ['/p/a.ts', '/p/a.mjs', '/p/a.tsx', files[6]]);
});

test('a module that cannot be read is an error', () => {
  assert.throws(() => compileModule(`import * as wf from 'weftjs'; wf.stencil((u) => `, 'a.ts'), /Unexpected token/);
});

/** What each of these leaves on its functions when it runs. */
interface Left { readonly syntax: { name: string; file: string; line: number; column: number; text: string }; outer?(): object }
const leftOn = (f: unknown): Left => (f as Record<symbol, Left>)[Symbol.for('weftjs.kernel')];

async function run(text: string): Promise<Record<string, unknown>> {
  const { code } = compileModule(text, 'dir/module.js')!;
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, unknown>;
}

test('functions keep their kind, their this and what surrounds them; names, texts and places are those of the source', async () => {
  const module = await run(`'use strict'
export const early = [f]; // before its declaration
export function f(x) { 'use weft'; return x * N; }
let N = 2;
export const o = { async: 1, g(x) { "use weft"; return x + N; }, h: (x) => { 'use weft'; return x; } };
export const set = (n) => { N = n; };
export const make = (n) => {
  return inner; function inner(x) { 'use weft'
    return x + n; } };
`);
  type F = (x: number) => number;
  const { f, o, make } = module as { f: F; o: { g: F; h: F }; make(n: number): F };
  assert.is((module.early as unknown[])[0], f);
  assert.is(f(3), 6);
  assert.is(o.g(3), 5);
  assert.is(make(4)(3), 7);
  const { outer, syntax } = leftOn(f);
  assert.equal(outer!(), { N: 2 });
  (module.set as (n: number) => void)(5);
  assert.equal(outer!(), { N: 5 });
  assert.equal({ ...syntax, tree: '' }, {
    tree: '', name: 'f', file: 'dir/module.js', line: 3, column: 7, text: `function f(x) { 'use weft'; return x * N; }`,
  });
  assert.equal([leftOn(o.g).syntax.name, leftOn(o.g).syntax.text], ['g', 'g(x) { "use weft"; return x + N; }']);
  assert.equal([f.name, o.g.name, o.h.name, leftOn(o.h).syntax.name], ['f', 'g', 'h', 'h']);
  assert.is(leftOn(o.h).outer, undefined);
  assert.equal(leftOn(make(4)).outer!(), { n: 4 });
  assert.is(leftOn(make(4)).syntax, leftOn(make(5)).syntax);
  assert.is(leftOn(make(4)).syntax.text, `function inner(x) { 'use weft'\n    return x + n; }`);
});

test('lines do not move', () => {
  const text = `#!/usr/bin/env node\nimport * as wf from 'weftjs';\nexport const a = wf.stencil((u) => u(0));\nthrow new Error('here');\n`;
  const { code } = compileModule(text, 'a.js')!;
  assert.is(code.split('\n')[0], '#!/usr/bin/env node');
  assert.is(code.split('\n')[3], `throw new Error('here');`);
  assert.is(code.split('\n').length, text.split('\n').length);
});

test.run();
