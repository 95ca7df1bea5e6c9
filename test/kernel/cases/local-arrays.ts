/** Small arrays inside kernels. */
import { kernel } from '../language.ts';

type F1 = (x: number) => unknown;
type F2 = (x: number, y: number) => unknown;
const of1 = (name: string, f: F1, options = {}) => kernel(name, f, options);
const of2 = (name: string, f: F2, options = {}) => kernel(name, f, options);

const SIZE = 4, PRIMES = [2, 3, 5, 7, 11], MATRIX = [[1, 2], [3, 4]];
const constants = { SIZE, PRIMES, MATRIX };
const index = [[0, 1, 2, 3, 1, 0, 3]];

export const arrays = [
  of2('elements', (x, y) => { const a = [x, y, x + y]; return a[0] * a[1] - a[2] * a.length; }),
  of1('elements that are set', (x) => { const a = [1, 2, 3]; a[1] = x; a[2] += a[1]; a[0]--; ++a[0]; return a; }),
  of1('set in a condition', (x) => { const a = [1, 2, 3]; if (x > 0) { a[0] = x; a[2] = 9; } else a[1] = -1; return a; }),
  of1('an index of the run', (x) => { const a = [10, 20, 30, 40]; return a[x] + a[3 - x]; }, { inputs: index }),
  of1('set at an index of the run', (x) => { const a = [1, 2, 3, 4]; a[x] = 10; a[3 - x] += 5; return a; }, { inputs: index }),
  of1('loops over an array', (x) => {
    const a = [1, 2, 3, 4]; let s = 0;
    for (let i = 0; i < a.length; i++) { a[i] *= x; s += a[i] * i; }
    return s;
  }, { inputs: [[0, 1, -2, 3.5]] }),
  of1('loops that read and set at an index of the run', (x) => {
    const a = [0, 0, 0, 0, 0];
    for (let i = 0; i < x; i++) a[(i * 3) % 5] += i;
    return a;
  }, { inputs: [[0, 1, 4, 9, 20]] }),
  of1('an array that grows older', (x) => {
    const a = [x, 1];
    for (let i = 0; i < 6; i++) { const t = a[0] + a[1]; a[0] = a[1]; a[1] = t; }
    return a;
  }, { inputs: [[0, 1, -2, 3.5]] }),
  of1('new Array and fill', (x) => {
    const a = new Array<number>(SIZE).fill(0); a[1] = x; a[SIZE - 1] = 2; return a[0] + a[1] * a[3];
  }, { constants }),
  of1('fill with a value of the run', (x) => {
    const a = new Array<number>(3).fill(x); a[1] = 1; a.fill(x + 1); a[0] -= 1; return a;
  }),
  of1('typed arrays of floats', (x) => {
    const a = new Float32Array(3); a[0] = x; a[1] += 0.5; return [a[0], a[1], a[2], a.length];
  }, { gives: ['float32', 'float32', 'float32', 'float32'] }),
  of1('typed arrays of integers truncate', (x) => {
    const a = new Int32Array(3); a[0] = x * 1.5; a[1] = 2.75; a.fill(7.5); a[2] = x; return [a[0], a[1], a[2]];
  }, { inputs: [[-3, 0.5, 2, 7]], gives: ['int32', 'int32', 'int32'] }),
  of1('typed arrays of a list', (x) => {
    const a = new Int32Array([1.5, x]), b = new Uint32Array([3, 4]); return [a[0] + a[1], b[0] * b[1]];
  }, { inputs: [[-3, 0.5, 2, 7]] }),
  of1('for of a local array', (x) => {
    const a = [x, 1, 2]; let s = 0;
    for (const v of a) s = s * 2 + v;
    return s;
  }, { inputs: [[0, 1, -2, 3.5]] }),
  of2('an array passed to a function', (x, y) => {
    const dot = (a: number[], b: number[]) => { let s = 0; for (let i = 0; i < a.length; i++) s += a[i] * b[i]; return s; };
    return dot([x, y], [1, 2]) + dot([x, 1, 2], [y, 0, 3]);
  }, { inputs: [[0, 1, -2, 3.5], [1, 2, 3, 4]] }),
  of1('a function that sets the elements', (x) => {
    const a = [1, 2, 3]; const put = (v: number[], k: number) => { v[k] = x; }; put(a, 0);
    if (x > 0) put(a, 2);
    return a;
  }),
  of1('an array of arrays', (x) => {
    const m = [[1, 2], [3, x]]; m[0][1] += x; m[1][0] = 7; return m[0][0] + m[0][1] * m[1][0] - m[1][1];
  }),
  of1('an array of arrays at indices of the run', (x) => {
    const m = [[1, 2], [3, 4]], k = x > 0 ? 1 : 0; return m[k][1] * 10 + m[0][k] + MATRIX[k][k] * 100;
  }, { constants }),
  of1('rows swapped', (x) => {
    const m = [[1, 2], [3, x]]; [m[0], m[1]] = [m[1], m[0]]; m[1][1] += 5; return m[0][1] * 10 + m[1][1];
  }),
  of1('set in a row of the run', (x) => {
    const m = [[1, 2], [3, 4], [5, 6]], k = x > 2 ? 2 : x > 0 ? 1 : 0;
    m[k][0] = x;
    m[2 - k][k % 2] += 7;
    return [m[0][0], m[0][1], m[1][0], m[1][1], m[2][0], m[2][1]];
  }, { inputs: [[0, 1, -2, 3.5]] }),
  of1('equations by elimination', (x) => {
    const a = [[4, 1, 0], [1, 4, x], [0, 1, 2]], b = [x, 2, 3];
    for (let i = 0; i < 3; i++) {
      for (let k = i + 1; k < 3; k++) {
        const f = a[k][i] / a[i][i];
        for (let j = i; j < 3; j++) a[k][j] -= f * a[i][j];
        b[k] -= f * b[i];
      }
    }
    for (let i = 2; i >= 0; i--) {
      for (let j = i + 1; j < 3; j++) b[i] -= a[i][j] * b[j];
      b[i] /= a[i][i];
    }
    return b;
  }, { inputs: [[0, 1, -2, 3.5]], close: { ulp: 32 } }),
  of1('indices that count', (x) => {
    const h = [0, 0, 0, 0];
    let i = 0, j = 3;
    h[i++] += 1;
    h[i++] += x;
    h[--j]++;
    h[j--] *= 2;
    return [i, j, h[0], h[1], h[2], h[3]];
  }),
  of1('indices count before the value', (x) => {
    const a = [x, 1, 2]; let i = 0; a[i++] = i * 10; a[i] = a[i++] + 5; return [i, a[0], a[1], a[2]];
  }),
  of1('a choice between arrays', (x) => { const a = x > 0 ? [1, x] : [x, 3]; return a[0] * 10 + a[1]; }),
  of1('an array replaced in a condition', (x) => { let a = [1, 2]; if (x > 0) { a = [3, x]; } return a[0] * 10 + a[1]; }),
  of1('the same array by two names', (x) => { const a = [1, 2], b = a; b[0] = x; return a[0] + b[1]; }),
  of2('bubble sort', (x, y) => {
    const a = [x, y, 1, 3, -2];
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j + 1 < a.length - i; j++) if (a[j] > a[j + 1]) [a[j], a[j + 1]] = [a[j + 1], a[j]];
    }
    return a;
  }, { inputs: [[0, 1, -2, 3.5], [4, 2, -3, 0.5]] }),
  of2('insertion sort', (x, y) => {
    const a = [x, y, 1, 3, -2];
    for (let i = 1; i < 5; i++) {
      const v = a[i]; let j = i - 1;
      while (j >= 0 && a[j] > v) { a[j + 1] = a[j]; j--; }
      a[j + 1] = v;
    }
    return a;
  }, { inputs: [[0, 1, -2, 3.5], [4, 2, -3, 0.5]] }),
  of1('a median', (x) => {
    const a = [x, PRIMES[1], 1];
    for (let i = 0; i < 2; i++) for (let j = 0; j < 2 - i; j++) if (a[j] > a[j + 1]) {
      const t = a[j]; a[j] = a[j + 1]; a[j + 1] = t;
    }
    return a[1];
  }, { constants, inputs: [[0, 1, 2, 3.5, 9]] }),
  of1('a stack', (x) => {
    const stack = new Array<number>(8).fill(0); let top = 0;
    for (let n = x; n > 0; n = Math.floor(n / 2)) stack[top++] = n % 2;
    let s = 0;
    while (top > 0) s = s * 10 + stack[--top];
    return s;
  }, { inputs: [[0, 1, 2, 5, 12, 100]] }),
  of1('a polynomial', (x) => {
    let s = 0;
    for (let k = PRIMES.length - 1; k >= 0; k--) s = s * x + PRIMES[k];
    return s;
  }, { constants, inputs: [[0, 1, -2, 0.5]] }),
];
