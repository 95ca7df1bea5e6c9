/**
 * Every method of the elementwise tables, for every dtype, on every fast target, against the reference at special values.
 * A method that is added to a table is tested from then on. How close a result must be: test/support/accuracy.ts. That
 * the reference itself is right is the business of elementwise-values.test.ts and of the NumPy fixtures.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, dtypes, type DType } from '../../src/dsl/dtype.ts';
import { binary, unary, type BinaryName, type UnaryName } from '../../src/dsl/elementwise.ts';
import { DTypeError } from '../../src/errors.ts';
import { expectElements, type ElementwiseName } from '../support/accuracy.ts';
import { compute } from '../support/compute.ts';
import { anyValue, random, specials, typed } from '../support/special.ts';
import { computes, expectClose, fastTargets, type TargetName } from '../support/targets.ts';

const kindOf = (d: DType): string => dtypes[d].kind;
const isFloat = (d: DType): boolean => kindOf(d) === 'float';
const isBit = (name: string): boolean => /^bitwise|Shift$/.test(name);

/** Methods that a dtype does not have: they must refuse, not compute something. */
function refused(name: ElementwiseName, common: DType): boolean {
  if (isBit(name)) return isFloat(common) || (common === 'bool' && name.endsWith('Shift'));
  return common === 'bool' && (name === 'neg' || name === 'sub');
}

async function check(
  target: TargetName, name: ElementwiseName, common: DType, label: string,
  build: () => wf.WeftArray, args: (k: number) => readonly number[],
): Promise<void> {
  if (refused(name, common)) {
    assert.throws(build, (e: unknown) => e instanceof DTypeError, `${label}: refused`);
    return;
  }
  const expected = await compute('reference', build);
  const actual = await compute(target, build);
  assert.is(actual.dtype, expected.dtype, `${label}: dtype`);
  assert.equal(actual.shape, expected.shape, `${label}: shape`);
  expectElements(target, name, expected.dtype, actual.values, expected.values, args, label);
}

/** Collects what fails, so that one run tells everything about an op. */
async function all<T>(cases: readonly T[], run: (c: T) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  for (const c of cases) {
    await run(c).catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

const dtypesOn = (target: TargetName): DType[] => dtypeNames.filter((d) => computes(target, d));

// --- one operand ---

/** Special values and random ones, of a length that fills no vector, word or workgroup. */
const operands = (dtype: DType, seed: number): number[] => {
  const next = random(seed);
  const list = [...specials[dtype], ...Array.from({ length: 160 }, () => anyValue(dtype, next))];
  return list.slice(0, list.length - ((list.length - 13) % 16));
};

for (const target of fastTargets) {
  const test = suite(`methods of one operand on ${target}`);
  for (const name of Object.keys(unary) as UnaryName[]) {
    test(name, () => all(dtypesOn(target), async (dtype) => {
      const x = typed(dtype, operands(dtype, 1));
      await check(target, name, dtype, `${target}: ${name} of ${dtype}`, () => wf.array(x, { dtype })[name](), (k) => [x[k]]);
    }));
  }
  test.run();
}

for (const target of fastTargets) {
  const test = suite(`huge arguments on ${target}`);
  test('sin and cos stay between -1 and 1', () => all(dtypesOn(target).filter(isFloat), async (dtype) => {
    const x = typed(dtype, [1e6, -1e7, 1e10, 1e15, -1e20, 1e30, 3e38]);
    for (const name of ['sin', 'cos'] as const) {
      const { values } = await compute(target, () => wf.array(x, { dtype })[name]());
      assert.ok([...values].every((v) => Math.abs(v) <= 1), `${name} of ${dtype}: ${values.join(', ')}`);
    }
  }));
  test.run();
}

// --- two operands ---

/** Mixed pairs: every kind of promotion once. */
const mixed: readonly (readonly [DType, DType])[] = [
  ['bool', 'int8'], ['uint8', 'int8'], ['int8', 'uint16'], ['uint16', 'int16'], ['int32', 'uint32'], ['uint32', 'int8'],
  ['float32', 'int32'], ['uint8', 'float32'], ['bool', 'float32'], ['float64', 'float32'], ['int32', 'float64'],
];

/** Fewer values for pairs, which are all combined with each other: an odd number of them. */
function few(dtype: DType): number[] {
  const list = specials[dtype];
  if (!isFloat(dtype)) return list.length % 2 === 1 || list.length === 2 ? [...list] : list.slice(0, -1);
  const finest = dtype === 'float32' ? 2 ** -149 : 2 ** -1074;
  return [
    0, -0, 1, -1, 0.5, -1.5, 2, -2.5, 3, -3, 7, 0.1, 10, -10.25, 1e-10, 2 ** 24, -(2 ** 31), 1e20, -1e-20, 1e30, finest,
    Infinity, -Infinity, NaN, 88.5,
  ];
}

function combined(a: DType, b: DType): { left: number[]; right: number[] } {
  const pairs = few(a).flatMap((x) => few(b).map((y) => [x, y]));
  return { left: pairs.map(([x]) => x), right: pairs.map(([, y]) => y) };
}

/** The dtype in which a number and an array meet. */
const numberMeets = (dtype: DType, n: number): DType =>
  isFloat(dtype) ? dtype : !Number.isInteger(n) ? 'float32' : dtype === 'bool' ? 'int32' : dtype;

/** The numbers a dtype is combined with; all fit it. */
const numbersBeside = (dtype: DType): number[] =>
  isFloat(dtype) ? [0, 1, 2, 3, 0.5, -0.5, -1, -2, 4, 1e-3, 1000, Infinity, NaN] : kindOf(dtype) === 'int' ? [0, 1, 2, 3, 5, -1, -3, 100, 1.5] : [0, 1, 2, 3, 5, 100, 0.5];

for (const target of fastTargets) {
  const test = suite(`methods of two operands on ${target}`);
  const alike = dtypesOn(target).map((d) => [d, d] as const);
  const unlike = mixed.filter((pair) => pair.every((d) => computes(target, d)));
  for (const name of Object.keys(binary) as BinaryName[]) {
    test(`${name}, arrays`, () => all([...alike, ...unlike], async ([a, b]) => {
      const { left, right } = combined(a, b);
      const x = typed(a, left), y = typed(b, right);
      await check(target, name, wf.promote(a, b), `${target}: ${a}.${name}(${b})`,
        () => wf.array(x, { dtype: a })[name](wf.array(y, { dtype: b }) as wf.WeftArray), (k) => [x[k], y[k]]);
    }));
    test(`${name}, numbers`, () => all(dtypesOn(target).flatMap((d) => numbersBeside(d).map((n) => [d, n] as const)), async ([dtype, n]) => {
      // A negative power of integers is an error; see errors/.
      if (name === 'pow' && n < 0 && !isFloat(dtype)) return;
      const x = typed(dtype, operands(dtype, 2).slice(0, 61));
      const label = `${target}: ${dtype}.${name}(${n})`;
      await check(target, name, numberMeets(dtype, n), label, () => wf.array(x, { dtype })[name](n), (k) => [x[k], n]);
    }));
  }
  test.run();
}

// --- where, clamp, asType, square ---

for (const target of fastTargets) {
  const test = suite(`where, clamp, asType and square on ${target}`);
  test('asType', () => all(dtypesOn(target).flatMap((a) => dtypesOn(target).map((b) => [a, b] as const)), async ([from, to]) => {
    const x = typed(from, operands(from, 3));
    await check(target, 'asType', to, `${target}: ${from} to ${to}`, () => wf.array(x, { dtype: from }).asType(to), (k) => [x[k]]);
  }));
  test('where', () => all([...dtypesOn(target).map((d) => [d, d] as const), ...mixed.filter((p) => p.every((d) => computes(target, d)))], async ([a, b]) => {
    const { left, right } = combined(a, b);
    const x = typed(a, left), y = typed(b, right), c = left.map((_, k) => k % 3 === 0);
    await check(target, 'where', wf.promote(a, b), `${target}: where(bool, ${a}, ${b})`,
      () => wf.where(wf.array(c), wf.array(x, { dtype: a }), wf.array(y, { dtype: b })), (k) => [x[k], y[k]]);
    await check(target, 'where', wf.promote(a, b), `${target}: where(${a}, ${a}, ${b})`,
      () => wf.where(wf.array(x, { dtype: a }), wf.array(x, { dtype: a }), wf.array(y, { dtype: b })), (k) => [x[k], y[k]]);
  }));
  test('clamp', () => all(dtypesOn(target), async (dtype) => {
    const x = typed(dtype, operands(dtype, 4));
    const [lo, hi] = dtype === 'bool' ? [false, true] : isFloat(dtype) ? [-1.5, 88] : [1, 100];
    await check(target, 'clamp', dtype, `${target}: clamp of ${dtype}`, () => wf.array(x, { dtype }).clamp(lo, hi), (k) => [x[k]]);
  }));
  test('square', () => all(dtypesOn(target), async (dtype) => {
    const x = typed(dtype, operands(dtype, 5));
    await check(target, 'square', dtype, `${target}: square of ${dtype}`, () => wf.array(x, { dtype }).square(), (k) => [x[k]]);
  }));
  test.run();
}

// --- one math library everywhere ---

if (fastTargets.includes('webgpu')) {
  const test = suite("math: 'portable' on webgpu");
  test.before(() => { wf.configure({ math: 'portable' }); });
  test.after(() => { wf.configure({ math: 'fast' }); });
  const next = random(8);
  const positive = Float32Array.from({ length: 301 }, () => 10 ** (next() * 6 - 3));
  const any = positive.map((v, k) => (k % 2 ? v : -v) / 15);
  const functions = {
    exp: () => wf.array(any).exp(), exp2: () => wf.array(any).exp2(), log: () => wf.array(positive).log(),
    log2: () => wf.array(positive).log2(), pow: () => wf.array(positive).pow(wf.array(any.map((v) => v / 10))),
  };
  for (const [name, build] of Object.entries(functions)) {
    test(`${name} is within 8 ULP, where the device's own may be off by more`, async () => {
      const expected = await compute('reference', build);
      expectClose((await compute('webgpu', build)).values, expected.values, { ulp: 8, atol: 2 ** -126, label: name });
    });
  }
  test.run();
}

// --- lengths ---

for (const target of fastTargets) {
  const test = suite(`lengths that fill no vector on ${target}`);
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 255, 257, 1023, 4099]) {
    test(`${length} elements`, () => all(dtypesOn(target), async (dtype) => {
      const next = random(length);
      const x = typed(dtype, Array.from({ length }, () => anyValue(dtype, next)));
      await check(target, 'maximum', dtype, `${target}: ${length} of ${dtype}`,
        () => wf.array(x, { dtype }).maximum(wf.array(x, { dtype }).flip() as wf.WeftArray), (k) => [x[k], x[length - 1 - k]]);
    }));
  }
  test.run();
}
