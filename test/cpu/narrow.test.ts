/** Integers in fewer bits: ranges hold what is computed, narrowed functions give the same numbers, their code the same bits. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { EdgeMap } from '../../src/dsl/border.ts';
import { dtypes, wrapInteger, type DType } from '../../src/dsl/dtype.ts';
import { interpret } from '../../src/dsl/kernel/interpret.ts';
import { Builder, type Fn, type Value } from '../../src/dsl/kernel/ir.ts';
import { rangesOf } from '../../src/dsl/kernel/range.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import { valuesIn } from '../../src/dsl/kernel/walk.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { opInfo, type OpName } from '../../src/dsl/ops.ts';
import { narrowed } from '../../src/targets/cpu/narrow.ts';
import { closeTargets, expectSameInAllWays, random, sample, type Input, type Program } from './emit-support.ts';
import { choicesFrom, tryOp, type Choices } from './random-body.ts';

const test = suite('narrow integers');

/** Mostly bytes, as in images. */
const small: readonly DType[] = ['uint8', 'uint8', 'uint8', 'int8', 'int16', 'uint16', 'bool'];
const integers: readonly DType[] = [...small, 'int32', 'int32', 'uint32'];
const ops: readonly OpName[] = [
  'add', 'add', 'sub', 'sub', 'mul', 'min', 'max', 'abs', 'neg', 'sign', 'floorDiv', 'mod', 'rem', 'lt', 'le', 'gt', 'ge', 'eq', 'ne',
  'select', 'select', 'bitAnd', 'bitOr', 'bitXor', 'bitNot', 'shl', 'shr', 'and', 'or', 'xor', 'not', 'cast', 'cast', 'cast',
];
const numbers = [0, 1, 2, 3, 4, 7, 8, 9, 57, 77, 127, 128, 255, 256, 1000, -1, -2, -8, -100];
const edges: readonly EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];

/** What kernels do: reads become int32, meet small constants and each other, and some results are cast to bytes again. */
function randomBody(b: Builder, { pick }: Choices, reads: readonly Value[]): Value[] {
  const any = <T>(list: readonly T[]): T => list[pick(list.length)];
  const pool = reads.flatMap((v) => (pick(2) === 0 ? [v] : [b.cast(v, 'int32')]));
  const operand = (): Value => (pick(3) === 0 ? b.constant(any(numbers), 'int32') : any(pool));
  for (let n = 4 + pick(16); n > 0; n--) {
    const op = any(ops);
    const made = tryOp(b, op, [any(pool), operand(), operand()].slice(0, opInfo(op).arity), any(integers));
    if (made && made.kind !== 'const') pool.push(made);
  }
  return [pool.at(-1)!, b.cast(any(pool), any(small)), b.cast(any(pool.slice(-4)), any(integers)), b.cast(any(pool), 'float32')];
}

const list = fc.array(fc.nat(1 << 20), { minLength: 20, maxLength: 60 });
const numRuns = Number(process.env.WEFT_FUZZ_RUNS) || 150;

/** Numbers that a dtype has, its ends among them. */
function numbersOf(d: DType, next: () => number): number {
  const { min, max } = dtypes[d];
  return next() < 0.2 ? min : next() < 0.2 ? max : Math.floor(min + next() * (max - min + 1));
}

test('ranges hold every value, and narrowed functions give the same numbers', () => {
  let narrower = 0;
  fc.assert(fc.property(list, (choices) => {
    const types = choicesFrom(choices);
    const inputs = [0, 1, 2, 3].map((k) => ({ name: `x${k}`, dtype: integers[types.pick(integers.length)] }));
    const b = new Builder();
    const body = randomBody(b, choicesFrom(choices), inputs.map((x, k) => b.read(k, x.dtype)));
    const fn = b.fn('test', { rank: 0, inputs, results: body });
    const values = valuesIn(fn);
    const range = rangesOf(values);
    const less = narrowed(fn);
    validateFn(less);
    assert.equal(less.results.map((v) => v.dtype), body.map((v) => v.dtype));
    if (bitsIn(less) < bitsIn(fn)) narrower++;
    const next = random(choices[0]);
    for (let n = 0; n < 40; n++) {
      const given = inputs.map((x) => numbersOf(x.dtype, next));
      const leaf = (v: Value): number => (v.kind === 'read' ? given[v.input] : 0);
      const numbers = interpret({ results: values, effects: [] }, { leaf });
      values.forEach((v, k) => {
        if (v.dtype === 'float32') return;
        const { lo, hi } = range(v);
        assert.ok(numbers[k] >= lo && numbers[k] <= hi, `${v.kind === 'op' ? v.op : v.kind}: ${numbers[k]} is not from ${lo} to ${hi}`);
      });
      assert.equal(interpret(less, { leaf }), interpret(fn, { leaf }), `at ${given}`);
    }
  }), { numRuns: 4 * numRuns });
  assert.ok(narrower > numRuns, `only ${narrower} functions became narrower`);
});

/** Of all ops but casts, in the dtypes of their operands. */
const bitsIn = (fn: Fn): number => valuesIn(fn)
  .reduce((sum, v) => sum + (v.kind === 'op' && v.op !== 'cast' ? dtypes[v.args.at(-1)!.dtype].bits : 0), 0);

function randomInput({ pick }: Choices, domain: readonly number[], seed: number): Input {
  const dtype = small[pick(small.length)];
  const length = domain.reduce((n, s) => n * s, 1);
  const dense = domain.map((_, k) => domain.slice(k + 1).reduce((n, s) => n * s, 1));
  const strides = dense.map((s) => s * [1, 1, 1, 1, 0, -1, 2][pick(7)]);
  const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * (domain[k] - 1) : 0), pick(4));
  return { dtype, strides, offset, data: sample(dtype, 2 * length + 4, seed) };
}

const reducers: readonly ReducerName[] = ['sum', 'sum', 'min', 'max', 'argMin', 'argMax', 'any', 'all'];

function randomProgram(choices: readonly number[], domain: readonly number[], kind: 'map' | 'stencil' | 'reduce'): Program {
  const first = choicesFrom(choices);
  const inputs = [1, 2].map((seed) => randomInput(first, domain, seed));
  const names = [0, 1, 2, 3].map(() => reducers[first.pick(reducers.length)]);
  const axes = domain.map((_, k) => k).filter(() => first.pick(2) === 1);
  const body = (b: Builder): Value[] => {
    const again = choicesFrom(choices);
    const point = () => b.point(undefined, domain.map(() => again.pick(5) - 2), domain.map(() => edges[again.pick(4)]));
    const reads = inputs.flatMap((x, k) => [b.read(k, x.dtype), ...(kind === 'stencil' ? [b.read(k, x.dtype, point())] : [])]);
    // What a fill border asks, and what is the same for a row.
    if (kind === 'stencil') reads.push(b.inside(undefined, domain.map(() => -again.pick(2)), domain.map(() => again.pick(2))));
    reads.push(b.uniform(0, 'uint8'), b.uniform(1, 'int16'));
    const results = randomBody(b, again, reads);
    if (kind !== 'reduce') return results;
    const takes = (v: Value, k: number): Value => (names[k] === 'sum' && v.dtype === 'float32' ? b.cast(v, 'int32') : v);
    return results.map((v, k) => b.cast(takes(v, k), reducerInfo(names[k]).accumulator(takes(v, k).dtype)));
  };
  const over = axes.length > 0 ? axes : [domain.length - 1];
  const reduce = kind === 'reduce' ? { axes: over, terms: names.map((reducer, value) => ({ reducer, value })) } : undefined;
  return { domain, inputs, uniforms: [{ dtype: 'uint8', value: 200 }, { dtype: 'int16', value: -300 }], body, reduce };
}

/** Shorter than a vector, and odd lengths beyond several. */
const domains = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 120 })),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })),
  fc.tuple(fc.integer({ min: 20, max: 40 }), fc.integer({ min: 17, max: 34 })),
);

for (const kind of ['map', 'stencil', 'reduce'] as const) {
  test(`code of narrow integers: ${kind}`, async () => {
    await fc.assert(fc.asyncProperty(list, domains, async (choices, domain) => {
      await expectSameInAllWays(randomProgram(choices, domain, kind), `${kind} over [${domain}]`);
    }), { numRuns });
  });
}

// ---- what images are made with ----

const image = wf.array(sample('uint8', 64 * 64, 7) as Uint8Array<ArrayBuffer>, { shape: [64, 64] });
const codeOf = (y: wf.WeftArray): string => y.explain({ target: 'cpu', level: 4, code: true });
const has = (code: string, ...names: readonly string[]): void => names.forEach((n) => assert.ok(code.includes(n), n));
const lacks = (code: string, ...names: readonly string[]): void => names.forEach((n) => assert.not(code.includes(n), n));

test('bytes of kernels stay bytes: erosion, thresholds, absolute differences', () => {
  const erode = wf.stencil((u: wf.Neighbors2) => Math.min(u(-1, 0), u(0, -1), u(0, 0), u(0, 1), u(1, 0)), { border: 'nearest' });
  const code = codeOf(erode(image).asType('uint8'));
  has(code, 'i8x16.min_u');
  lacks(code, 'i32x4.', 'i16x8.');
  const threshold = wf.vectorize((v: number) => (v > 100 ? 255 : 0));
  lacks(codeOf(threshold(image).asType('uint8')), 'i32x4.', 'i16x8.', 'f32x4.');
  lacks(codeOf(image.maximum(7).sub(image.minimum(7))), 'i32x4.', 'i16x8.');
});

test('sums of bytes have 16 bits: life, box filters', () => {
  const life = wf.stencil((cell: wf.Neighbors2) => {
    const n = cell(-1, -1) + cell(-1, 0) + cell(-1, 1) + cell(0, -1) + cell(0, 1) + cell(1, -1) + cell(1, 0) + cell(1, 1);
    return n === 3 ? 1 : n === 2 ? cell(0, 0) : 0;
  }, { border: 'nearest' });
  const code = codeOf(life(image).asType('uint8'));
  has(code, 'i16x8.add', 'i16x8.eq');
  lacks(code, 'i32x4.');
  const cross = wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) + 2) >> 2, { border: 'nearest' });
  lacks(codeOf(cross(image).asType('uint8')), 'i32x4.');
});

test('sums of narrow integers add neighbours up', async () => {
  has(codeOf(image.sum()), 'i16x8.extadd_pairwise_i8x16_u', 'i32x4.extadd_pairwise_i16x8_u');
  has(codeOf(image.gt(100).sum()), 'i8x16.gt_u', 'i16x8.extadd_pairwise_i8x16_u');
  has(codeOf(image.asType('int16').sum()), 'extadd_pairwise');
  // All ends of the ranges: nothing overflows on the way.
  for (const [dtype, value] of [['uint8', 255], ['int8', -128], ['uint16', 65535], ['int16', -32768]] as const) {
    const n = 100_003;
    using full = wf.array(new dtypes[dtype].array(n).fill(value) as Uint8Array<ArrayBuffer>, { shape: [n] });
    assert.is(await full.sum().item({ target: 'cpu' }), wrapInteger(value * n, value < 0 ? 'int32' : 'uint32'));
  }
});

test.after(closeTargets);
test.run();
