/** Kernels outside the language: each gets an error that points at the place and says what to write instead. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/errors.ts';
import { lowerKernel, type KernelFunction } from '../../src/dsl/kernel/index.ts';

const test = suite('kernel errors');
type U = (...offset: number[]) => number;
declare const RADIUS: number, W: number[], options: { scale: number; size: number }, when: number;
declare const helper: (x: number) => number, square: (x: number) => number, min: (a: number, b: number) => number;
const helperFunction = (u: U) => u(0);
type Unknown = Record<string, (...args: number[]) => number>;

const bad: readonly [KernelFunction, readonly string[]][] = [
  [
    (u: U) => u(RADIUS), [
      `unknown variable 'RADIUS' in kernel 'stencil'`,
      '1 | (u) => u(RADIUS)',
      '             ^',
      'a kernel sees its parameters and its own variables; pass an outer one in: constants: { RADIUS }',
    ],
  ],
  [
    (u: U) => u(0) * helper(2), [
      `'helper' is not a function the kernel can call in kernel 'stencil'`,
      '1 | (u) => u(0) * helper(2)',
      '                  ^',
      'call array parameters and members of Math; helper functions are not supported yet: write their expression here',
    ],
  ],
  [
    (u: U) => min(u(0), 1), [
      `'min' is not a function the kernel can call in kernel 'stencil'`,
      '1 | (u) => min(u(0), 1)',
      '           ^',
      'write Math.min(...)',
    ],
  ],
  [
    (u: U) => u(u(0)), [
      `the indices of u must be known when the kernel is built in kernel 'stencil'`,
      '1 | (u) => u(u(0))',
      '             ^',
      'they are offsets from the current element: whole numbers made of literals and constants, such as -1 or N',
    ],
  ],
  [
    (u: U) => u(0.5), [
      `the indices of u must be known when the kernel is built in kernel 'stencil'`,
      '1 | (u) => u(0.5)',
      '             ^',
      'they are offsets from the current element: whole numbers made of literals and constants, such as -1 or N',
    ],
  ],
  [
    (u: U) => u(0, 1), [
      `u takes one index per axis: 1 index, got 2 in kernel 'stencil'`,
      '1 | (u) => u(0, 1)',
      '           ^',
      'the current element is u(0)',
    ],
  ],
  [
    (u: U) => u(0) + Number(u), [
      `'u' is an array: read an element of it in kernel 'stencil'`,
      '1 | (u) => u(0) + Number(u)',
      '                         ^',
      'u(0) is the current one, u(-1) the one before; one index per axis',
    ],
  ],
  [
    (u: U) => { for (let i = 0; i < 3; i++) u(i); return u(0); }, [
      `loops are not supported yet in kernel 'stencil'`,
      '2 | for (let i = 0; i < 3; i++) u(i);',
      '    ^',
      'write the terms out: u(-1) + u(0) + u(1)',
    ],
  ],
  [
    (u: U) => { while (u(0) > 0) return 1; return 0; }, [
      `loops are not supported yet in kernel 'stencil'`,
      '2 | while (u(0) > 0) return 1;',
      '    ^',
      'write the terms out: u(-1) + u(0) + u(1)',
    ],
  ],
  [
    (u: U) => { if (u(0) > 0) return 1; return 0; }, [
      `if is not supported yet in kernel 'stencil'`,
      '2 | if (u(0) > 0) return 1;',
      '    ^',
      'write a ternary: const y = x < 0 ? 0 : x',
    ],
  ],
  [
    (u: U) => { switch (u(0)) { case 1: return 2; default: return 3; } }, [
      `switch is not supported yet in kernel 'stencil'`,
      '2 | switch (u(0)) {',
      '    ^',
      'write a ternary: mode === 0 ? a : mode === 1 ? b : c',
    ],
  ],
  [
    (u: U) => { let s = u(0); s += 1; return s; }, [
      `assignment is not supported yet in kernel 'stencil'`,
      '3 | s += 1;',
      '    ^',
      'give each value a name of its own: const y = ...',
    ],
  ],
  [
    (u: U) => { let s = u(0); s++; return s; }, [
      `assignment is not supported yet in kernel 'stencil'`,
      '3 | s++;',
      '    ^',
      'give each value a name of its own: const y = ...',
    ],
  ],
  [
    // eslint-disable-next-line no-unassigned-vars
    (u: U) => { let s: number | undefined; return u(0) + Number(s); }, [
      `'s' has no value in kernel 'stencil'`,
      '2 | let s;',
      '        ^',
      'declare it where its value is known: const x = ...',
    ],
  ],
  [
    (u: U) => { u(0); return 1; }, [
      `this statement has no effect in kernel 'stencil'`,
      '2 | u(0);',
      '    ^',
      'a kernel computes values: const y = ..., return ...',
    ],
  ],
  [
    (u: U) => { const [_a] = [u(0)]; }, [
      `the kernel does not return a value in kernel 'stencil'`,
      '1 | (u) => {',
      '           ^',
      'end it with return, e.g. return x * 2',
    ],
  ],
  [
    (_: U) => { return; }, [
      `return needs a value in kernel 'stencil'`,
      '2 | return;',
      '    ^',
      'return a number, or [a, b] for several results',
    ],
  ],
  [
    (u: U) => { throw u(0); }, [
      `throwing and catching are not possible in kernel 'stencil'`,
      '2 | throw u(0);',
      '    ^',
      'return NaN, or a second result that flags the element',
    ],
  ],
  [
    (u: U) => { const f = (x: number) => x; return f(u(0)); }, [
      `functions inside a kernel are not supported yet in kernel 'stencil'`,
      '2 | const f = (x) => x;',
      '              ^',
      'write the expression where it is used',
    ],
  ],
  [
    (u: U) => u(0) + 'px', [
      `kernels compute on numbers and bools, not on text in kernel 'stencil'`,
      '1 | (u) => u(0) + "px"',
      '                  ^',
      'pass a number, e.g. a mode as 0, 1, 2',
    ],
  ],
  [
    (u: U) => `${u(0)}`, [
      `kernels compute on numbers and bools, not on text in kernel 'stencil'`,
      '1 | (u) => `${u(0)}`',
      '           ^',
      'pass a number, e.g. a mode as 0, 1, 2',
    ],
  ],
  [
    (u: U) => u(0) + (null as unknown as number), [
      `null is not a number in kernel 'stencil'`,
      '1 | (u) => u(0) + null',
      '                  ^',
      'use 0 or NaN',
    ],
  ],
  [
    (u: U) => ({ value: u(0) }), [
      `objects cannot be made here in kernel 'stencil'`,
      '1 | (u) => ({ value: u(0) })',
      '            ^',
      'return [a, b] gives several results; options come from constants',
    ],
  ],
  [
    (u: U) => [[u(0)], [1]], [
      `the kernel returns an array of arrays in kernel 'stencil'`,
      '1 | (u) => [[u(0)], [1]]',
      '           ^',
      'return [a, b]: numbers only',
    ],
  ],
  [
    (u: U) => u(0) + (undefined as unknown as number), [
      `undefined is not a number in kernel 'stencil'`,
      '1 | (u) => u(0) + void 0',
      '                  ^',
      'give a value, e.g. 0 or NaN',
    ],
  ],
  [
    (u: U) => u(0) > 0 && u(1), [
      `&& takes comparisons or bools, and the right side is a number in kernel 'stencil'`,
      '1 | (u) => u(0) > 0 && u(1)',
      '           ^',
      'write a !== 0 && b !== 0, or a ternary: a !== 0 ? b : c',
    ],
  ],
  [
    (u: U) => u(0) ?? 1, [
      `'??' is not supported in kernel 'stencil'`,
      '1 | (u) => u(0) ?? 1',
      '           ^',
      'no value of a kernel is missing; test for NaN with Number.isNaN(x) ? y : x',
    ],
  ],
  [
    (u: U) => typeof u(0) === 'number' ? 1 : 0, [
      `typeof is not supported in kernel 'stencil'`,
      '1 | (u) => typeof u(0) === "number" ? 1 : 0',
      '           ^',
      'the dtypes are known before the kernel runs',
    ],
  ],
  [
    (u: U) => u(0) * (Math as unknown as Unknown).gamma(2), [
      `Math.gamma is not available in kernel 'stencil'`,
      '1 | (u) => u(0) * Math.gamma(2)',
      '                       ^',
      'Math has abs, acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, ceil, clz32, cos, cosh, exp, expm1, floor, fround, hypot, imul, log, log10, log1p, log2, max, min, pow, round, sign, sin, sinh, sqrt, tan, tanh, trunc',
    ],
  ],
  [
    (u: U) => u(0) * Math.random(), [
      `Math.random is not available in kernel 'stencil'`,
      '1 | (u) => u(0) * Math.random()',
      '                       ^',
      'random numbers come from an array: pass one made by the random functions as an argument',
    ],
  ],
  [
    (u: U) => u(0) * (Math as unknown as Unknown).sin(1, 2), [
      `Math.sin takes 1 argument, got 2 in kernel 'stencil'`,
      '1 | (u) => u(0) * Math.sin(1, 2)',
      '                  ^',
    ],
  ],
  [
    (u: U) => u(0) * W[2], [
      `index 2 is outside the array: it has 2 elements in kernel 'stencil'`,
      '1 | (u) => u(0) * W[2]',
      '                    ^',
    ],
  ],
  [
    (u: U) => u(0) * W[u(0)], [
      `an index must be known when the kernel is built in kernel 'stencil'`,
      '1 | (u) => u(0) * W[u(0)]',
      '                    ^',
      'use a literal or one of the constants: W[1], W[K - 1]',
    ],
  ],
  [
    (u: U) => u(0) * (W as unknown as number), [
      `an array cannot be used as a number in kernel 'stencil'`,
      '1 | (u) => u(0) * W',
      '                  ^',
      'index it: W[0]',
    ],
  ],
  [
    (u: U) => u(0) * options.size, [
      `there is no 'size' among the constants in kernel 'stencil'`,
      '1 | (u) => u(0) * options.size',
      '                          ^',
      'there is scale',
    ],
  ],
  [
    (u: U) => u(0) * when, [
      `the constant 'when' cannot be used in a kernel: it is an instance of Date in kernel 'stencil'`,
      '1 | (u) => u(0) * when',
      '                  ^',
      'constants are numbers, bools, and arrays or plain objects of them',
    ],
  ],
  [
    (u: U) => square(u(0)), [
      `the constant 'square' cannot be used in a kernel: it is a function: helper functions are not supported yet in kernel 'stencil'`,
      '1 | (u) => square(u(0))',
      '           ^',
      'constants are numbers, bools, and arrays or plain objects of them',
    ],
  ],
  [
    (u: U) => (u as unknown as number[])[0], [
      `only arrays among the constants can be indexed in kernel 'stencil'`,
      '1 | (u) => u[0]',
      '           ^',
      'read array parameters by calling them: u(-1)',
    ],
  ],
  [
    (u: U) => new Array(u(0)), [
      `objects cannot be made here in kernel 'stencil'`,
      '1 | (u) => new Array(u(0))',
      '           ^',
      'a kernel is made of numbers, const and return',
    ],
  ],
  [
    (u: U) => Math.max(...[u(0), 1]), [
      `'...' is not supported in kernel 'stencil'`,
      '1 | (u) => Math.max(...[u(0), 1])',
      '                    ^',
      'write the elements out',
    ],
  ],
  [
    (u: U) => options?.scale * u(0), [
      `'?.' is not supported in kernel 'stencil'`,
      '1 | (u) => options?.scale * u(0)',
      '           ^',
      `constants are known to exist: use '.'`,
    ],
  ],
  [
    (u: U) => 10n * (u(0) as unknown as bigint), [
      `bigint is not supported in kernel 'stencil'`,
      '1 | (u) => 10n * u(0)',
      '           ^',
      'write a plain number; integers are 32 bits wide',
    ],
  ],
  [
    function (this: { scale: number }, u: U) { return this.scale * u(0); }, [
      `'this' is not available in kernel 'stencil'`,
      '2 | return this.scale * u(0);',
      '           ^',
      'pass what you need in as a parameter or through constants',
    ],
  ],
  [
    async (u: U) => Promise.resolve(u(0)), [
      `async functions are not supported in kernel 'stencil'`,
      '1 | async (u) => Promise.resolve(u(0))',
      '    ^',
      'it runs once per element, on numbers; await before the call',
    ],
  ],
  [
    function* (u: U) { yield u(0); }, [
      `generators are not supported in kernel 'stencil'`,
      '1 | function* (u) {',
      '    ^',
      'return [a, b] gives several results',
    ],
  ],
  [
    class Kernel {} as unknown as KernelFunction, [
      `classes are not supported in kernel 'Kernel'`,
      '1 | class Kernel {',
      '    ^',
      'write an arrow function such as (x, y) => x + y, or a function that ends with return',
    ],
  ],
  [
    Math.abs as KernelFunction, [
      `the source of this function cannot be read: it is built in, or made by bind() in kernel 'abs'`,
      '1 | function abs() { [native code] }',
      '    ^',
      'write an arrow function such as (x, y) => x + y, or a function that ends with return',
    ],
  ],
  [
    helperFunction.bind(null), [
      `the source of this function cannot be read: it is built in, or made by bind() in kernel 'helperFunction'`,
      '1 | function () { [native code] }',
      '    ^',
      'write an arrow function such as (x, y) => x + y, or a function that ends with return',
    ],
  ],
  [
    (u: U = () => 0) => u(0), [
      `default values of parameters are not supported in kernel 'stencil'`,
      '1 | (u = () => 0) => u(0)',
      '     ^',
      'pass every argument, or take the value from constants',
    ],
  ],
  [
    (...u: U[]) => u[0](0), [
      `rest parameters are not supported in kernel 'stencil'`,
      '1 | (...u) => u[0](0)',
      '     ^',
      'name each parameter',
    ],
  ],
  [
    ([u]: U[]) => u(0), [
      `only arrays can be destructured with [] in kernel 'stencil'`,
      '1 | ([u]) => u(0)',
      '     ^',
      'const [a, b] = [x, y]',
    ],
  ],
];

const lower = (f: KernelFunction): void => {
  lowerKernel(f, [{ kind: 'array', dtype: 'float32' }], {
    rank: 1, label: 'stencil', constants: { W: [1, 2], options: { scale: 2 }, when: new Date(0), square: (x: number) => x * x },
  });
};

/** Bundling indents functions; the table does not. */
const unindented = (message: string): string => {
  const indent = / \| ( *)/.exec(message)?.[1] ?? '';
  return message.replace(` | ${indent}`, ' | ').replace(`\n${indent} `, '\n ');
};

for (const [f, lines] of bad) {
  const message = lines.join('\n');
  test(lines[0], () => {
    try {
      lower(f);
    } catch (error) {
      assert.instance(error, KernelError);
      assert.is(unindented((error as KernelError).message), message);
      return;
    }
    assert.unreachable('no error');
  });
}

test('the error knows the line and the column', () => {
  const f = (u: U) => {
    const a = u(0);
    return a + RADIUS;
  };
  try {
    lower(f);
  } catch (error) {
    assert.equal([(error as KernelError).line, (error as KernelError).column, (error as KernelError).code], [3, 15, 'kernel']);
    return;
  }
  assert.unreachable('no error');
});

test('the number of arguments is checked', () => {
  assert.throws(() => lowerKernel((x: number, y: number) => x + y, [{ kind: 'scalar', dtype: 'float32' }], { rank: 0, label: 'vectorize' }),
    /the kernel has 2 parameters, but is used with 1 arguments in kernel 'vectorize'/);
});

test.run();
