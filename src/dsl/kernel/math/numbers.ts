/** Functions of the math library on JavaScript numbers. */
import { InternalError } from '../../../errors.ts';
import { evaluateOp, opInfo } from '../../ops.ts';
import type { Fn, Value } from '../ir.ts';
import { valuesOf } from '../walk.ts';

type Numbers = (...args: number[]) => number;

/** A function of scalars, value by value: no more than the selections take is computed. */
export function numberFunction(fn: Fn): Numbers {
  const order = valuesOf(fn.results);
  const slot = new Map(order.map((v, k) => [v, k]));
  const known = new Float64Array(order.length);
  const turn = new Float64Array(order.length);
  let now = 0;
  let given: readonly number[] = [];
  const lazily = (v: Value) => {
    const k = slot.get(v)!;
    return () => {
      if (turn[k] !== now) {
        known[k] = steps[k]();
        turn[k] = now;
      }
      return known[k];
    };
  };
  const steps = order.map((v) => step(v, lazily, (input) => given[input]));
  const result = steps[slot.get(fn.results[0])!];
  return (...args) => {
    given = args;
    now++;
    return result();
  };
}

function step(v: Value, valueOf: (v: Value) => () => number, argument: (input: number) => number): () => number {
  switch (v.kind) {
    case 'const': return () => v.value;
    case 'read': return () => argument(v.input);
    case 'op': {
      const { op, dtype } = v;
      const operand = v.args[0].dtype;
      const [a, b, c] = v.args.map(valueOf);
      if (op === 'select') return () => (a() ? b() : c());
      if (dtype === 'float64' && operand === 'float64') {
        const { js } = opInfo(op);
        return b ? () => js(a(), b(), 0, 'float64') : () => js(a(), 0, 0, 'float64');
      }
      return b ? () => evaluateOp(op, [a(), b()], operand, dtype) : () => evaluateOp(op, [a()], operand, dtype);
    }
    default: throw new InternalError(`a ${v.kind} in the math library`);
  }
}
