/** A result that leaves the cells at the border to another array. */
import { makeExpr, type Expr } from './expr.ts';
import { Builder, type Value } from './kernel/ir.ts';

/** `inner` where coord + lo >= 0 and coord + hi < size on every axis, `border` elsewhere. Both have the same shape and dtype. */
export function overwritten(inner: Expr, border: Expr, lo: readonly number[], hi: readonly number[]): Expr {
  const b = new Builder();
  const int = (n: number): Value => b.constant(n, 'int32');
  const inside = lo.reduce<Value>((all, low, axis) => {
    const at = b.coord(axis);
    const above = low === 0 ? all : b.op('and', [all, b.op('ge', [at, int(-low)])]);
    return hi[axis] === 0 ? above : b.op('and', [above, b.op('lt', [at, b.op('sub', [b.extent(axis), int(hi[axis])])])]);
  }, b.constant(1, 'bool'));
  const { dtype, shape } = inner;
  const result = b.op('select', [inside, b.read(0, dtype), b.read(1, dtype)]);
  const fn = b.fn('out', { rank: shape.length, inputs: [{ name: 'result', dtype }, { name: 'out', dtype }], results: [result] });
  return makeExpr({ kind: 'map', fn, result: 0, shape, dtype, src: [inner, border] });
}
