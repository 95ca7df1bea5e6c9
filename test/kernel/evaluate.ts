/** Evaluates an `Fn` at one point with the op table's own meaning of every op: what the targets are compared with. */
import { evaluateOp } from '../../src/dsl/ops.ts';
import type { Fn, Point, Value } from '../../src/dsl/kernel/ir.ts';
import { valuesOf } from '../../src/dsl/kernel/walk.ts';

/** The element of an input at an offset from the current point. */
export type Reader = (input: number, offset: readonly number[]) => number;

export function evaluator(fn: Fn): (read: Reader) => number[] {
  const order = valuesOf(fn.results);
  const index = new Map(order.map((v, k) => [v, k]));
  const registers = new Float64Array(order.length);
  const indexOf = (v: Value): number => index.get(v) ?? -1;
  const steps = order.map((v) => step(v, v.kind === 'op' ? v.args.map(indexOf) : [], registers));
  const results = fn.results.map(indexOf);
  return (read) => {
    for (let k = 0; k < steps.length; k++) registers[k] = steps[k](read);
    return results.map((r) => registers[r]);
  };
}

function step(v: Value, args: readonly number[], registers: Float64Array): (read: Reader) => number {
  switch (v.kind) {
    case 'const': return () => v.value;
    case 'read': return (read) => read(v.input, offsetOf(v.at));
    case 'op': {
      const operand = v.args[0].dtype;
      return () => evaluateOp(v.op, args.map((a) => registers[a]), operand, v.dtype);
    }
    default: throw new Error(`the evaluator of tests has no ${v.kind}`);
  }
}

const offsetOf = (p: Point | undefined): readonly number[] =>
  (p ? p.offset.map((o, k) => o + (offsetOf(p.base)[k] ?? 0)) : []);

/** A function of scalars as a function of numbers. */
export function scalarFunction(fn: Fn): (...args: number[]) => number {
  const evaluate = evaluator(fn);
  return (...args) => evaluate((input) => args[input])[0];
}
