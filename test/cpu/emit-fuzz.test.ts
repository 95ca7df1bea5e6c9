/** Random kernels: the emitted code and the plan-level oracle agree bit for bit, and so does code that uses its locals again. */
import fc from 'fast-check';
import { suite } from 'uvu';
import type { EdgeMap } from '../../src/dsl/border.ts';
import { dtypeNames, isFloat, type DType } from '../../src/dsl/dtype.ts';
import type { Builder, Point, Value } from '../../src/dsl/kernel/ir.ts';
import { opInfo, opNames, resultOf, type OpName } from '../../src/dsl/ops.ts';
import { reducerInfo, reducerNames } from '../../src/dsl/reducers.ts';
import { closeTargets, expectSameInAllWays, sample, type Input, type Program } from './emit-support.ts';

const test = suite('cpu random kernels');

/** Exactly defined ones: no library functions, nothing that ops.ts leaves open. */
const inexact: readonly OpName[] = ['ldexp', 'exponent', 'mantissa', 'bitsFloat', 'floatBits', 'pow', 'fma', 'fnma'];
const exact = opNames.filter((op) => opInfo(op).cost < 20 && !inexact.includes(op));

const edges: EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];

/** A stream of choices that a run of fast-check can shrink. */
interface Choices { pick(below: number): number }

function choicesFrom(list: readonly number[]): Choices {
  let at = 0;
  return { pick: (below) => (list.length === 0 ? 0 : list[at++ % list.length] + Math.floor(at / list.length)) % below };
}

function randomPoint(b: Builder, { pick }: Choices, rank: number): Point | undefined {
  let p: Point | undefined;
  for (let n = [0, 0, 1, 1, 2][pick(5)]; n > 0; n--) {
    p = b.point(p, Array.from({ length: rank }, () => pick(7) - 3), Array.from({ length: rank }, () => edges[pick(4)]));
  }
  return p;
}

/** Grows a pool of values by ops on what is there already, and elements of whole inputs at places that are. */
function randomBody(b: Builder, choices: Choices, all: readonly Input[], rank: number, stencil: boolean): Value[] {
  const { pick } = choices;
  const inputs = all.filter((x) => !x.sizes);
  const at = (): Point | undefined => (stencil ? randomPoint(b, choices, rank) : undefined);
  const pool: Value[] = inputs.map((x, k) => b.read(k, x.dtype, at()));
  if (stencil) inputs.forEach((x, k) => pool.push(b.read(k, x.dtype, at())));
  const gather = (): void => {
    const input = inputs.length + pick(all.length - inputs.length);
    const { dtype, sizes } = all[input];
    const along = pick(4) > 0 ? sizes!.length - 1 : -1;
    pool.push(b.gatherInside(input, dtype, sizes!.map((_, axis) => (axis === along ? b.coord(rank - 1)
      : b.clamped(b.cast(pool[pick(pool.length)], 'int32'), b.size('input', input, axis))))));
  };
  pool.push(b.coord(pick(rank), at()), b.coord(pick(rank)), b.extent(pick(rank)), b.uniform(0, 'float32'));
  pool.push(b.constant(pick(9) - 4, dtypeNames[pick(dtypeNames.length)]));
  if (stencil) {
    const lo = Array.from({ length: rank }, () => -pick(3));
    pool.push(b.inside(at(), lo, lo.map(() => pick(3))));
  }
  for (let n = 4 + pick(14); n > 0; n--) {
    if (pick(6) === 0) gather();
    const op = exact[pick(exact.length)];
    const to = dtypeNames[pick(dtypeNames.length)];
    const first = pool[pick(pool.length)];
    const rest = Array.from({ length: opInfo(op).arity - 1 }, () => pool[pick(pool.length)]);
    const made = tryOp(b, op, [first, ...rest], to);
    if (made && made.kind !== 'const') pool.push(made);
  }
  return [pool.at(-1)!, pool[pick(pool.length)], pool[pick(pool.length)]];
}

/** Operands are cast to the first one's dtype where an op wants them alike; undefined where it does not take that dtype. */
function tryOp(b: Builder, op: OpName, args: readonly Value[], to: DType): Value | undefined {
  if (op === 'cast') return b.cast(args[0], to);
  const alike = op === 'select'
    ? [b.cast(args[0], 'bool'), args[1], b.cast(args[2], args[1].dtype)]
    : args.map((a) => b.cast(a, args[0].dtype));
  return 'problem' in resultOf(op, alike.map((a) => a.dtype)) ? undefined : b.op(op, alike);
}

function randomInput({ pick }: Choices, domain: readonly number[], seed: number): Input {
  const dtype = dtypeNames[pick(dtypeNames.length)];
  const length = domain.reduce((n, s) => n * s, 1);
  const dense = domain.map((_, k) => domain.slice(k + 1).reduce((n, s) => n * s, 1));
  const scale = domain.map(() => [1, 1, 1, 0, -1, 2][pick(6)]);
  const strides = dense.map((s, k) => s * scale[k]);
  const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * (domain[k] - 1) : 0), pick(3));
  return { dtype, strides, offset, data: sample(dtype, 2 * length + 3, seed) };
}

/** A whole array whose rows are as long as those of the domain. */
function randomWhole({ pick }: Choices, domain: readonly number[], seed: number): Input {
  const dtype = dtypeNames[pick(dtypeNames.length)];
  const sizes = [...Array.from({ length: pick(3) }, () => 1 + pick(4)), domain.at(-1)!];
  return { dtype, sizes, data: sample(dtype, sizes.reduce((n, s) => n * s, 1), seed) };
}

function randomProgram(
  list: readonly number[], domain: readonly number[], kind: 'map' | 'stencil' | 'reduce',
): { program: Program; rtol: number } {
  const choices = choicesFrom(list);
  const inputs = [
    ...[1, 2].map((k) => randomInput(choices, domain, k)), ...[3, 4].map((k) => randomWhole(choices, domain, k)),
  ];
  const uniforms = [{ dtype: 'float32' as const, value: 1.5 }];
  const stencil = kind === 'stencil' || choices.pick(4) === 0;
  if (kind !== 'reduce') {
    const body = (b: Builder): Value[] => randomBody(b, choicesFrom(list), inputs, domain.length, stencil);
    return { program: { domain, inputs, uniforms, body }, rtol: 0 };
  }
  const axes = domain.map((_, k) => k).filter(() => choices.pick(2) === 1);
  if (axes.length === 0) axes.push(choices.pick(domain.length));
  const names = [0, 1, 2].map(() => reducerNames[choices.pick(reducerNames.length)]).map((n) => (n === 'prod' ? 'sum' : n));
  const body = (b: Builder): Value[] => randomBody(b, choicesFrom(list), inputs, domain.length, stencil)
    // Sums of huge numbers and their rounding are no concern here.
    .map((v, k) => {
      const small = isFloat(v.dtype) && names[k] === 'sum'
        ? b.op('min', [b.op('max', [v, b.constant(-9, v.dtype)]), b.constant(9, v.dtype)])
        : v;
      return b.cast(small, reducerInfo(names[k]).accumulator(v.dtype));
    });
  const stores = choices.pick(2) === 0 ? [0] : [];
  const terms = names.map((reducer, value) => ({ reducer, value }));
  return { program: { domain, inputs, uniforms, body, reduce: { axes, stores, terms } }, rtol: 3e-5 };
}

const domains = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 70 })),
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 })),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 60, max: 90 }), fc.integer({ min: 1, max: 4 })),
);
const list = fc.array(fc.nat(1 << 20), { minLength: 20, maxLength: 60 });

for (const kind of ['map', 'stencil', 'reduce'] as const) {
  test(kind, async () => {
    await fc.assert(fc.asyncProperty(list, domains, async (choices, domain) => {
      const { program, rtol } = randomProgram(choices, domain, kind);
      await expectSameInAllWays(program, `${kind} over [${domain}]`, rtol);
    }), { numRuns: Number(process.env.WEFT_FUZZ_RUNS) || 150 });
  });
}

test.after(closeTargets);
test.run();
