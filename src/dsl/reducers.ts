/** The reduction table: what starts a reduction, how two partial results combine, and which dtype comes out. */
import { dtypes, type DType } from './dtype.ts';
import type { OpName } from './ops.ts';

export interface ReducerInfo {
  /** Combines two partial results; arg reducers combine (value, index) pairs. */
  readonly combine: OpName | 'argMin' | 'argMax';
  /** The result of reducing nothing, or undefined when there is none (then an empty reduction is an error). */
  readonly empty: number | undefined;
  /** What a lane or thread starts from, in the accumulator's dtype. */
  readonly identity: (accumulator: DType) => number;
  /** The dtype values are cast to before they are reduced. */
  readonly accumulator: (input: DType) => DType;
  readonly result: (input: DType) => DType;
}

/** Sums and products of narrow integers use 32 bits. */
const widened = (d: DType): DType => {
  switch (d) {
    case 'bool': case 'int8': case 'int16': return 'int32';
    case 'uint8': case 'uint16': return 'uint32';
    default: return d;
  }
};
const same = (d: DType): DType => d;
const toBool = (): DType => 'bool';
const toIndex = (): DType => 'int32';

export const reducers = {
  sum: { combine: 'add', empty: 0, identity: () => 0, accumulator: widened, result: widened },
  prod: { combine: 'mul', empty: 1, identity: () => 1, accumulator: widened, result: widened },
  min: { combine: 'min', empty: undefined, identity: (d) => dtypes[d].max, accumulator: same, result: same },
  max: { combine: 'max', empty: undefined, identity: (d) => dtypes[d].min, accumulator: same, result: same },
  any: { combine: 'or', empty: 0, identity: () => 0, accumulator: toBool, result: toBool },
  all: { combine: 'and', empty: 1, identity: () => 1, accumulator: toBool, result: toBool },
  /**
   * The first position, counted row-major over the reduced axes, of the smallest or largest value; the first NaN wins.
   * The pair starts at (identity of min or max, index 2^31-1), so that ties prefer the smaller, real index.
   */
  argMin: { combine: 'argMin', empty: undefined, identity: (d) => dtypes[d].max, accumulator: same, result: toIndex },
  argMax: { combine: 'argMax', empty: undefined, identity: (d) => dtypes[d].min, accumulator: same, result: toIndex },
} as const satisfies Record<string, ReducerInfo>;

export type ReducerName = keyof typeof reducers;
export const reducerNames = Object.keys(reducers) as ReducerName[];
export const reducerInfo = (name: ReducerName): ReducerInfo => reducers[name];
export const isArgReducer = (name: ReducerName): boolean => name === 'argMin' || name === 'argMax';
