/** `subnormals: 'flush'`: results below the smallest normal number are stored as 0 of their sign, wherever the CPU stores. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';

const test = suite('subnormal results on the cpu');
const onCpu = { target: 'cpu' };
test.after.each(() => { wf.configure({ subnormals: 'keep' }); });

const TINY = { float32: 2 ** -126, float64: 2 ** -1022 } as const;
type Float = keyof typeof TINY;

/** Zero, infinity, NaN and numbers on both sides of the smallest normal one, of both signs. */
function edges(dtype: Float, length: number): Float32Array | Float64Array {
  const tiny = TINY[dtype];
  const some = [
    tiny, tiny / 2, -tiny / 4, -tiny, 0, -0, tiny * 1.5, 1, NaN, Infinity, -Infinity, tiny * 0.999, -3 * tiny, tiny / 1024,
  ];
  const x = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  return x.map((_, k) => some[k % some.length]!);
}
const flushed = (x: number, dtype: Float): number => (Math.abs(x) < TINY[dtype] ? 0 * x : x);

/** What a program gives, subnormal numbers kept and flushed. */
async function both(program: () => wf.WeftArray): Promise<readonly [kept: number[], flushed: number[]]> {
  const run = async (subnormals: 'keep' | 'flush'): Promise<number[]> => {
    wf.configure({ subnormals });
    return [...await program().data(onCpu)] as number[];
  };
  return [await run('keep'), await run('flush')];
}

/** Flushing changes what it should, and there is something to flush. */
async function check(what: string, program: () => wf.WeftArray): Promise<void> {
  const [kept, less] = await both(program);
  const dtype = program().dtype as Float;
  assert.ok(kept.some((x) => x !== 0 && Math.abs(x) < TINY[dtype]), `${what}: nothing is subnormal`);
  // Object.is tells 0 from -0 and takes NaN for itself.
  const wrong = kept.findIndex((x, k) => !Object.is(flushed(x, dtype), less[k]));
  assert.is(wrong, -1, `${what}: element ${wrong} is ${less[wrong]}, was ${kept[wrong]}`);
}

const half = wf.stencil((u: wf.Neighbors1) => 0.5 * u(0), { border: 'nearest' });

for (const dtype of ['float32', 'float64'] as const) {
  const array = (length = 37): wf.WeftArray => wf.array(edges(dtype, length)) as wf.WeftArray;
  test(`${dtype}: vectors, what is left of a row, and strides`, async () => {
    for (const length of [1, 3, 4, 17, 64, 1001]) await check(`${length} elements`, () => array(Math.max(length, 4)).mul(0.75));
    await check('columns', () => array(42).reshape([6, 7]).transpose().mul(0.5));
    await check('every third', () => array(99).slice([0, 99, 3]).neg());
  });
  test(`${dtype}: stencils, what ends a reduction, cumulative sums, products of matrices, scatters`, async () => {
    await check('a stencil', () => half(array()));
    const finite = (): wf.WeftArray => wf.array(edges(dtype, 112).map((x) => (Number.isFinite(x) ? x : 0)), { shape: [8, 14] });
    await check('means', () => finite().mean({ axis: 0 }));
    await check('cumulative sums', () => wf.array(new (dtype === 'float32' ? Float32Array : Float64Array)(30).fill(TINY[dtype] / 16)).cumSum());
    await check('a product', () => finite().transpose().matmul(wf.eye(8).asType(dtype)));
    await check('a scatter', () => wf.scatterAdd(wf.zeros([40], { dtype }), wf.arange(37, { dtype: 'int32' }), array()));
  });
}

test('loops take up what they have stored: what decays ends at 0', async () => {
  const program = (): wf.WeftArray => wf.iterate(wf.array(edges('float32', 5000).map((x) => (Number.isFinite(x) ? 1 + x : 1))), 140, (u) => half(u));
  const [kept, less] = await both(program);
  assert.ok(kept.every((x) => x > 0));
  assert.ok(less.every((x) => x === 0));
});

test('integers and bools are what they are', async () => {
  const program = () => wf.array(Int32Array.from([1, 2, -1, 0x7fffff])).add(0);
  wf.configure({ subnormals: 'flush' });
  assert.equal([...await program().data(onCpu)], [1, 2, -1, 0x7fffff]);
  assert.equal([...await wf.array(edges('float32', 30)).gt(0).data(onCpu)].slice(0, 4), [1, 1, 0, 0]);
});

test.run();
