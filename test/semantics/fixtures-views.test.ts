/** Chains of views against NumPy: the cases and their expected contents are in test/fixtures/numpy.json. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decode, loadFixture, toWeft, type AnyArray, type DType, type Encoded } from '../fixtures/fixture.ts';
import { expectClose, targets } from '../support/targets.ts';

type Range = [start: number | null, stop: number | null, step: number | null];
type Step =
  | ['slice', (number | Range)[]]
  | ['transpose', number[] | null]
  | ['flip', number | number[] | null]
  | ['reshape', number[]]
  | ['expandDims', number]
  | ['squeeze', number | null]
  | ['broadcastTo', number[]];

interface Case {
  readonly name: string;
  readonly dtype: DType;
  /** The input counts 0, 1, 2, ... */
  readonly shape: number[];
  readonly steps: readonly Step[];
  readonly outShape: readonly number[];
  readonly expected: readonly Encoded[];
}

const { views } = loadFixture<{ views: Case[] }>('numpy.json');

function apply(x: AnyArray, [view, argument]: Step): AnyArray {
  switch (view) {
    case 'slice': return x.slice(...argument);
    case 'transpose': return argument ? x.transpose(argument) : x.transpose();
    case 'flip': return x.flip(argument);
    case 'reshape': return x.reshape(argument);
    case 'expandDims': return x.expandDims(argument);
    case 'squeeze': return x.squeeze(argument);
    case 'broadcastTo': return x.broadcastTo(argument);
    default: return view satisfies never;
  }
}

const source = ({ dtype, shape }: Case): AnyArray =>
  toWeft({ dtype, shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) });

const test = suite('views');
for (const target of targets) for (const c of views) {
  test(`${target}: ${c.name}`, async () => {
    const y = c.steps.reduce(apply, source(c));
    const label = `${target}: ${c.name}`;
    assert.equal([...y.shape], c.outShape, label);
    assert.is(y.dtype, c.dtype, label);
    expectClose(await y.data({ target }), decode(c.expected), { label });
    // the same view read inside a loop, not just copied out; the values stay small enough for every dtype
    const shifted = c.steps.reduce(apply, source(c)).add(1);
    expectClose(await shifted.data({ target }), decode(c.expected).map((v) => v + 1), { label: `${label}, plus 1` });
  });
}
test.run();
