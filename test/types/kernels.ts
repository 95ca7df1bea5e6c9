/** What the type checker knows of kernels. Never run: `npm run typecheck` is the test. */
import * as wf from '../../src/index.ts';

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const check = <A>(_value: A) => ({ is: <B>(_same: Same<A, B>): void => {} });
/** Each of these is one array. */
const eachIsOne = (..._arrays: wf.WeftArray[]): void => {};

const x = wf.array([1, 2, 3]), m = wf.array([[1, 2], [3, 4]]);

// ---- vectorize: one argument per parameter, one array per result ----

const half = wf.vectorize((v: number) => v / 2);
const add = wf.vectorize((a: number, b: number) => a + b, { identity: 0 });
const both = wf.vectorize((a: number, b: number) => [a + b, a > b]);
const choose = wf.vectorize((c: boolean, a: number, b: number) => (c ? a : b));
const look = wf.vectorize((i: number, table: wf.Vec) => table[i]);
const early = wf.vectorize((v: number) => { if (v < 0) return false; return v > 1; });
const several = wf.vectorize((v: number) => { if (v < 0) return [v, 0, 1]; return [0, v, 1]; });
const patterns = wf.vectorize(([a, b]: [number, number], { c }: { c: number }) => a * b + c);
eachIsOne(half(x), add(x, 1), choose(true, x, 2), look([0, 1], x), early(x), patterns([x, x], { c: 1 }));
const halves = half(x);
check(halves).is<wf.WeftArray>(true);
const pair = both(x, x), triple = several(x);
check(pair).is<[wf.WeftArray, wf.WeftArray]>(true);
check(triple).is<[wf.WeftArray, wf.WeftArray, wf.WeftArray]>(true);

// functions of two numbers have the methods of ufuncs
eachIsOne(add.reduce(x), add.reduce(m, { axis: [0, 1], keepDims: true }), add.accumulate(x), add.outer(x, m), add.at(x, [0], 1));
const ufunc: wf.Ufunc<[number, number], number> = add;
void ufunc;

// @ts-expect-error -- an argument is missing
add(x);
// @ts-expect-error -- one argument too many
half(x, x);
// @ts-expect-error -- several results are no array
eachIsOne(both(x, x));
// @ts-expect-error -- text is no operand
half('1');
// @ts-expect-error -- functions of one number cannot be reduced
void half.reduce;
// @ts-expect-error -- neither can those of three
void choose.reduce;
// @ts-expect-error -- a table is no number
void look.reduce;
// @ts-expect-error -- no such option
wf.vectorize((v: number) => v, { constant: {} });
// @ts-expect-error -- no such dtype
wf.vectorize((v: number) => v, { dtype: 'int64' });
// @ts-expect-error -- what is indexed is read only
wf.vectorize((i: number, table: wf.Vec) => { table[i] = 1; return i; });

// ---- guvectorize: as many arrays as the signature has outputs ----

const cumulate = wf.guvectorize('(n)->(n)', (v: wf.Vec, out: wf.MutVec) => { out[0] = v[0]; });
const transform = wf.guvectorize('(m,n),(n)->(m)', (a: wf.Mat, v: wf.Vec, out: wf.MutVec) => { out[0] = a[0][0] * v[0]; });
const matrix = wf.guvectorize('(m,n)->(n,m)', (a: wf.Mat, out: wf.MutMat) => { out[0][0] = a[0][0]; });
const total = wf.guvectorize('(n)->()', (v: wf.Vec) => v[0]);
const ends = wf.guvectorize('(n)->(),()', (v: wf.Vec) => [v[0], v[v.length - 1]]);
const split = wf.guvectorize('(n)->(n),(2)', (v: wf.Vec, a: wf.MutVec, b: wf.MutVec) => { a[0] = b[0] = v[0]; });
eachIsOne(cumulate(m), transform(m, x), matrix(m), total(x));
const first = ends(x), second = split(x);
check(first).is<wf.WeftArray[]>(true);
check(second).is<wf.WeftArray[]>(true);
// @ts-expect-error -- several outputs are no array
eachIsOne(ends(x));
declare const anySignature: string;
const unknown = wf.guvectorize(anySignature, (v: wf.Vec) => v[0])(x);
check(unknown).is<wf.WeftArray | wf.WeftArray[]>(true);
wf.guvectorize('(n)->(),()', (v: wf.Vec) => [v[0], v[1]], { dtype: ['int32', 'bool'] });

// @ts-expect-error -- inputs are read only
wf.guvectorize('(n)->(n)', (v: wf.Vec, out: wf.MutVec) => { v[0] = out[0]; });
// @ts-expect-error -- a matrix has rows, not numbers
wf.guvectorize('(m,n)->()', (a: wf.Mat): number => a[0]);
// @ts-expect-error -- nor is there a third axis
wf.guvectorize('(m,n)->()', (a: wf.Mat) => a.shape[2]);
// @ts-expect-error -- the signature is text
wf.guvectorize(2, (v: wf.Vec) => v[0]);

// ---- kernel: the outputs in order, then what is returned ----

const scale = wf.kernel((a: wf.Mat, out: wf.MutMat) => { for (const i of wf.prange(a.shape[0])) out[i][0] = a[i][0]; });
const sum = wf.kernel((v: wf.Vec) => { let s = 0; for (const i of wf.prange(v.length)) s += v[i]; return s; });
const range = wf.kernel((v: wf.Vec) => [v[0], v[v.length - 1]]);
const stored = wf.kernel((v: wf.Vec, a: wf.MutVec, n: number, b: wf.MutMat) => { a[0] = v[n]; b[0][0] = v[0]; });
const normal = wf.kernel((v: wf.Vec, out: wf.MutVec) => { out[0] = v[0]; return [v[0], v[1] > 0]; });
eachIsOne(scale(m), sum(x));
const [low, high] = range(x);
const two = stored(x, 3), three = normal(x);
check(low).is<wf.WeftArray>(true);
check(high).is<wf.WeftArray>(true);
eachIsOne(...two, ...three);
const lengths: readonly [2, 3] = [two.length, three.length];
void lengths;
type Result = wf.KernelResult<[wf.Vec, wf.MutTensor3], void>;
const result: Result = m;
void result;
wf.kernel((v: wf.Vec, out: wf.MutVec) => { out[0] = v[0]; }, { shapes: { out: 'v' }, dtypes: { out: 'int32' } });
wf.kernel((v: wf.Vec, out: wf.MutVec) => { out[0] = v[0]; }, { shapes: { out: (of) => [of[0] + 1] } });

// ranges: numbers, or tuples as long as the grid
for (const i of wf.prange(3)) check(i).is<number>(true);
for (const i of wf.prange(0, 10, 2)) check(i).is<number>(true);
for (const at of wf.prange([2, 3])) check(at).is<[number, number]>(true);
wf.kernel((t: wf.Tensor3) => { let s = 0; for (const [i, j, k] of wf.prange(t.shape)) s += t[i][j][k]; return s; });
// @ts-expect-error -- a grid of two axes has no third coordinate
for (const [, , k] of wf.prange([2, 3])) void k;

// @ts-expect-error -- inputs are read only
wf.kernel((a: wf.Mat) => { a[0][0] = 1; });
// @ts-expect-error -- rows of outputs cannot be replaced
wf.kernel((a: wf.Mat, out: wf.MutMat) => { out[0] = a[0]; });
// @ts-expect-error -- shapes are lists of sizes
wf.kernel((v: wf.Vec, out: wf.MutVec) => { out[0] = v[0]; }, { shapes: { out: 3 } });

// ---- fromFunction ----

eachIsOne(wf.fromFunction([2, 3], (i, j) => i * j), wf.fromFunction(4, (i) => i > 1), wf.fromFunction([], () => 1));
eachIsOne(wf.fromFunction([2], (i: number, v: wf.Vec) => v[i], { inputs: [x] }));
// @ts-expect-error -- one result only
wf.fromFunction([2], (i) => [i, i]);
// @ts-expect-error -- coordinates are numbers
wf.fromFunction([2], (v: wf.Vec) => v[0]);

// ---- stencils ----

const smooth = wf.stencil((u: wf.Neighbors2, weights: wf.Vec, k: number) => u(0, 0) * weights[0] + k, { standardIndexing: ['weights'] });
const smoothed = smooth(m, [1, 2], 0.5, { out: m });
check(smoothed).is<wf.WeftArray>(true);
// @ts-expect-error -- an array of two axes has two offsets
wf.stencil((u: wf.Neighbors2) => u(0));
// @ts-expect-error -- the neighbourhood is a list of ranges
wf.stencil((u: wf.Neighbors1) => u(0), { neighborhood: [-1, 1] });
