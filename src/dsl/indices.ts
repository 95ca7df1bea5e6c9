/** Arrays of indices, as users give them. */
import { ArgumentError, DTypeError } from '../errors.ts';
import { WeftArray, type ArrayInput } from './array.ts';
import { dtypeOf, isInteger } from './dtype.ts';
import { applyRule, binary, castExpr } from './elementwise.ts';
import type { Expr } from './expr.ts';
import { sourceOf } from './literal.ts';

/** int32 indices from an array of integers, or from numbers that are whole. */
export function indexNode(x: ArrayInput, argument: string): Expr {
  if (x instanceof WeftArray) return asIndices(WeftArray.node(x), argument);
  if (x === undefined || x === null) throw new ArgumentError(`${argument}: expected an array of indices or a number, got ${String(x)}`);
  const dtype = dtypeOf(x);
  if (dtype) return asIndices(sourceOf(x, {}, argument), argument);
  const wrong = [x].flat(Infinity as 1).find((v) => !Number.isInteger(v));
  if (typeof wrong === 'boolean') throw new DTypeError(`${argument}: ${boolHint}`);
  if (typeof wrong === 'number') throw new ArgumentError(`${argument}: ${wrong} is not an index; indices are whole numbers`);
  return sourceOf(x, { dtype: 'int32' }, argument);
}

const boolHint = 'indices must be integers, got bool; to pick elements by a mask use await wf.compress(x, mask)';

function asIndices(node: Expr, argument: string): Expr {
  if (node.dtype === 'bool') throw new DTypeError(`${argument}: ${boolHint}`);
  if (!isInteger(node.dtype)) throw new DTypeError(`${argument}: indices must be integers, got ${node.dtype}; cast them: indices.asType('int32')`);
  // The largest of all stay beyond every array, instead of counting from the back.
  const kept = node.dtype === 'uint32' ? applyRule('minimum', binary.minimum, [node, 2 ** 31 - 1]) : node;
  return castExpr(kept, 'int32');
}
