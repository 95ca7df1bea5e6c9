/**
 * Stencils against Numba's: the inputs and results are in test/fixtures/numba.json, the Python kernels in
 * scripts/fixtures/stencils.py under the same names.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, isFloat, loadFixture, runsOn, toWeft, type AnyArray, type Encoded, type EncodedArray } from '../fixtures/fixture.ts';
import { expectClose, targets } from '../support/targets.ts';

interface Case {
  readonly name: string;
  readonly kernel: string;
  readonly inputs: readonly EncodedArray[];
  /** Numba's result is an integer array. */
  readonly integral: boolean;
  readonly cval?: number;
  readonly neighborhood?: [number, number][];
  readonly expected: readonly Encoded[];
}
type Options = { cval?: number; neighborhood?: [number, number][] };
type Stencil = (...arrays: AnyArray[]) => AnyArray;

const { stencils } = loadFixture<{ stencils: Case[] }>('numba.json');

const oneAxis: Record<string, (o: Options) => Stencil> = {
  mean3: (o) => wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3, o),
  forward: (o) => wf.stencil((u: wf.Neighbors1) => u(1) - u(0), o),
  backward: (o) => wf.stencil((u: wf.Neighbors1) => u(0) - u(-1), o),
  second: (o) => wf.stencil((u: wf.Neighbors1) => u(-1) - 2 * u(0) + u(1), o),
  farBehind: (o) => wf.stencil((u: wf.Neighbors1) => u(0) - u(-3), o),
  onlyAhead: (o) => wf.stencil((u: wf.Neighbors1) => u(1) + 10 * u(2), o),
  onlyBehind: (o) => wf.stencil((u: wf.Neighbors1) => 3 * u(-2) - u(-1), o),
  pointwise: (o) => wf.stencil((u: wf.Neighbors1) => u(0) * u(0) + 1, o),
  minmod: (o) => wf.stencil((u: wf.Neighbors1) => {
    const l = u(0) - u(-1);
    const r = u(1) - u(0);
    return l * r <= 0 ? 0 : Math.abs(l) < Math.abs(r) ? l : r;
  }, o),
  clampSlope: (o) => wf.stencil((u: wf.Neighbors1) => Math.min(Math.max((u(1) - u(-1)) * 0.5, -1), 1), o),
  rootSum: (o) => wf.stencil((u: wf.Neighbors1) => Math.sqrt(u(-1) + u(0) + u(1)), o),
  bell: (o) => wf.stencil((u: wf.Neighbors1) => Math.exp(-(u(-1) ** 2)) + Math.sin(u(1)), o),
  ternary: (o) => wf.stencil((u: wf.Neighbors1) => (u(0) > 0 ? u(-2) : u(2)), o),
  floorHalf: (o) => wf.stencil((u: wf.Neighbors1) => Math.floor((u(-1) + u(1)) / 2), o),
  trailingMean: (o) => wf.stencil((u: wf.Neighbors1) => (u(-4) + u(-3) + u(-2) + u(-1) + u(0)) / 5, o),
  widerThanUsed: (o) => wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), o),
  peakAhead: (o) => wf.stencil((u: wf.Neighbors1) => Math.max(u(0), u(1), u(2)), o),
  countAbove: (o) => wf.stencil((u: wf.Neighbors1) => {
    const c = u(0);
    return (u(-2) > c ? 1 : 0) + (u(-1) > c ? 1 : 0) + (u(1) > c ? 1 : 0) + (u(2) > c ? 1 : 0);
  }, o),
  lopsided: (o) => wf.stencil((u: wf.Neighbors1) => u(-1) + u(0) * 2 + u(1) * 3 + u(2) * 4 + u(3) * 5 + u(4) * 6, o),
};

const twoAxes: Record<string, (o: Options) => Stencil> = {
  laplace: (o) => wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0), o),
  sobel: (o) => wf.stencil((u: wf.Neighbors2) => u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1), o),
  slope: (o) => wf.stencil((u: wf.Neighbors2) => {
    const gx = (u(0, 1) - u(0, -1)) / 2;
    const gy = (u(1, 0) - u(-1, 0)) / 2;
    return Math.sqrt(gx * gx + gy * gy);
  }, o),
  roberts: (o) => wf.stencil((u: wf.Neighbors2) => Math.abs(u(0, 0) - u(1, 1)) + Math.abs(u(0, 1) - u(1, 0)), o),
  diagonal: (o) => wf.stencil((u: wf.Neighbors2) => u(-2, 1) + u(0, 0) * u(1, -3), o),
  alongRow: (o) => wf.stencil((u: wf.Neighbors2) => u(0, -2) + u(0, 2), o),
  alongColumn: (o) => wf.stencil((u: wf.Neighbors2) => u(-1, 0) * 2 + u(2, 0), o),
  boxMean: (o) => wf.stencil((u: wf.Neighbors2) => (
    u(-1, -2) + u(-1, -1) + u(-1, 0) + u(-1, 1) + u(-1, 2)
    + u(0, -2) + u(0, -1) + u(0, 0) + u(0, 1) + u(0, 2)
    + u(1, -2) + u(1, -1) + u(1, 0) + u(1, 1) + u(1, 2)
  ) / 15, o),
  maxPool: (o) => wf.stencil((u: wf.Neighbors2) => Math.max(u(0, 0), u(0, 1), u(0, 2), u(1, 0), u(1, 1), u(1, 2)), o),
  life: (o) => wf.stencil((u: wf.Neighbors2) => {
    const n = u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1)
      + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1);
    return n === 3 ? 1 : n === 2 ? u(0, 0) : 0;
  }, o),
};

const threeAxes: Record<string, (o: Options) => Stencil> = {
  laplace3: (o) => wf.stencil((u: wf.Neighbors3) =>
    u(-1, 0, 0) + u(1, 0, 0) + u(0, -1, 0) + u(0, 1, 0) + u(0, 0, -1) + u(0, 0, 1) - 6 * u(0, 0, 0), o),
  skew: (o) => wf.stencil((u: wf.Neighbors3) => u(0, 1, -2) - u(-1, 0, 0) * u(1, -1, 1), o),
  boxSum3: (o) => wf.stencil((u: wf.Neighbors3) =>
    u(-1, -1, 0) + u(-1, -1, 1) + u(-1, -1, 2) + u(-1, 0, 0) + u(-1, 0, 1) + u(-1, 0, 2)
    + u(-1, 1, 0) + u(-1, 1, 1) + u(-1, 1, 2) + u(0, -1, 0) + u(0, -1, 1) + u(0, -1, 2)
    + u(0, 0, 0) + u(0, 0, 1) + u(0, 0, 2) + u(0, 1, 0) + u(0, 1, 1) + u(0, 1, 2), o),
};

const severalArrays: Record<string, (o: Options) => Stencil> = {
  product: (o) => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => u(-1) * v(1), o),
  advect: (o) => wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) =>
    (v(0, 0) > 0 ? v(0, 0) * (u(0, 0) - u(0, -1)) : v(0, 0) * (u(0, 1) - u(0, 0))), o),
  uneven: (o) => wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) => u(0, 0) + v(2, 0) - v(0, -1) * u(-1, 0), o),
};

const kernels: Record<string, (o: Options) => Stencil> = { ...oneAxis, ...twoAxes, ...threeAxes, ...severalArrays };

const test = suite('stencils with the border rule of Numba');

test('every kernel of the fixture has its JavaScript twin, and none is left over', () => {
  assert.equal([...new Set(stencils.map((c) => c.kernel))].sort(), Object.keys(kernels).sort());
});

for (const target of targets) for (const c of stencils) {
  if (!runsOn(target, ...c.inputs.map((x) => x.dtype))) continue;
  test(`${target}: ${c.name}`, async () => {
    const { cval, neighborhood } = c;
    const stencil = kernels[c.kernel]({ ...(cval !== undefined && { cval }), ...(neighborhood && { neighborhood }) });
    const y = stencil(...c.inputs.map(toWeft));
    assert.equal([...y.shape], c.inputs[0].shape, c.name);
    // Weft computes in the dtype of the arrays; Numba divides and roots float32 in float64.
    const close = c.integral ? {} : c.inputs[0].dtype === 'float64' ? { rtol: 1e-12, atol: 1e-12 } : { rtol: 1e-5, atol: 1e-5 };
    expectClose(await y.data({ target }), decode(c.expected), { ...close, label: `${target}: ${c.name}` });
    if (!c.integral && isFloat(c.inputs[0].dtype)) assert.is(y.dtype, c.inputs[0].dtype, `${c.name}: dtype`);
  });
}

test.run();
