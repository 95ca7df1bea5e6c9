/** What the type checker knows of products of vectors and matrices. Never run: `npm run typecheck` is the test. */
import * as wf from '../../src/index.ts';

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const check = <A>(_value: A) => ({ is: <B>(_same: Same<A, B>): void => {} });

const floats = wf.array([[1, 2], [3, 4]]), doubles = wf.array(new Float64Array(4)), bytes = wf.array(new Uint8Array(4));

check([floats.matmul(floats), floats.matVec(bytes), floats.dot(floats), wf.matmul(floats, bytes)]).is<wf.WeftArray<'float32'>[]>(true);
check([doubles.dot(floats), doubles.tensorDot(bytes, 0), wf.vecDot(bytes, doubles)]).is<wf.WeftArray<'float64'>[]>(true);
check([bytes.inner(bytes), bytes.vecDot(bytes, 0), wf.dot(bytes, bytes)]).is<wf.WeftArray<'uint32'>[]>(true);
check(bytes.outer(bytes)).is<wf.WeftArray<'uint8'>>(true);
check(wf.einsum('ij,jk->ik', floats, floats)).is<wf.WeftArray>(true);
check(wf.einsum('i,i', bytes, [1, 2], { dtype: 'float32' })).is<wf.WeftArray>(true);

// @ts-expect-error -- no such option
floats.matmul(floats, { accumulate: 'float64' });
// @ts-expect-error -- subscripts come first
wf.einsum(floats, 'ij->ji');
// @ts-expect-error -- two lists of axes
floats.tensorDot(floats, [[0], [1], [2]]);
