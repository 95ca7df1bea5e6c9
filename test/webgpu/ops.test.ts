/** Every op on every dtype it takes, on the values where arithmetic goes wrong. */
import { test } from 'uvu';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import { opInfo, opNames, resultOf, type OpName } from '../../src/dsl/ops.ts';
import { random, specials, subnormal, typed } from '../support/special.ts';
import { available, closeTargets, difference, expectValid, interpret, runOn, sharedTarget, type Tolerance } from './harness.ts';
import { mapLaunch } from './launches.ts';
import { emitMap } from '../../src/targets/webgpu/emit.ts';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';

const dtypes = dtypeNames.filter((d) => d !== 'float64');

/** Operand dtypes an op takes, given its first. */
function operandsOf(op: OpName, d: DType): DType[] | undefined {
  const { arity, signature } = opInfo(op);
  const list: DType[] = op === 'ldexp' ? [d, 'int32'] : signature === 'select' ? ['bool', d, d] : new Array<DType>(arity).fill(d);
  return 'dtype' in resultOf(op, list, d) ? list : undefined;
}

interface Case { readonly op: OpName; readonly operands: readonly DType[]; readonly to: DType | undefined }

const cases: readonly Case[] = opNames.flatMap((op) => dtypes.flatMap((d): Case[] => {
  const operands = operandsOf(op, d);
  if (!operands) return [];
  return op === 'cast' ? dtypes.filter((to) => to !== d).map((to) => ({ op, operands, to })) : [{ op, operands, to: undefined }];
}));

const launchOf = (op: OpName, operands: readonly DType[], to: DType | undefined, length: number) => mapLaunch({
  domain: [length], inputs: operands.map((dtype) => ({ dtype })),
  body: (b) => [b.op(op, operands.map((d, k) => b.read(k, d)), to)],
});

/** All combinations of special values and some random ones. Subnormals are left out: WGSL lets a device flush them. */
function valuesFor(operands: readonly DType[]): number[][] {
  const lists = operands.map((d) => specials[d].filter((v) => d !== 'float32' || v === 0 || !(Math.abs(v) <= 2 ** -126)));
  if (lists.length === 1) {
    const next = random(7);
    const some = () => (operands[0] === 'float32' ? Math.fround((next() - 0.5) * 40) : lists[0][Math.floor(next() * lists[0].length)]);
    return [[...lists[0], ...Array.from({ length: 500 }, some)]];
  }
  const rows = lists.reduce<number[][]>((all, list) => all.flatMap((row) => list.map((v) => [...row, v])), [[]]);
  return operands.map((_, k) => rows.map((row) => row[k]));
}

/** Errors allowed to the device's own functions; the rest are exact or within the library's bound. */
const native: Partial<Record<OpName, Tolerance>> = {
  div: { ulp: 3 }, sqrt: { ulp: 3 }, floorDiv: { ulp: 3 }, exp: { ulp: 200 }, exp2: { ulp: 200 },
  log: { ulp: 32 }, log2: { ulp: 32 },
  // exp2(y * log2 x): the error grows with the exponent of the result.
  pow: { ulp: 4000 }, mod: { ulp: 1 }, ldexp: { ulp: 1 },
};
const library: Tolerance = { ulp: 4, abs: 2 ** -126 };
const exact: ReadonlySet<OpName> = new Set<OpName>(['add', 'sub', 'mul', 'rem', 'neg', 'abs', 'sign', 'min', 'max', 'floor', 'ceil', 'trunc', 'round', 'roundHalfUp', 'select', 'mantissa', 'bitsFloat', 'cast']);
const toleranceOf = (op: OpName): Tolerance => native[op] ?? (exact.has(op) ? { ulp: 2 ** -10 } : library);

/** Where ops.ts says "any value", and where the library promises nothing. */
function unspecified(op: OpName, [x, y]: readonly number[]): boolean {
  switch (op) {
    case 'exponent': case 'mantissa': return x === 0 || !Number.isFinite(x);
    case 'ldexp': return Math.abs(y) > 250;
    default: return false;
  }
}

/** `fma` and `fnma` round once or twice, as the device has it: the error is that of a sum of these sizes. */
function isRounding(op: OpName, [z, x, y]: readonly number[], actual: number, expected: number): boolean {
  if (op !== 'fma' && op !== 'fnma') return false;
  // Rounded by itself, the product may be infinite.
  if (Math.abs(x * y) > 3.4e38 || Number.isNaN(expected)) return true;
  return Math.abs(actual - expected) <= 2 ** -23 * (Math.abs(z) + Math.abs(x * y)) + 2 ** -126;
}

test('the shader of every op and dtype is valid, in both maths', async () => {
  for (const { op, operands, to } of cases) {
    const { kernel, inner } = launchOf(op, operands, to, 16);
    await expectValid([false, true].map((portable) => emitMap(kernel, inner, { portable, library: (o, d) => (d === 'float32' ? libraryFn(o, d) : undefined) }).code));
  }
});

const gpuTest = available ? test : test.skip;

for (const op of opNames) {
  gpuTest(`${op} means the same on the device`, async () => {
    for (const math of ['fast', 'portable'] as const) {
      const problems: string[] = [];
      for (const { operands, to } of cases.filter((c) => c.op === op)) {
        const columns = valuesFor(operands);
        const launch = launchOf(op, operands, to, columns[0].length);
        const inputs = columns.map((c, k) => typed(operands[k], c));
        const [actual] = await runOn(await sharedTarget(math), launch, inputs);
        const [expected] = interpret(launch, inputs);
        for (let k = 0; k < actual.length; k++) {
          const row = inputs.map((c) => c[k]);
          if (unspecified(op, row) || (subnormal(expected[k]) && launch.kernel.outputs[0].dtype === 'float32')) continue;
          const problem = difference([actual[k]], [expected[k]], launch.kernel.outputs[0].dtype === 'float32' ? toleranceOf(op) : {});
          if (problem && isRounding(op, row, actual[k], expected[k])) continue;
          // An error bound that reaches beyond the largest number allows Infinity.
          if (op === 'pow' && Math.abs(expected[k]) > 3.3e38 && actual[k] === Math.sign(expected[k]) * Infinity) continue;
          if (problem) problems.push(`${math} ${op}(${row.join(', ')}) of ${operands.join()}${to ? ` to ${to}` : ''}: ${problem}`);
        }
      }
      if (problems.length > 0) throw new Error(`${problems.length} differ\n${problems.slice(0, 12).join('\n')}`);
    }
  });
}

test.after(closeTargets);
test.run();
