/** Random kernels around the bodies of random-body.ts. */
import { dtypeNames, isFloat } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import { reducerInfo, reducerNames } from '../../src/dsl/reducers.ts';
import { sizeOf, stridesOf } from '../../src/dsl/shape.ts';
import { sample, type Input, type Output, type Program } from './emit-support.ts';
import { choicesFrom, RandomBody, type Choices } from './random-body.ts';

/** Walked by the domain or as a whole, forwards, backwards, or standing still along an axis. */
function randomInput({ pick }: Choices, domain: readonly number[], seed: number): Input {
  const dtype = dtypeNames[pick(dtypeNames.length)];
  const whole = pick(3) > 0;
  const sizes = whole ? Array.from({ length: pick(4) }, () => [1, 3, 5, 8, 17, 40][pick(6)]) : domain;
  const scale = sizes.map(() => [1, 1, 1, 1, 0, -1, 2][pick(7)]);
  const strides = stridesOf(sizes).map((s, k) => s * scale[k]);
  const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * (sizes[k] - 1) : 0), pick(3));
  return { dtype, strides, offset, data: sample(dtype, 2 * sizeOf(sizes) + 3, seed), ...(whole && { sizes }) };
}

/** What a body finds besides its inputs. */
const uniforms = [{ dtype: 'float32', value: 1.5 }, { dtype: 'int32', value: 5 }] as const;

function inputsFrom(choices: Choices, domain: readonly number[]): Input[] {
  return [1, 2, 3].map((seed) => randomInput(choices, domain, seed));
}

export function randomMap(list: readonly number[], domain: readonly number[]): Program {
  const choices = choicesFrom(list);
  const inputs = inputsFrom(choices, domain);
  const body = (b: Builder): Value[] => {
    const again = choicesFrom(list.slice(5));
    const random = new RandomBody(b, again, domain.length, inputs);
    const pool = random.leaves(again.pick(3) === 0);
    random.grow(pool, 8 + again.pick(8));
    return [pool.at(-1)!, pool.at(-2)!, pool[again.pick(pool.length)]];
  };
  return { domain, inputs, uniforms, body };
}

/** Several dozen values, and results that need most of them, some at once and some in the end. */
export function randomBroadMap(list: readonly number[], domain: readonly number[]): Program {
  const choices = choicesFrom(list);
  const inputs = inputsFrom(choices, domain);
  const body = (b: Builder): Value[] => {
    const again = choicesFrom(list.slice(5));
    const random = new RandomBody(b, again, domain.length, inputs);
    const pool = random.leaves(again.pick(3) === 0);
    const folded = (values: readonly Value[]): Value =>
      values.map((v) => b.cast(v, 'int32')).reduce((x, y) => b.op('bitXor', [b.op('mul', [x, b.constant(31, 'int32')]), y]));
    for (let k = 0; k < 3; k++) {
      random.grow(pool, 6 + again.pick(12));
      pool.push(folded(pool.slice(-8).filter(() => again.pick(4) > 0).concat(pool[0])));
    }
    return [pool.at(-1)!, pool.at(-2)!, folded(pool.filter(() => again.pick(3) > 0).concat(pool[0]))];
  };
  return { domain, inputs, uniforms, body };
}

/** So many values that locals are used again, with loops and conditionals among them. */
export function randomLongMap(list: readonly number[], domain: readonly number[]): Program {
  const choices = choicesFrom(list);
  const inputs = inputsFrom(choices, domain);
  const body = (b: Builder): Value[] => {
    const again = choicesFrom(list.slice(5));
    const random = new RandomBody(b, again, domain.length, inputs);
    const pool = random.leaves(again.pick(3) === 0);
    const long = (length: number): Value => {
      const floats = pool.slice(-30).map((v) => b.cast(v, 'float32'));
      let v = floats[0];
      for (let k = 0; k < length; k++) {
        const [x, y] = [floats[(k * 7) % floats.length], floats[(k * 5) % floats.length]];
        v = k % 3 === 0 ? b.op('select', [b.op('lt', [v, x]), y, b.op('sub', [v, x])]) : b.op(k % 3 === 1 ? 'max' : 'add', [v, y]);
      }
      return v;
    };
    for (let k = 0; k < 6; k++) {
      pool.push(long(300));
      random.grow(pool, 10);
    }
    return [pool.at(-1)!, pool.at(-2)!, long(100)];
  };
  return { domain, inputs, uniforms, body };
}

export function randomReduction(list: readonly number[], domain: readonly number[]): Program {
  const { body, ...rest } = randomMap(list, domain);
  const { pick } = choicesFrom(list.slice(3));
  const axes = domain.map((_, k) => k).filter(() => pick(2) === 1);
  if (axes.length === 0) axes.push(pick(domain.length));
  const names = [0, 1, 2].map(() => reducerNames[pick(reducerNames.length)]).map((n) => (n === 'prod' ? 'sum' : n));
  return {
    ...rest,
    body: (b, read, uniform) => body(b, read, uniform).map((v, k) => {
      // Sums of huge numbers and their rounding are no concern here.
      const small = isFloat(v.dtype) && names[k] === 'sum'
        ? b.op('min', [b.op('max', [v, b.constant(-9, v.dtype)]), b.constant(9, v.dtype)])
        : v;
      return b.cast(small, reducerInfo(names[k]).accumulator(v.dtype));
    }),
    reduce: { axes, terms: names.map((reducer, value) => ({ reducer, value })), stores: pick(2) === 0 ? [0] : [] },
  };
}

export function randomNest(list: readonly number[], domain: readonly number[]): Program {
  const choices = choicesFrom(list);
  const inputs = inputsFrom(choices, domain);
  const outputs = [4, 5].map((seed): Output => {
    const dtype = dtypeNames[choices.pick(dtypeNames.length)];
    const sizes = [...domain, ...[[], [5], [3, 2]][choices.pick(3)]];
    return { dtype, sizes, ...(choices.pick(2) === 0 && { initial: sample(dtype, sizeOf(sizes), seed) }) };
  });
  return {
    domain, inputs, uniforms, body: () => [],
    nest: {
      outputs,
      effects: (b) => {
        const again = choicesFrom(list.slice(5));
        const random = new RandomBody(b, again, domain.length, inputs, outputs);
        const pool = random.leaves(again.pick(4) === 0);
        random.grow(pool, again.pick(4));
        return random.effects(pool, 1 + again.pick(4));
      },
    },
  };
}
