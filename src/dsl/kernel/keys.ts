/**
 * The order of sorting: NaN after everything else, in either direction, and -0 equal to 0. Elements are compared by keys: int32
 * numbers of the same order, or for float64 the numbers themselves; a descending order is an ascending one of other keys.
 */
import { dtypes, type DType } from '../dtype.ts';
import type { Builder, Value } from './ir.ts';
import { int } from './turns.ts';

export type KeyDType = 'int32' | 'float64';

export const keyDType = (d: DType): KeyDType => (d === 'float64' ? d : 'int32');

const LARGEST = 2 ** 31 - 1;

/** The key of an element. `exact`: -0 comes before 0, so that `ofKey` gives both back. */
export function keyOf(b: Builder, x: Value, descending: boolean, exact = false): Value {
  switch (x.dtype) {
    case 'float64': return descending ? b.op('neg', [x]) : x;
    case 'float32': {
      const zero = b.constant(0, 'float32');
      const bits = b.op('floatBits', [exact ? x : b.op('select', [b.op('eq', [x, zero]), zero, x])]);
      const key = reversed(b, flipped(b, bits), descending);
      return b.op('select', [b.op('isNaN', [x]), int(b, LARGEST), key]);
    }
    case 'uint32': return reversed(b, b.op('bitXor', [b.cast(x, 'int32'), int(b, dtypes.int32.min)]), descending);
    default: return reversed(b, b.cast(x, 'int32'), descending);
  }
}

/** The element of a key that was made `exact`. */
export function ofKey(b: Builder, key: Value, dtype: DType, descending: boolean): Value {
  switch (dtype) {
    case 'float64': return descending ? b.op('neg', [key]) : key;
    case 'float32': {
      const value = b.op('bitsFloat', [flipped(b, reversed(b, key, descending))]);
      return b.op('select', [b.op('eq', [key, int(b, LARGEST)]), b.constant(NaN, 'float32'), value]);
    }
    case 'uint32': return b.cast(b.op('bitXor', [reversed(b, key, descending), int(b, dtypes.int32.min)]), 'uint32');
    default: return b.cast(reversed(b, key, descending), dtype);
  }
}

/** Negative floats have larger bits the smaller they are. Undoes itself. */
const flipped = (b: Builder, bits: Value): Value =>
  b.op('bitXor', [bits, b.op('bitAnd', [b.op('shr', [bits, int(b, 31)]), int(b, LARGEST)])]);

const reversed = (b: Builder, key: Value, descending: boolean): Value => (descending ? b.op('bitNot', [key]) : key);

/** Whether a key comes strictly before another. */
export function before(b: Builder, x: Value, y: Value): Value {
  const less = b.op('lt', [x, y]);
  if (x.dtype !== 'float64') return less;
  return b.op('or', [less, b.op('and', [b.op('isNaN', [y]), b.op('not', [b.op('isNaN', [x])])])]);
}
