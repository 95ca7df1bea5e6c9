/** Functions: declared inside, passed in constants, passed as arguments; and patterns. */
import { kernel } from '../language.ts';

/* eslint-disable no-useless-assignment, @typescript-eslint/no-unused-expressions */
type F1 = (x: number) => unknown;
type F2 = (x: number, y: number) => unknown;
const of1 = (name: string, f: F1, options = {}) => kernel(name, f, options);
const of2 = (name: string, f: F2, options = {}) => kernel(name, f, options);

const square = (v: number): number => v * v;
const cube = (v: number): number => v * square(v);
function clampTo(v: number, low: number, high = 4): number {
  if (v < low) return low;
  return v > high ? high : v;
}
const powers = (v: number): [number, number, number] => [v, v * v, v * v * v];
const countBelow = (limit: number): number => {
  let n = 0;
  for (let i = 0; i * i < limit; i++) n++;
  return n;
};
const tools = {
  half: (v: number): number => v / 2,
  list: [(v: number): number => v + 1, (v: number): number => v - 1],
  factor: 3,
};
const POINT = { x: 2, y: { z: [1, 5] } };
const constants = { square, cube, clampTo, powers, countBelow, tools, POINT };

export const functions = [
  of1('an arrow inside', (x) => { const f = (v: number) => v * v + 1; return f(x) - f(2); }),
  of1('an arrow with a body', (x) => { const f = (v: number) => { const w = v + 1; return w * w; }; return f(x); }),
  of1('a function declared inside, after its call', (x) => {
    return twice(x) + twice(1);
    function twice(v: number) { return v * 2; }
  }),
  of1('a function expression', (x) => { const f = function (v: number) { return v > 0 ? v : -v; }; return f(x); }),
  of1('functions that call functions', (x) => {
    const f = (v: number) => v + 1, g = (v: number) => f(v) * 2, h = (v: number) => g(f(v)); return h(x);
  }),
  of1('a function sees the variables around it', (x) => {
    let s = 1; const f = (v: number) => v * s; const a = f(x); s = 3; return a + f(x);
  }),
  of1('a function changes the variables around it', (x) => {
    let s = 0; const add = (v: number) => { s += v; }; add(x); add(2);
    if (x > 1) add(10);
    return s;
  }),
  of1('a function with an effect and a value', (x) => {
    let n = 0; const next = () => n++; const a = next(), b = next(); return a * 100 + b * 10 + n + x;
  }),
  of1('early returns', (x) => {
    const f = (v: number) => { if (v < 0) return -1; if (v > 2) return 1; return 0; }; return f(x) * 10 + f(-x);
  }),
  of1('a loop inside, with return', (x) => {
    const root = (v: number) => { for (let i = 0; i < 20; i++) { if (i * i >= v) return i; } return -1; };
    return root(x) + root(9) * 100;
  }),
  of1('called from a loop', (x) => {
    const f = (v: number, k: number) => v / 2 + k; let s = x;
    for (let i = 0; i < 5; i++) s = f(s, i);
    return s;
  }, { close: { ulp: 16 } }),
  of1('called from a loop that turns as the element says', (x) => {
    const f = (v: number) => (v % 2 === 0 ? v / 2 : 3 * v + 1); let n = 0;
    while (x !== 1 && n < 99) { x = f(x); n++; }
    return n;
  }, { inputs: [[1, 2, 3, 7, 9, 12, 27]] }),
  of1('called in tests', (x) => { const small = (v: number) => v * v < 20; let n = 0; while (small(n) && n < x) n++; return n; }),
  of1('a function declared in a turn', (x) => {
    let s = 0;
    for (let i = 0; i < 4; i++) { const f = (v: number) => v * i; s += f(x); }
    return s;
  }, { inputs: [[0, 1, -2, 3.5]] }),
  of1('functions as arguments', (x) => {
    const twice = (f: (v: number) => number, v: number) => f(f(v)); return twice((v) => v * 2 + 1, x);
  }),
  of1('a function that makes a function', (x) => {
    const adder = (k: number) => (v: number) => v + k; const f = adder(3); return f(x) * adder(1)(2);
  }),
  of1('several results', (x) => { const f = (v: number) => [v + 1, v * 2]; const [a, b] = f(x); return a * b; }),
  of1('several results, by conditions', (x) => {
    const f = (v: number) => { if (v > 1) return [v, 1]; return [0, v]; }; const [a, b] = f(x);
    return a - b * 3;
  }),
  of1('default values of parameters', (x) => {
    const f = (v: number, w = v * 2, u = 1) => v + w * u; return f(x) + f(x, 1) + f(x, 1, 4);
  }),
  of1('patterns as parameters', (x) => {
    const f = ([a, b = 4]: number[], k: number) => a * b + k; return f([x, 2], 1) + f([x], 2);
  }),
  of1('names of parameters that are those of the kernel', (x) => {
    const f = (x: number) => { x += 1; return x * 2; }; return f(x) + x;
  }),
  of1('a function without a result', (x) => {
    let a = 0;
    function set(v: number) { if (v < 0) return; a = v; }
    set(x); return a;
  }),
  of1('void functions in a row', (x) => {
    let s = 0; const up = () => void s++, down = () => { s -= 2; }; up(); x > 0 && up(); x > 2 ? up() : down();
    return s;
  }),

  of1('helpers', (x) => square(x) + square(2), { constants }),
  of1('helpers that call helpers', (x) => cube(x) - square(x), { constants: { cube, square } }),
  of1('helpers with early returns and defaults', (x) => clampTo(x, -1) + clampTo(x * 2, 0, 2), { constants }),
  of1('helpers with several results', (x) => { const [a, b, c] = powers(x); return a + b - c; }, { constants }),
  of1('helpers with loops', (x) => countBelow(x) + countBelow(17), { constants, inputs: [[0, 1, 3, 10, 100]] }),
  of1('helpers in objects and lists', (x) => tools.half(x) * tools.list[0](x) + tools.list[1](2) * tools.factor, { constants }),
  of1('helpers as arguments', (x) => {
    const apply = (f: (v: number) => number, v: number) => f(v) + 1; return apply(square, x) + apply(tools.half, x);
  }, { constants }),
];

export const patterns = [
  of2('arrays', (x, y) => { const [a, b, c = 5] = [x, y]; const [, d] = [1, x + 1]; return a * b + c * d; }),
  of2('arrays in arrays', (x, y) => { const [[a, b], [c]] = [[x, 1], [y]]; return a - b * c; }),
  of1('objects among the constants', (x) => {
    const { x: px, y: { z: [, last] } } = POINT; return px * x + last;
  }, { constants }),
  of1('defaults', (x) => { const { x: px = 7, w = 3 } = POINT as { x?: number; w?: number }; return px * x + w; }, { constants }),
  of2('assignments', (x, y) => { let a = 0, b = 0; [a, b] = [x + 1, y + 1]; [a] = [a * b]; return [a, b]; }),
  of2('swaps in a loop', (x, y) => { for (let i = 0; i < 7; i++) { [x, y] = [y, x + 1]; if (x > 4) break; } return [x, y]; }),
];
