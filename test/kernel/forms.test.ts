/**
 * The same kernel however it is written: as an arrow, a function, a method, minified by esbuild and by terser, compiled by tsc.
 * Every kernel of the language tests goes through all of them.
 */
import { parseExpressionAt, type ArrowFunctionExpression } from 'acorn';
import { transform } from 'esbuild';
import { minify } from 'terser';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { kernelFn, type KernelFunction, type KernelParam } from '../../src/dsl/kernel/index.ts';
import { interpret } from '../../src/dsl/kernel/interpret.ts';
import type { Fn } from '../../src/dsl/kernel/ir.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import * as control from './cases/control.ts';
import { expressions } from './cases/expressions.ts';
import { functions, patterns } from './cases/functions.ts';
import { dtypes, integers } from './cases/integers.ts';
import { arrays } from './cases/local-arrays.ts';
import { check, columnsOf, type Case } from './language.ts';

const cases: readonly Case[] = [
  ...expressions, ...Object.values(control).flat(), ...functions, ...patterns, ...arrays, ...integers, ...dtypes,
];

// ---- forms: from the text of an arrow to a text whose value is a function ----

type Form = (text: string) => string | Promise<string>;

/** The parameters and the body of an arrow, as texts; an expression becomes a body. */
function partsOf(text: string): { readonly params: string; readonly body: string } {
  const { params, body } = parseExpressionAt(text, 0, { ecmaVersion: 'latest' }) as ArrowFunctionExpression;
  const written = text.slice(body.start, body.end);
  return { params: params.map((p) => text.slice(p.start, p.end)).join(', '), body: body.type === 'BlockStatement' ? written : `{ return ${written}; }` };
}
const written = (form: (params: string, body: string) => string): Form => (text) => {
  const { params, body } = partsOf(text);
  return form(params, body);
};

/** What a tool makes of a module that exports the function. */
const through = (tool: (module: string) => string | Promise<string>): Form => async (text) => {
  const made = (await tool(`export default ${text}`)).trim();
  const [, plain, , named] = /^export default(.*?);?$/s.exec(made) ?? /^()var (\w+)=(.*);export\{\2 as default\};$/s.exec(made) ?? [];
  if (!plain && !named) throw new Error(`the tool left no function: ${made}`);
  return plain || named;
};
const compiled = (target: ts.ScriptTarget): Form => through((module) =>
  ts.transpileModule(module, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText);

/** Other words for the same syntax tree: the same function to the last value. */
const spellings: Readonly<Record<string, Form>> = {
  'an arrow with a body': written((params, body) => `(${params}) => ${body}`),
  'a function expression': written((params, body) => `function (${params}) ${body}`),
  'a function with a name': written((params, body) => `function anyName(${params}) ${body}`),
  'a method': written((params, body) => `({ method(${params}) ${body} }).method`),
  'a method whose name is text': written((params, body) => `({ 'a method'(${params}) ${body} })['a method']`),
  'a method whose name is computed': written((params, body) => `({ [1 + 1](${params}) ${body} })[2]`),
  'with comments and other white space': written((params, body) => `/* a */ (${params} /* b */) => // c\n\t${body.replaceAll('; ', ';\n\n')}`),
};

/** Other programs with the same results. */
const programs: Readonly<Record<string, Form>> = {
  'minified by esbuild': through(async (module) => (await transform(module, { minify: true, format: 'esm', target: 'es2022' })).code),
  'minified by terser': through(async (module) => (await minify(module, { module: true })).code!),
  'minified by terser, with force': through(async (module) => (await minify(module, {
    module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true, hoist_vars: true, hoist_funs: true, keep_fargs: false },
  })).code!),
  'compiled by tsc to ES2015': compiled(ts.ScriptTarget.ES2015),
  'compiled by tsc to ESNext': compiled(ts.ScriptTarget.ESNext),
};

/** The function that a text stands for: its own text is what a kernel is parsed from. */
function evaluated(text: string, constants: Case['constants'] = {}): KernelFunction {
  // eslint-disable-next-line no-new-func
  return new Function(...Object.keys(constants), `return (${text});`)(...Object.values(constants)) as KernelFunction;
}

// ---- what they are ----

const lowered = (c: Case, f: KernelFunction): Fn => {
  const params = columnsOf(c).map(({ dtype }): KernelParam => ({ kind: 'scalar', dtype }));
  const fn = kernelFn(f, params, { rank: 0, constants: c.constants, label: 'test' });
  validateFn(fn);
  return fn;
};

/** What a function gives for the inputs of a case. */
function resultsOf(c: Case, fn: Fn) {
  const columns = columnsOf(c);
  const rows = columns[0].values.map((_, k) => interpret(fn, {
    leaf: (v) => (v.kind === 'read' ? columns[v.input].values[k] : assert.unreachable(v.kind) as never),
  }));
  return fn.results.map(({ dtype }, j) => ({ dtype, values: rows.map((r) => r[j]) }));
}

// ---- kernels of arrays: what they do to their parameters is read from their text ----

const x = wf.array([3, 1, 2, 7, 5]), m = wf.array([[1, 2, 3], [6, 5, 4]]);
type Made = wf.WeftArray | readonly wf.WeftArray[];
const arrayKernels: Readonly<Record<string, readonly [f: KernelFunction, call: (f: never) => Made]>> = {
  'a stencil with a loop': [
    (u: wf.Neighbors1, k: number) => {
      let sum = 0;
      for (let i = -1; i <= 1; i++) sum += u(i) * (i === 0 ? 2 : k);
      return sum;
    },
    (f) => wf.stencil(f as (u: wf.Neighbors1, k: number) => number, { border: 'wrap' })(x, 0.5),
  ],
  'a stencil with a function of its array': [
    (u: wf.Neighbors2) => {
      const across = (v: wf.Neighbors2, k: number) => v(k, 0) + v(0, k);
      return across(u, 1) - across(u, -1) + u(0, 0);
    },
    (f) => wf.stencil(f as (u: wf.Neighbors2) => number, { border: 'nearest' })(m),
  ],
  'a table': [
    (v: number, table: wf.Vec) => table[Math.trunc(v / 2)] + table.length,
    (f) => wf.vectorize(f as (v: number, table: wf.Vec) => number)(x, [10, 20, 30, 40]),
  ],
  'sub-arrays': [
    (row: wf.Vec, out: wf.MutVec) => {
      const total = (v: wf.Vec) => {
        let s = 0;
        for (let i = 0; i < v.length; i++) s += v[i];
        return s;
      };
      const all = total(row);
      for (let i = 0; i < row.length; i++) out[i] = row[i] / all;
    },
    (f) => wf.guvectorize('(n)->(n)', f as (row: wf.Vec, out: wf.MutVec) => void)(m),
  ],
  'parallel loops': [
    (a: wf.Mat, out: wf.MutVec) => {
      let largest = -Infinity, count = 0;
      const [h, w] = a.shape;
      for (const [i, j] of wf.prange([h, w])) {
        largest = Math.max(largest, a[i][j]);
        if (a[i][j] > 2) count++;
      }
      for (const i of wf.prange(h)) {
        const row = a[i];
        let s = 0;
        for (let j = 0; j < w; j++) {
          if (row[j] > 5) continue;
          s += row[j];
        }
        out[i] = s / largest;
      }
      return count;
    },
    (f) => [wf.kernel(f as (a: wf.Mat, out: wf.MutVec) => number)(m, wf.zeros(2))].flat(),
  ],
  'coordinates': [
    (i: number, j: number) => { if (i < j) return i * 10 + j; return Math.min(i, 3) - j; },
    (f) => wf.fromFunction([4, 5], f as (...at: number[]) => number),
  ],
};

const valuesOf = (made: Made): Promise<unknown[]> =>
  Promise.all([made].flat().map((a: wf.WeftArray) => a.array({ target: 'interpreter' })));

for (const [name, [f, call]] of Object.entries(arrayKernels)) {
  const test = suite(`kernels: ${name}`);
  for (const [how, form] of Object.entries({ ...spellings, ...programs })) {
    test(how, async () => {
      const g = evaluated(await form(f.toString()), { prange: wf.prange });
      assert.equal(await valuesOf(call(g as never)), await valuesOf(call(f as never)), g.toString());
    });
  }
  test.run();
}

for (const [name, form] of Object.entries(spellings)) {
  const test = suite(`kernels: ${name}`);
  test('is the same function', async () => {
    for (const c of cases) {
      const f = evaluated(await form(c.f.toString()), c.constants);
      assert.is(lowered(c, f).key, lowered(c, c.f).key, `${c.name}: ${f.toString()}`);
    }
  });
  test.run();
}

for (const [name, form] of Object.entries(programs)) {
  const test = suite(`kernels: ${name}`);
  for (const c of cases) {
    test(c.name, async () => {
      const text = await form(c.f.toString());
      check(c, resultsOf(c, lowered(c, evaluated(text, c.constants))), text);
    });
  }
  test.run();
}
