/** Random graphs: whatever the planner makes of them, the values are the reference's. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as wf from '../../src/index.ts';
import { validateGraph } from '../../src/dsl/validate.ts';
import { hostOf } from '../../src/residency.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import { backwards, collatz, lastSums, lookAround, scanRows, take } from '../support/computed.ts';
import { checkValues, coordinates, nodesOf, valuesAlone } from '../support/plan.ts';
import { expectClose } from '../support/targets.ts';

const RUNS = Number(process.env.WEFT_FUZZ_RUNS) || 300;

const borders = ['reflect', 'mirror', 'nearest', 'wrap', 'constant', 'fill'] as const;
const stencils = borders.map((border) => ({
  1: wf.stencil((u: wf.Neighbors1) => u(-1) - 2 * u(0) + u(2), { border, cval: 3 }),
  2: wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(0, 2) - u(1, 1), { border: [border, 'wrap'], cval: 3 }),
}));
const pairs = borders.map((border) => ({
  1: wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => u(-1) * v(0) + v(1), { border, cval: -1 }),
  2: wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) => u(-1, 0) * v(0, 0) + v(0, 1), { border, cval: -1 }),
}));
/** The same costly function of every element. */
const costly = borders.map((border) => ({
  1: wf.stencil((u: wf.Neighbors1) => Math.atan(u(-1)) + Math.atan(u(0)) * 2 + Math.atan(u(2)), { border, cval: 2 }),
  2: wf.stencil((u: wf.Neighbors2) => Math.atan(u(-1, 0)) - Math.atan(u(1, 1)) + Math.atan(u(0, 2)), { border: [border, 'wrap'], cval: 2 }),
}));
const valid = {
  1: wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'valid' }),
  2: wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(0, 1), { border: ['valid', 'reflect'] }),
};

/** One node: `op` and `extra` choose what is done, `a` and `b` to which of the arrays so far. */
interface Instruction { readonly op: number; readonly a: number; readonly b: number; readonly extra: number }
type A = wf.WeftArray;

const ranked = (x: A): 1 | 2 | undefined => (x.rank === 1 || x.rank === 2 ? x.rank : undefined);
const integers = (x: A): A => x.clamp(-50, 50).asType('int32');
const limited = (x: A): A => x.clamp(-50, 50);

function meet(x: A, y: A, f: (x: A, y: A) => A): A {
  try {
    return f(x, y);
  } catch (error) {
    if (error instanceof wf.ShapeError) return f(x, y.mean());
    throw error;
  }
}

const operations: readonly ((x: A, y: A, extra: number) => A)[] = [
  (x, y) => meet(x, y, (p, q) => p.add(q)),
  (x, y) => meet(x, y, (p, q) => limited(p.mul(q))),
  (x, y) => meet(x, y, (p, q) => p.maximum(q)),
  (x) => x.clamp(-3, 3).exp(),
  (x, _, n) => x.mul((n % 13) - 3),
  (x) => x.sin(),
  (x) => x.transpose(),
  (x, _, n) => x.flip(x.rank > 0 ? n % x.rank : undefined),
  (x, _, n) => (x.rank > 0 ? x.slice([n % 2, null, 1 + (n % 3)]) : x.expandDims(0)),
  (x) => x.reshape([x.size]),
  (x, _, n) => x.reshape(x.size % 2 === 0 ? (n % 2 ? [2, x.size / 2] : [x.size / 2, 2]) : [x.size, 1]),
  (x, _, n) => x.sum(x.rank > 0 ? n % x.rank : null, { keepDims: n % 2 === 0 }),
  (x, _, n) => (x.size > 0 ? x.max(x.rank > 0 ? n % x.rank : null, { keepDims: n % 2 === 1 }) : x),
  (x) => x.mean(),
  (x, _, n) => (x.size > 0 ? x.argMax(x.rank > 0 ? n % x.rank : null).asType('float32') : x),
  (x, _, n) => (ranked(x) && x.size > 0 ? limited(stencils[n % 6][ranked(x)!](x)) : x),
  (x, y, n) => (ranked(x) && x.shape.join() === y.shape.join() && x.size > 0 ? limited(pairs[n % 6][ranked(x)!](x, y)) : x),
  (x) => (ranked(x) && x.shape.every((s) => s > 2) ? valid[ranked(x)!](x) : x),
  (x, _, n) => x.expandDims(n % (x.rank + 1)),
  (x) => x.squeeze(),
  (x, y) => meet(x, y, (p, q) => (p.size > 0 ? wf.where(p.gt(q), p, q.mul(0.5)) : p)),
  (x) => x.asType('int32').asType('float32'),
  (x, _, n) => (x.rank === 1 ? x.broadcastTo([2 + (n % 2), x.shape[0]]) : x),
  (x, y, n) => wf.iterate(x, n % 4, (s) => limited(s.mul(0.5).add(meet(x, y, (p, q) => p.add(q.mean()))))),
  (x, _, n) => (ranked(x) && x.size > 0
    ? wf.iterate([x, x.mul(2)], n % 4, ([s, t]) => [limited(stencils[n % 6][ranked(x)!](t)), s])[n % 2] : x),
  (x, y) => (x.rank > 0 ? meet(coordinates(x.shape).asType('float32').mul(0.1), y, (p, q) => p.add(q)) : x),
  (x) => (x.rank > 0 ? x.add(coordinates(x.shape)) : x),
  (x, y) => (x.rank > 0 && x.size > 0 ? take(x, integers(y)) : x),
  (x) => (x.rank > 0 && x.size > 0 ? backwards(x) : x),
  (x) => (x.rank > 0 ? limited(lastSums(x)) : x),
  (x) => collatz(integers(x)).asType('float32'),
  (x, _, n) => (x.rank > 0 ? limited(scanRows(x, wf.full([], n % 3))[n % 2]) : x),
  (x, y, n) => (ranked(x) && y.rank > 0 && x.size > 0 && y.size > 0 ? limited(lookAround(x, y, borders[n % 6])) : x),
  (x, y, n) => (x.rank > 0 && x.size > 0
    ? wf.iterate(x, n % 4, (s) => limited(backwards(s).add(take(s, integers(y).sum())))) : x),
  (x, _, n) => (x.rank > 0 && x.size > 0
    ? wf.iterate([x, x.mul(2)], n % 4, ([s, t]) => scanRows(t, s.max()).map(limited))[n % 2] : x),
  (x, _, n) => (ranked(x) && x.size > 0 ? costly[n % 6][ranked(x)!](x) : x),
];

const instruction: fc.Arbitrary<Instruction> = fc.record({
  op: fc.nat(operations.length - 1), a: fc.nat(30), b: fc.nat(30), extra: fc.nat(11),
});
const program = fc.record({
  shapes: fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  code: fc.array(instruction, { minLength: 1, maxLength: 12 }),
  roots: fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
  profile: fc.record({ memoryRoundTrip: fc.constantFrom(0, 8, 1000), maxBuffers: fc.constantFrom(5, 8, 32) }),
});

test('plans of random programs compute what the reference computes, at every size and with any scalar', () => {
  fc.assert(fc.property(program, ({ shapes, code, roots, profile }) => {
    // The second run finds the first one's plan wherever the structure is the same.
    for (const more of [0, 1]) {
      const arrays: A[] = shapes.map((shape, s) => filled(shape.map((size) => (size > 1 ? size + more : size)), s));
      const pick = (k: number) => arrays[arrays.length - 1 - (k % arrays.length)];
      for (const { op, a, b, extra } of code) {
        const made = operations[op](pick(a), pick(b), extra + more * 12);
        if (made.size <= 400 && made.rank <= 4) arrays.push(made);
      }
      const asked = roots.map(pick);
      validateGraph(nodesOf(asked));
      checkValues(asked, tolerance, profile);
      if (more > 0) continue;
      // And step by step, every array by a plan of its own.
      const expected = interpreterTarget.evaluate(nodesOf(arrays), hostOf);
      valuesAlone(arrays).forEach((values, k) => expectClose(values, expected[k], { ...tolerance, label: `array ${k} by itself` }));
    }
  }), { numRuns: RUNS });
});

const tolerance = { rtol: 1e-3, atol: 1e-3 };

const filled = (shape: readonly number[], seed: number): A =>
  wf.array(Float32Array.from({ length: shape.reduce((n, k) => n * k, 1) }, (_, k) => ((k * 7 + seed * 3) % 11) - 5), { shape });

test.run();
