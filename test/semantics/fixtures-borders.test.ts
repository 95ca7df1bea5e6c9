/** Border modes against SciPy: the cases and their expected values are in test/fixtures/borders.json. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, loadFixture, runsOn, toWeft, type AnyArray, type BorderMode, type Encoded, type EncodedArray } from '../fixtures/fixture.ts';
import { expectClose, targets } from '../support/targets.ts';

interface Case {
  readonly name: string;
  readonly input: EncodedArray;
  readonly border: BorderMode | BorderMode[];
  readonly cval?: number;
  readonly expected: readonly Encoded[];
}
interface LinearCase extends Case {
  readonly offsets: readonly (readonly number[])[];
  readonly weights: readonly number[];
}
interface KernelCase extends Case {
  readonly kernel: string;
  readonly shape: readonly number[];
  readonly neighborhood?: [number, number][];
}
type Options = { border: BorderMode | BorderMode[]; cval?: number; neighborhood?: [number, number][] };

const fixture = loadFixture<{ linear: LinearCase[]; perAxis: LinearCase[]; kernels: KernelCase[] }>('borders.json');

// Weighted values are multiples of 1/32 and exact in float32; kernels with a square root may round differently.
const exact = { atol: 1e-5 };
const rounded = { rtol: 1e-5, atol: 1e-5 };

/** Weights nested to the array's rank, of odd size, so that the centre is at offset 0. */
function weightTable({ offsets, weights }: LinearCase): wf.Weights {
  const rank = offsets[0].length;
  const reach = Array.from({ length: rank }, (_, k) => Math.max(...offsets.map((o) => Math.abs(o[k]))));
  const weightAt = (at: readonly number[]): number =>
    weights.reduce((sum, w, i) => sum + (offsets[i].every((o, k) => o === at[k]) ? w : 0), 0);
  const build = (at: readonly number[]): wf.Weights => Array.from({ length: 2 * reach[at.length] + 1 }, (_, i) => {
    const next = [...at, i - reach[at.length]];
    return next.length < rank ? build(next) : weightAt(next);
  });
  return build([]);
}

for (const [group, cases] of [['one mode', fixture.linear], ['one mode per axis', fixture.perAxis]] as const) {
  const test = suite(`borders of weighted neighbourhoods, ${group}`);
  for (const target of targets) for (const c of cases) {
    if (!runsOn(target, c.input.dtype)) continue;
    test(`${target}: ${c.name}`, async () => {
      const x = toWeft(c.input);
      const y = wf.correlate(weightTable(c), { border: c.border, cval: c.cval })(x);
      assert.equal([...y.shape], c.input.shape, c.name);
      expectClose(await y.data({ target }), decode(c.expected), { ...exact, label: `${target}: ${c.name}` });
    });
  }
  test.run();
}

const kernels: Record<string, (options: Options) => (x: AnyArray) => AnyArray> = {
  median3: (o) => wf.stencil((u: wf.Neighbors1) => {
    const a = u(-1), b = u(0), c = u(1);
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }, o),
  upwind: (o) => wf.stencil((u: wf.Neighbors1) => (u(0) > 0 ? u(0) - u(-1) : u(0) - u(-2)), o),
  ahead: (o) => wf.stencil((u: wf.Neighbors1) => u(0) * u(3), o),
  crossMax: (o) => wf.stencil((u: wf.Neighbors2) => Math.max(u(0, 0), u(-1, 0), u(1, 0), u(0, -1), u(0, 1)), o),
  corner: (o) => wf.stencil((u: wf.Neighbors2) => u(-1, 0) * u(0, 3), o),
  edge: (o) => wf.stencil((u: wf.Neighbors2) => Math.hypot(u(0, 1) - u(0, -1), u(1, 0) - u(-1, 0)), o),
  cubeRms: (o) => wf.stencil((u: wf.Neighbors3) => {
    let squares = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        for (let k = -1; k <= 1; k++) squares += u(i, j, k) ** 2;
      }
    }
    return Math.sqrt(squares / 27);
  }, { neighborhood: [[-1, 1], [-1, 1], [-1, 1]], ...o }),
};

const kernelTest = suite('borders of kernels');
for (const target of targets) for (const c of fixture.kernels) {
  kernelTest(`${target}: ${c.name}`, async () => {
    const { border, cval, neighborhood } = c;
    const options = { border, ...(cval !== undefined && { cval }), ...(neighborhood && { neighborhood }) };
    const y = kernels[c.kernel](options)(toWeft(c.input));
    assert.equal([...y.shape], c.shape, c.name);
    expectClose(await y.data({ target }), decode(c.expected), { ...rounded, label: `${target}: ${c.name}` });
  });
}
kernelTest.run();
