/** Products of vectors and matrices and Einstein sums on every target, against NumPy. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, isFloat, loadFixture, runsOn, toWeft, type AnyArray, type EncodedArray } from '../fixtures/fixture.ts';
import { compute } from '../support/compute.ts';
import { dtypesOn } from '../support/lists.ts';
import { expectClose, targets } from '../support/targets.ts';

interface Case {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly EncodedArray[];
  readonly arguments: readonly unknown[];
  readonly expect: EncodedArray;
}

const operations: Readonly<Record<string, (inputs: readonly AnyArray[], given: readonly unknown[]) => AnyArray>> = {
  matmul: ([a, b]) => a.matmul(b),
  dot: ([a, b]) => a.dot(b),
  matVec: ([a, b]) => a.matVec(b),
  vecMat: ([a, b]) => a.vecMat(b),
  vecDot: ([a, b], [axis]) => a.vecDot(b, axis as number | undefined),
  inner: ([a, b]) => a.inner(b),
  outer: ([a, b]) => a.outer(b),
  tensorDot: ([a, b], [axes]) => a.tensorDot(b, axes as wf.PairedAxes),
  einsum: (inputs, [subscripts]) => wf.einsum(subscripts as string, ...inputs),
};

const { cases } = loadFixture<{ cases: Case[] }>('numpy-contract.json');
for (const target of targets) {
  const test = suite(`products and Einstein sums on ${target}`);
  for (const c of cases) {
    const dtypes = [...c.inputs, c.expect].map((a) => a.dtype);
    // On a device every case costs the time of its pipelines.
    const mixed = new Set(c.inputs.map((a) => a.dtype)).size > 1;
    if (!runsOn(target, ...dtypes) || (!mixed && !dtypesOn(target).includes(c.inputs[0].dtype))) continue;
    test(c.name, async () => {
      const { values, shape, dtype } = await compute(target, () => operations[c.op](c.inputs.map(toWeft), c.arguments));
      assert.is(dtype, c.expect.dtype);
      assert.equal([...shape], c.expect.shape);
      // Floats are eighths of small size: sums of a few products of them are exact.
      const room = isFloat(dtype) ? { rtol: 1e-6, atol: 1e-5 } : {};
      expectClose(values, decode(c.expect.data, c.expect.dtype), { ...room, label: c.name });
    });
  }
  test.run();
}
