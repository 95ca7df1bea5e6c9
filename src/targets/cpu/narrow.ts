/**
 * Kernels compute with bytes as int32, as JavaScript does; most of what they compute fits fewer bits. This pass gives integers
 * the narrowest dtype that holds every number they can be, so that more of them fit a register: values stay the same, to the
 * last one. Functions with loops or stores are left as they are.
 */
import { dtypes, isFloat, isInteger, type DType } from '../../dsl/dtype.ts';
import { inline, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Value } from '../../dsl/kernel/ir.ts';
import { holds, rangesOf, union, type Range } from '../../dsl/kernel/range.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import { opInfo, type OpName } from '../../dsl/ops.ts';
import { hasLoops } from '../../fusion/work.ts';
import { likelyWidth } from './emit/widths.ts';

type Op = Value & { kind: 'op' };

/** From the narrowest; of two, the one that instruction sets rather have. */
const NARROW: readonly DType[] = ['uint8', 'int8', 'int16', 'uint16'];

/** Ops that give the same number in every dtype that holds it and its operands. */
const movable = ({ op, args }: Op): boolean => {
  const { signature } = opInfo(op);
  if (op === 'pow' || !isInteger(args.at(-1)!.dtype)) return false;
  return signature === 'number' || signature === 'integer' || signature === 'compare' || signature === 'select';
};

const isShift = (op: OpName): boolean => op === 'shl' || op === 'shr';

export function narrowed(fn: Fn): Fn {
  const values = valuesIn(fn);
  if (fn.effects.length > 0 || hasLoops(fn) || !values.some((v) => isInteger(v.dtype) && v.kind === 'op')) return fn;
  const range = rangesOf(values);
  const b = new Builder();
  const results = inline(b, fn.results, {
    ...sameLeaves(b),
    gather: (input, index, v) => b.gatherInside(input, v.dtype, index.map((i) => b.cast(i, 'int32'))),
    op: (v, args) => {
      if (v.op === 'cast') return castOf(b, v, args[0], range);
      const to = movable(v) ? narrowest(v, args, range) : undefined;
      const cond = v.op === 'select' ? 1 : 0;
      return b.op(v.op, args.map((a, k) => (k < cond ? a : b.cast(a, to ?? v.args[k].dtype))));
    },
  });
  return b.fn(fn.name, { ...fn, results: results.map((v, k) => b.cast(v, fn.results[k].dtype)) });
}

/**
 * The narrowest dtype for an op: it holds what the operands and the result can be, and no operand has to become narrower
 * first. `args`: what the operands have become.
 */
function narrowest(v: Op, args: readonly Value[], range: (v: Value) => Range): DType | undefined {
  const from = v.op === 'select' ? 1 : 0;
  const { bits } = dtypes[v.args[from].dtype];
  const moving = v.args.slice(from, isShift(v.op) ? 1 : undefined);
  const span = [...moving, ...(v.dtype === 'bool' ? [] : [v])].map(range).reduce(union);
  const inputs = args.slice(from).filter((a) => a.kind !== 'const').map((a) => dtypes[a.dtype].bits);
  // Of constants alone a select is as wide as its condition.
  const least = Math.max(...inputs, ...(inputs.length === 0 ? [likelyWidth(args[0])] : []));
  const shift = v.op !== 'shl' && v.op !== 'shr' ? -1 : args[1].kind === 'const' ? args[1].value : Infinity;
  return NARROW.find((d) => dtypes[d].bits < bits && dtypes[d].bits >= least && shift < dtypes[d].bits && holds(d, span));
}

/** A cast that changes no number is left to whoever uses the value, if that is narrow. */
function castOf(b: Builder, v: Op, arg: Value, range: (v: Value) => Range): Value {
  const [before] = v.args;
  const to = v.dtype;
  if (isFloat(to) || to === 'bool') return b.cast(arg, to);
  if (before.dtype === 'bool') {
    const d = NARROW.find((n) => dtypes[n].bits === likelyWidth(arg) && dtypes[n].bits < dtypes[to].bits);
    return b.cast(arg, d ?? to);
  }
  if (isFloat(before.dtype)) return ofChoice(b, arg, to) ?? b.cast(arg, to);
  return holds(to, range(before)) && dtypes[arg.dtype].bits <= dtypes[to].bits ? arg : b.cast(arg, to);
}

/** The cast of a choice between constants is a choice between others. */
function ofChoice(b: Builder, v: Value, to: DType): Value | undefined {
  if (v.kind === 'const') return b.cast(v, to);
  if (v.kind !== 'op' || v.op !== 'select') return undefined;
  const [yes, no] = v.args.slice(1).map((a) => ofChoice(b, a, to));
  return yes && no && b.op('select', [v.args[0], yes, no]);
}
