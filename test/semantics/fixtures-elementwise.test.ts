/**
 * Promotion, casts, broadcasting and arithmetic against NumPy: the cases and their expected values are in
 * test/fixtures/numpy.json, with a list of where Weft deviates from NumPy and how those values were made.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, loadFixture, runsOn, toWeft, tolerance, type AnyArray, type DType, type Encoded, type EncodedArray } from '../fixtures/fixture.ts';
import { expectClose, targets } from '../support/targets.ts';

type Values = readonly Encoded[];
interface Named { readonly name: string }
interface Pair extends Named { readonly a: EncodedArray; readonly b: EncodedArray }
interface One extends Named { readonly input: EncodedArray }

const fixture = loadFixture<{
  casts: (One & { to: DType; expected: Values })[];
  promotion: (Pair & { expect: Partial<Record<'add' | 'sub' | 'mul' | 'div', [DType, Values]>> })[];
  scalars: (One & { value: number; dtype: DType; expect: Record<'add' | 'mul', Values> })[];
  misfits: (Named & { dtype: DType; value: number })[];
  broadcasting: (Pair & { shape: number[]; sub: Values })[];
  mismatches: (Named & { a: number[]; b: number[] })[];
  floorAndMod: (Pair & { corner?: boolean; floorDiv: Values; mod: Values })[];
  rounding: (One & Record<'round' | 'floor' | 'ceil' | 'trunc', Values>)[];
  shifts: (Pair & Record<'leftShift' | 'rightShift', Values>)[];
}>('numpy.json');

/** One suite: every case on every target that has its dtypes. */
function table<C extends Named>(
  title: string, cases: readonly C[], dtypesOf: (c: C) => string[], check: (c: C, target: string, label: string) => Promise<void>,
): void {
  const test = suite(title);
  for (const target of targets) for (const c of cases) {
    if (runsOn(target, ...dtypesOf(c))) test(`${target}: ${c.name}`, () => check(c, target, `${target}: ${title}: ${c.name}`));
  }
  test.run();
}
const dtypesOfPair = (c: Pair): string[] => [c.a.dtype, c.b.dtype];
const dtypesOfOne = (c: One): string[] => [c.input.dtype];

async function expectValues(
  y: AnyArray, dtype: DType, expected: Values, target: string, label: string, exact = false,
): Promise<void> {
  assert.is(y.dtype, dtype, `${label}: dtype`);
  expectClose(await y.data({ target }), decode(expected, dtype), { ...(exact ? {} : tolerance(dtype)), label });
}

table('promotion', fixture.promotion, dtypesOfPair, async (c, target, label) => {
  for (const op of Object.keys(c.expect) as (keyof typeof c.expect)[]) {
    const [dtype, expected] = c.expect[op]!;
    await expectValues(toWeft(c.a)[op](toWeft(c.b)), dtype, expected, target, `${label}: ${op}`);
  }
});

table('numbers beside arrays', fixture.scalars, dtypesOfOne, async (c, target, label) => {
  await expectValues(toWeft(c.input).add(c.value), c.dtype, c.expect.add, target, `${label}: add`);
  await expectValues(toWeft(c.input).mul(c.value), c.dtype, c.expect.mul, target, `${label}: mul`);
});

table('casts', fixture.casts, (c) => [c.input.dtype, c.to], async (c, target, label) => {
  await expectValues(toWeft(c.input).asType(c.to), c.to, c.expected, target, label, true);
});

table('broadcasting', fixture.broadcasting, dtypesOfPair, async (c, target, label) => {
  const y = toWeft(c.a).sub(toWeft(c.b));
  assert.equal([...y.shape], c.shape, label);
  await expectValues(y, 'float32', c.sub, target, label, true);
});

table('floor division and modulo', fixture.floorAndMod, dtypesOfPair, async (c, target, label) => {
  // WGSL lets an implementation assume that there are no infinities and NaN.
  if (c.corner && target === 'webgpu') return;
  for (const op of ['floorDiv', 'mod'] as const) {
    await expectValues(toWeft(c.a)[op](toWeft(c.b)), c.a.dtype, c[op], target, `${label}: ${op}`);
  }
});

table('rounding, halves to even', fixture.rounding, dtypesOfOne, async (c, target, label) => {
  for (const op of ['round', 'floor', 'ceil', 'trunc'] as const) {
    await expectValues(toWeft(c.input)[op](), c.input.dtype, c[op], target, `${label}: ${op}`, true);
  }
});

table('shifts', fixture.shifts, dtypesOfPair, async (c, target, label) => {
  for (const op of ['leftShift', 'rightShift'] as const) {
    await expectValues(toWeft(c.a)[op](toWeft(c.b)), c.a.dtype, c[op], target, `${label}: ${op}`);
  }
});

const refused = suite('refused');
for (const { name, dtype, value } of fixture.misfits) {
  refused(`a whole number that does not fit: ${name}`, () => {
    assert.throws(() => wf.zeros([3], { dtype }).add(value), /does not fit/);
  });
}
for (const { name, a, b } of fixture.mismatches) {
  refused(`shapes that do not broadcast: ${name}`, () => {
    assert.throws(() => wf.zeros(a).add(wf.zeros(b)), /broadcast/);
  });
}
refused.run();
