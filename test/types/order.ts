/** What the type checker knows of scans, indices, sorting and selections. Never run: `npm run typecheck` is the test. */
import * as wf from '../../src/index.ts';

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const check = <A>(_value: A) => ({ is: <B>(_same: Same<A, B>): void => {} });

const doubles = wf.array(new Float64Array(4));
const bytes = wf.array(new Uint8Array(4));

check([doubles.cumSum(), doubles.cumMax(0), doubles.take([0]), doubles.sort()]).is<wf.WeftArray<'float64'>[]>(true);
check([bytes.cumSum(), bytes.cumProd(0, { dtype: 'uint32' })]).is<wf.WeftArray<'uint32'>[]>(true);
check([bytes.cumMin(), bytes.sort(-1, { descending: true }), bytes.take(1)]).is<wf.WeftArray<'uint8'>[]>(true);
check([doubles.argSort(), bytes.searchSorted(3, { side: 'right' })]).is<wf.WeftArray<'int32'>[]>(true);
check([wf.takeAlongAxis(bytes, [1]), wf.gather(bytes, [[0, 1]])]).is<wf.WeftArray<'uint8'>[]>(true);
const top = wf.topK(doubles, 2), kept = wf.compress(bytes, bytes.gt(1)), found = wf.nonZero(doubles), all = wf.uniqueAll(bytes);
check(top).is<[wf.WeftArray<'float64'>, wf.WeftArray<'int32'>]>(true);
check(kept).is<Promise<wf.WeftArray<'uint8'>>>(true);
check(found).is<Promise<wf.WeftArray<'int32'>[]>>(true);
check(all).is<Promise<wf.Unique<'uint8'>>>(true);

// @ts-expect-error -- one axis at a time
doubles.cumSum([0, 1]);
// @ts-expect-error -- no such side
doubles.searchSorted(1, { side: 'up' });
// @ts-expect-error -- no such option
doubles.sort(0, { reverse: true });
// @ts-expect-error -- a list of arrays of indices
wf.gather(bytes, 0);
