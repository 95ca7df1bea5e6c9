/** What the type checker knows of arrays. Never run: `npm run typecheck` is the test. */
import * as wf from '../../src/index.ts';

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const check = <A>(_value: A) => ({ is: <B>(_same: Same<A, B>): void => {} });

// dtypes are carried along
const floats = wf.array(new Float32Array(4));
const doubles = wf.array(new Float64Array(4));
const bytes = wf.array(new Uint8Array(4));
const plain: Float32Array = new Float32Array(4);
const shared = new Float32Array(new SharedArrayBuffer(16));
const added = floats.add(1), mixed = floats.mul(doubles), third = bytes.div(3), flags = floats.gt(0), total = bytes.sum();
check(added).is<wf.WeftArray<'float32'>>(true);
check(mixed).is<wf.WeftArray<'float64'>>(true);
check(third).is<wf.WeftArray<'float32'>>(true);
check(flags).is<wf.WeftArray<'bool'>>(true);
check(total).is<wf.WeftArray<'uint32'>>(true);
const fromVariable = wf.array(plain), fromShared = wf.array(shared);
const fromNumbers = wf.array([[1, 2], [3, 4]]), fromFlags = wf.array([true]);
check(fromVariable).is<wf.WeftArray<'float32'>>(true);
check(fromShared).is<wf.WeftArray<'float32'>>(true);
check(fromNumbers).is<wf.WeftArray<'float32'>>(true);
check(fromFlags).is<wf.WeftArray<'bool'>>(true);
const made = [wf.zeros(3), wf.zeros(3, { dtype: 'int8' }), wf.full([2], true), wf.arange(3, { dtype: 'int32' }), floats.asType('uint16')] as const;
check(made).is<readonly [
  wf.WeftArray<'float32'>, wf.WeftArray<'int8'>, wf.WeftArray<'bool'>, wf.WeftArray<'int32'>, wf.WeftArray<'uint16'>,
]>(true);
const tail = wf.erfc(0.5), tails = wf.erfc(floats), gammas = wf.gamma(bytes), logs = doubles.lgamma();
check(tail).is<number>(true);
check(tails).is<wf.WeftArray<'float32'>>(true);
check(gammas).is<wf.WeftArray<'float32'>>(true);
check(logs).is<wf.WeftArray<'float64'>>(true);
floats.add(plain).sub([1, 2, 3, 4]).mul(true);
const any: wf.WeftArray = floats;
const values: Promise<Float32Array> = floats.data();
const flag: Promise<boolean> = flags.any().item();
void [any, values, flag];

// @ts-expect-error -- a float64 result is not float32
const narrowed: wf.WeftArray<'float32'> = doubles.add(1);
// @ts-expect-error -- text is no operand
floats.add('1');
// @ts-expect-error -- no such dtype
floats.asType('float');
// @ts-expect-error -- 64-bit integers have no dtype
wf.array(new BigInt64Array(2));
// @ts-expect-error -- no such option
floats.sum({ axes: 0 });
void narrowed;

// stencils: as many arguments as the kernel has parameters, as many results as it returns
const heat = wf.stencil((u: wf.Neighbors2, k: number) => u(0, 0) + k * (u(1, 0) - u(-1, 0)), { border: 'wrap' });
const gradient = wf.stencil((u: wf.Neighbors2) => [u(1, 0) - u(0, 0), u(0, 1) - u(0, 0)]);
const heated = heat(floats, 0.2);
const both = gradient([[1, 2], [3, 4]]);
check(heated).is<wf.WeftArray>(true);
check(both).is<[wf.WeftArray, wf.WeftArray]>(true);
// @ts-expect-error -- the scalar is missing
heat(floats);
// @ts-expect-error -- one argument too many
gradient(floats, 1);
// @ts-expect-error -- no such border
wf.stencil((u: wf.Neighbors1) => u(1), { border: 'zero' });

// time loops keep the states' types
const one = wf.iterate(floats, 3, (u) => u.mul(2));
const two = wf.iterate([floats, doubles], 3, ([u, v]) => [u.mul(2), v.mul(u.asType('float64'))]);
check(one).is<wf.WeftArray<'float32'>>(true);
check(two).is<[wf.WeftArray<'float32'>, wf.WeftArray<'float64'>]>(true);
// @ts-expect-error -- the step must return an array
wf.iterate(floats, 3, () => 1);
const watched = wf.iterate(floats, 3, (u) => u, { every: 2, onProgress: async (step, u) => { await u.sum().add(step).item(); } });
check(watched).is<wf.WeftArray<'float32'>>(true);
const counted = wf.iterate(floats, 3, (u) => u, { until: (u, before) => u.sub(before).max(), countSteps: true });
check(counted).is<[wf.WeftArray<'float32'>, wf.WeftArray<'int32'>]>(true);
const { signal } = new AbortController();
const twoCounted = wf.iterate([floats, doubles], 3, ([u, v]) => [u, v], { signal, countSteps: true });
check(twoCounted).is<[wf.WeftArray<'float32'>, wf.WeftArray<'float64'>, wf.WeftArray<'int32'>]>(true);

// several results
export async function several(): Promise<void> {
  const [low, high, where] = await wf.evaluate([floats.min(), floats.max(), floats.argMax()]);
  check(low).is<wf.WeftArray<'float32'>>(true);
  check(where).is<wf.WeftArray<'int32'>>(true);
  void high;
}

// the declarations of errors name nothing that only Node's types have
const engines: 'prepareStackTrace' extends keyof typeof wf.ShapeError ? true : false = false;
void engines;
