/** Runs a file of stencil fixtures: the values of Numba = those of the kernel as plain JavaScript = those of every target. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { isFloat, loadFixture, runsOn, toWeft, type EncodedArray } from '../fixtures/fixture.ts';
import { compute } from './compute.ts';
import { expectWithin, runStencil, toNd, type Kernel, type StencilCase } from './numba-js.ts';
import { targets } from './targets.ts';

interface File {
  readonly arrays: readonly (EncodedArray & { readonly name: string })[];
  readonly stencils: readonly StencilCase[];
}

export interface StencilSuite {
  readonly title: string;
  /** Of test/fixtures. */
  readonly file: string;
  readonly kernels: Readonly<Record<string, Kernel>>;
  /** What kernels use from outside. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Kernels whose results on integer arrays are integer arrays: made of what they read, without divisions. */
  readonly integers: readonly string[];
}

/** WGSL's division is within 2.5 ULP, exp and pow are wider still; sums and products are as exact as elsewhere. */
const webgpuSlack = 4;

export function testStencils({ title, file, kernels, constants, integers }: StencilSuite): void {
  const { arrays, stencils } = loadFixture<File>(file);
  const named = new Map(arrays.map((a) => [a.name, a]));
  const encoded = (name: string): EncodedArray => named.get(name) ?? assert.unreachable(`no array ${name}`) as never;
  const test = suite(title);

  test('every kernel of the fixture has its JavaScript twin, and none is left over', () => {
    assert.equal([...new Set(stencils.map((c) => c.kernel))].sort(), Object.keys(kernels).sort());
  });

  for (const c of stencils) {
    const kernel = kernels[c.kernel];
    const dtypes = c.args.flatMap((a) => (typeof a === 'string' ? [encoded(a).dtype] : []));
    test(`plain JavaScript: ${c.name}`, () => {
      expectWithin(runStencil(kernel, c, c.args.map((a) => (typeof a === 'string' ? toNd(encoded(a)) : a))), c, c.name);
    });
    for (const target of targets) {
      if (!runsOn(target, ...dtypes)) continue;
      test(`${target}: ${c.name}`, async () => {
        const options = {
          constants,
          ...(c.cval !== undefined && { cval: Number(c.cval) }),
          ...(c.neighborhood && { neighborhood: c.neighborhood }),
          ...(c.standardIndexing && { standardIndexing: c.standardIndexing }),
        };
        const stencil = wf.stencil(kernel as unknown as (...args: unknown[]) => number, options);
        const y = await compute(target, () => stencil(...c.args.map((a) => (typeof a === 'string' ? toWeft(encoded(a)) : a))));
        assert.equal([...y.shape], encoded(String(c.args[0])).shape, 'shape');
        expectWithin(y.values, c, c.name, target === 'webgpu' ? webgpuSlack : 1);
        if (c.kind === 'bool') assert.is(y.dtype, 'bool');
        else if (c.kind === 'float' && dtypes.every(isFloat)) assert.is(y.dtype, dtypes.includes('float64') ? 'float64' : 'float32');
        else if (c.kind === 'int' && integers.includes(c.kernel)) assert.ok(['int32', 'uint32'].includes(y.dtype), `dtype ${y.dtype}`);
      });
    }
  }
  test.run();
}
