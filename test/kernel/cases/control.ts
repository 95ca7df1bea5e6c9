/** Variables, conditions, loops and jumps. */
import { kernel } from '../language.ts';

/* eslint-disable no-var, prefer-const, no-useless-assignment, no-constant-condition, no-empty */
type F1 = (x: number) => unknown;
type F2 = (x: number, y: number) => unknown;
const of1 = (name: string, f: F1, options = {}) => kernel(name, f, options);
const of2 = (name: string, f: F2, options = {}) => kernel(name, f, options);

const LIMIT = 12, STEPS = 5, FLAG = false, WEIGHTS = [0.5, 0.25, -1, 2];
const constants = { LIMIT, STEPS, FLAG, WEIGHTS };
/** Loops of these turn as often as each element says. */
const counts = [[0, 1, 2, 3, 5, 8, 13, 1, 0, 4, 30]];
const pairs = [[0, 1, 2, 3, 5, 8, 13, 1, 0, 4, 30], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]];

export const variables = [
  of1('let and const', (x) => { const a = x * x; let b = a + 1; b = b - x; return a / (1 + b * b); }),
  of1('blocks have names of their own', (x) => {
    let s = x; { let s = 2; s += 1; { const s = 5; x += s; } x += s; } return s + x;
  }),
  of1('var is known everywhere', (x) => {
    if (x > 0) { var a = x * 2; } else { var a = 1; }
    var b = a + 1; { var c = b * 2; } return a + c;
  }),
  of1('var before its declaration', (x) => { a = x + 1; var a: number; return a; }),
  of1('a variable that was not set is NaN', (x) => { let a: number | undefined; if (x > 0) a = x; return a! + 1; }),
  of1('numbers that were not set are NaN', (x) => {
    let a: number | undefined;
    if (x > 0) a = 1;
    else if (x < -1) a = 2;
    return a! * x;
  }),
  of1('declared without a value, set later', (x) => {
    let a, b: number; a = x + 1;
    if (x > 0) { b = 1; } else { b = 2; }
    return a * b;
  }),
  of2('parameters are variables', (x, y) => { x += 1; if (y > 0) x = -x; y = x * y; return x + y; }),
  of1('constants are copied into variables', (x) => { let n = STEPS; n += x; n *= 2; return n + STEPS; }, { constants }),
];

export const conditions = [
  of1('if', (x) => { let s = 1; if (x > 0) s = x; return s; }),
  of1('if and else', (x) => { let s; if (x > 0) s = x; else s = -x; return s; }),
  of2('else if', (x, y) => { if (x < 0) return -1; else if (x < y) return 0; else if (x === y) return 1; return 2; }),
  of2('ifs in ifs', (x, y) => {
    let s = 0;
    if (x > 0) { s = 1; if (y > 0) { s = 2; if (x > y) s = 3; } else s = 4; s *= 2; } else if (y > 0) { s = 5; }
    return s;
  }),
  of2('several variables at once', (x, y) => { let a = x, b = y; if (a > b) { const t = a; a = b; b = t; } return [a, b]; }),
  of2('return in the middle', (x, y) => {
    if (x > 1) return x * y;
    let s = x + y;
    if (s > 1) { s *= 2; if (s > 4) return s; }
    return -s;
  }),
  of2('code after both sides returned', (x, y) => { if (x > y) { return 1; } else { return 2; } }),
  of1('a condition that is known at once', (x) => {
    let s = x;
    if (FLAG) s = 100;
    if (STEPS === 5) s += 1;
    else s = 0;
    return s;
  }, { constants }),
  of1('an empty side', (x) => { let s = 1; if (x > 0) {} else s = 2; return s; }),
  of1('choices of several dtypes', (x) => { let s: number = 1; if (x > 2) s = x * 0.5; else if (x > 0) s = 2; return s; }),
  of2('several results from different places', (x, y) => {
    if (x > y) return [x, 1];
    if (x === y) return [0, 2];
    return [y, 3];
  }),
  of1('a bool result from different places', (x) => {
    if (x > 3) return true;
    if (x < 0) return false;
    return x > 1;
  }, { gives: 'bool' }),
];

export const loops = [
  of1('a fixed number of turns', (x) => { let s = 0; for (let i = 0; i < 5; i++) s += x * i; return s; }, { inputs: counts }),
  of1('many fixed turns', (x) => { let s = 0; for (let i = 0; i < 300; i++) s += i % 7 - 3; return s + x; }),
  of1('backwards, in steps', (x) => {
    let s = 0;
    for (let i = LIMIT; i > 0; i -= 3) s = s * 2 + i;
    return s + x;
  }, { constants }),
  of1('as many turns as the element says', (x) => {
    let s = 0;
    for (let i = 0; i < x; i++) s += i + 0.5;
    return s;
  }, { inputs: counts }),
  of1('two counters', (x) => { let s = 0; for (let i = 0, j = x; i < j; i++, j--) s += i * j; return s; }, { inputs: counts }),
  of1('a counter declared outside', (x) => {
    let i, s = 0;
    for (i = 0; i < x; i++) s += i;
    return s * 100 + i;
  }, { inputs: counts }),
  of1('the last value of a counter', (x) => {
    let i = 0;
    for (; i < 40; i++) if (i * i > x) break;
    return i;
  }, { inputs: counts }),
  of1('the last value of a counter, written out', (x) => {
    let i = 0;
    for (; i < 4; i++) if (WEIGHTS[i] * 4 > x) break;
    return i;
  }, { constants }),
  of1('while', (x) => { let n = 0; while (x > 1) { x /= 2; n++; } return n; }, { inputs: counts, gives: 'int32' }),
  of1('while with a counter in its test', (x) => {
    let i = x, s = 0;
    while (i-- > 0) s += i;
    return s * 100 + i;
  }, { inputs: counts }),
  of1('for with a counter in its test', (x) => {
    let s = 0, i = x;
    for (; i--;) s += 2;
    return s * 100 + i;
  }, { inputs: counts }),
  of1('an assignment in the test', (x) => {
    let y = x, n = 0;
    while ((y = y / 2 - 1) > 0) n++;
    return n * 100 + y;
  }, { inputs: counts }),
  of1('do runs at least once', (x) => { let n = 0; do { n++; x -= 2; } while (x > 0); return [n, x]; }, { inputs: counts }),
  of1('do with continue', (x) => {
    let n = 0, s = 0;
    do { n++; if (n % 3 === 0) continue; s += n; } while (n < x);
    return s;
  }, { inputs: counts }),
  of1('no turns', (x) => {
    let s = x;
    for (let i = 0; i < 0; i++) s = 1;
    while (false) s = 2;
    for (let i = 5; i < 5; i++) { s = 3; }
    return s;
  }),
  of1('break', (x) => { let s = 0; for (let i = 0; i < 20; i++) { if (s > x) break; s += i; } return s; }),
  of1('break after something was changed', (x) => {
    let s = 0, n = 0;
    for (let i = 0; i < 20; i++) { s += i; if (s > x) break; n++; }
    return [s, n];
  }),
  of1('continue', (x) => {
    let s = 0;
    for (let i = 0; i < 10; i++) { if (i % 3 === 1) continue; if (i > x) continue; s += i; }
    return s;
  }),
  of1('continue in while', (x) => {
    let i = 0, s = 0;
    while (i < x) { i++; if (i % 2 === 0) continue; s += i; }
    return s;
  }, { inputs: counts }),
  of1('break and continue, written out', (x) => {
    let s = 0;
    for (let i = 0; i < 4; i++) { if (WEIGHTS[i] < 0) continue; if (WEIGHTS[i] > x) break; s += WEIGHTS[i]; }
    return s;
  }, { constants }),
  of1('return from a loop', (x) => { for (let i = 0; i < 20; i++) if (i * i > x) return i; return -1; }),
  of1('return from an endless loop', (x) => { let n = 0; for (;;) { if (n * n >= x) return n; n += 1; } }, { inputs: counts }),
  of1('return from while (true)', (x) => {
    let a = 1;
    while (true) { a *= 2; if (a > x) { a += 1; return a; } }
  }, { inputs: counts }),
  of1('break from an endless loop', (x) => {
    let n = 0;
    do { if (n * 3 > x) break; n++; } while (true);
    return n;
  }, { inputs: counts }),
  of1('several results from inside a loop', (x) => {
    let s = 0;
    for (let i = 0; i < 20; i++) { s += i; if (s > x) return [i, s]; }
    return [-1, x];
  }),
  of2('loops in loops', (x, y) => {
    let s = 0;
    for (let i = 0; i < x; i++) for (let j = 0; j < y; j++) s += i * j + 1;
    return s;
  }, { inputs: pairs }),
  of2('an inner loop that depends on the outer one', (x, y) => {
    let s = 0;
    for (let i = 0; i < y; i++) for (let j = i; j < 6; j += i + 1) s += x * j;
    return s;
  }, { inputs: pairs }),
  of2('break leaves the inner loop only', (x, y) => {
    let s = 0;
    for (let i = 0; i < x; i++) { for (let j = 0; j < 10; j++) { if (j > y) break; s += 1; } s += 100; }
    return s;
  }, { inputs: pairs }),
  of2('labels: break', (x, y) => {
    let s = 0;
    outer: for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 10; j++) { if (i * j > x) break outer; if (j > y) break; s += 1; }
      s += 100;
    }
    return s;
  }, { inputs: pairs }),
  of2('labels: continue', (x, y) => {
    let s = 0;
    outer: for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 10; j++) { if (j > y) continue outer; if (i > x) break outer; s += i + j; }
      s += 100;
    }
    return s;
  }, { inputs: pairs }),
  of2('labels of while and do', (x, y) => {
    let s = 0, i = 0;
    a: while (i < x) {
      i++; let j = 0;
      b: do { j++; if (j > y) continue a; if (s > 50) break a; if (i > 4) break b; s += j; } while (j < 6);
      s += 10;
    }
    return s;
  }, { inputs: pairs }),
  of2('return from loops in loops', (x, y) => {
    for (let i = 0; i < 10; i++) { for (let j = 0; j < 10; j++) { if (i * j > x + y) return i * 100 + j; } }
    return -1;
  }),
  of2('return from the third loop', (x, y) => {
    let n = 0;
    for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) {
      let k = 0;
      while (k < 4) { n++; if (i + j * k > x) return n; k++; }
      if (n > y * 3) return -n;
    }
    return 0;
  }),
  of1('the same name for inner and outer counters', (x) => {
    let s = 0;
    for (let i = 0; i < 3; i++) { for (let i = 0; i < x; i++) s += i; s += i * 100; }
    return s;
  }, { inputs: counts }),
  of1('a variable of each turn', (x) => {
    let s = 0;
    for (let i = 0; i < x; i++) { let t = i; t *= 2; const u = t + 1; s += u; }
    return s;
  }, { inputs: counts }),
  of1('a variable that a turn sets and the next one reads', (x) => {
    let last = -1, s = 0;
    for (let i = 0; i < x; i++) { s += last; last = i * i; }
    return s;
  }, { inputs: counts }),
  of1('set in a loop that may not turn', (x) => {
    let last = 0.5;
    for (let i = 0; i < x - 3; i++) last = i;
    return last;
  }, { inputs: counts }),
  of1('var in a loop', (x) => { for (var i = 0; i < x; i++) { var q = i * 2; } return i + (q! || 0); }, { inputs: counts }),
  of1('a counter changed in the body', (x) => {
    let s = 0;
    for (let i = 0; i < 20; i++) { s += i; if (s > x) i += 3; }
    return s;
  }),
  of1('a loop in a condition', (x) => {
    let s = 0;
    if (x > 1) { for (let i = 0; i < x; i++) s += i; } else { while (s < 5) s += 2; }
    return s;
  }, { inputs: counts }),
  of1('a condition after a loop that may return', (x) => {
    let s = 0;
    for (let i = 0; i < 10; i++) { s += i; if (s === x) return 1000; }
    if (s > x) s -= x;
    return s;
  }, { inputs: [[0, 1, 3, 7, 45, 46, 50]] }),
  of1('for of a list', (x) => { let s = 0; for (const w of WEIGHTS) s += w * x; return s; }, { constants }),
  of1('for of with jumps', (x) => {
    let s = 0;
    for (const w of [1, 2, 3, 4]) { if (w > x) break; if (w === 2) continue; s += w; }
    return s;
  }),
  of1('for of pairs', (x) => { let s = 0; for (const [a, b] of [[1, 2], [3, 4]]) s += a * b * x; return s; }),
  of1('for of with a let, and with a variable', (x) => {
    let s = 0, v;
    for (let w of WEIGHTS) { w *= x; s += w; }
    for (v of [1, 2]) s += v;
    return s + v!;
  }, { constants }),
  of1('return from for of', (x) => { for (const w of WEIGHTS) if (w > x) return w; return 100; }, { constants }),
];

export const growing = [
  of1('integers that become floats', (x) => {
    let s = 0;
    for (let i = 0; i < x; i++) s += i / 2;
    return s;
  }, { inputs: counts, gives: 'float32' }),
  of1('integers that stay integers', (x) => {
    let s = 1;
    for (let i = 0; i < x; i++) s = s * 3 % 101;
    return s;
  }, { inputs: counts, gives: 'int32' }),
  of1('a bool that becomes a number', (x) => {
    let s: number | boolean = x > 2;
    for (let i = 0; i < x; i++) s = i;
    return s;
  }, { inputs: counts, gives: 'int32' }),
  of1('a bool that stays one', (x) => {
    let even = true;
    for (let i = 0; i < x; i++) even = !even;
    return even;
  }, { inputs: counts, gives: 'bool' }),
  of1('floats of the array', (x) => { let s = 1; for (let i = 0; i < 5; i++) s = s * x / 4; return s; }),
  of1('a number in one turn, a float in another', (x) => {
    let s = 0;
    for (let i = 0; i < 6; i++) { if (i < x) s = i; else s = 0.5; }
    return s;
  }),
  of1('dtypes that grow through several variables', (x) => {
    let a = 0, b = 0, c = 0;
    for (let i = 0; i < x; i++) { c = b; b = a; a = i / 4; }
    return a + 10 * b + 100 * c;
  }, { inputs: counts }),
];

export const special = [
  of1('conditions of NaN are false', (x) => {
    let n = 0;
    if (x < 0) n += 1;
    if (x >= 0) n += 2;
    if (x === x) n += 4;
    if (x !== x) n += 8;
    if (x) n += 16;
    return n;
  }, { special: true }),
  of1('loops that NaN does not enter', (x) => {
    let n = 0;
    while (x < 10 && n < 20) { x += 3; n++; }
    return n;
  }, { special: true }),
  of1('loops that NaN does not leave by itself', (x) => {
    let n = 0;
    while (!(n >= x) && n < 10) n++;
    return n;
  }, { special: true }),
  of1('infinities in tests', (x) => {
    let n = 0;
    for (let s = x; s < Infinity && n < 15; s *= 8) n++;
    return n;
  }, { special: true }),
  of1('loops until infinity', (x) => {
    let n = 0, s = 1;
    while (s !== Infinity && n < 300) { s *= 4; n++; }
    return n + x * 0;
  }, { inputs: [[1, 2]], special: true }),
];
