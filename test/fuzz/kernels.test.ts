/**
 * Random kernels: every target computes what JavaScript computes when it runs the kernel's text.
 *
 *   WEFT_FUZZ_RUNS=3000 npm test -- kernels.test    more kernels (default 150; a part of them per target and form)
 *   WEFT_FUZZ_SEED=7 npm test -- kernels.test       other kernels; the seed of a failure is in its message
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import { KernelError } from '../../src/errors.ts';
import * as wf from '../../src/index.ts';
import { computeAll, type Computed } from '../support/compute.ts';
import { expectClose, targets } from '../support/targets.ts';
import { kernelForms, kernels, type Kernel, type KernelForm, type Manner } from './kernel-maker.ts';
import { applied, refusals } from './kernels.ts';
import { argumentsOf, plainly, type Args, type Result } from './kernels-plain.ts';

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 150;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261125;
console.log(`\nfuzz of kernels: ${runs} runs, seed ${seed}`);
wf.configure({ validate: true });

async function computed(target: string, kernel: Kernel, args: Args): Promise<Computed[]> {
  try {
    return await computeAll(target, () => applied(kernel, args));
  } catch (error) {
    fc.pre(!(error instanceof KernelError && refusals.test(error.message)));
    throw error;
  }
}

/** What the kernel gives as plain JavaScript. A kernel that got smaller may have lost its meaning; it is none then. */
function expectedOf(kernel: Kernel, args: Args): Result[] {
  try {
    return plainly(kernel, args);
  } catch (error) {
    fc.pre(false);
    throw error;
  }
}

function compare(actual: readonly Computed[], expected: readonly Result[], args: Args): void {
  // Where every cell is at the border, nobody knows how many results there are.
  if (expected.length === 0) return;
  if (actual.length !== expected.length) throw new Error(`${actual.length} results, expected ${expected.length}`);
  expected.forEach(({ values, shape }, k) => {
    if (String(actual[k].shape) !== String(shape)) throw new Error(`result ${k} has shape ${actual[k].shape.join()}, expected ${shape.join()}`);
    const at = values.findIndex((v, i) => actual[k].values[i] !== v);
    if (at < 0) return;
    const given = args.map((a) => (typeof a === 'number' ? a : String(a.shape) === String(shape) ? a.data[at] : '[...]'));
    throw new Error(`result ${k}, element ${at} is ${actual[k].values[at]}, expected ${values[at]}, for ${given.join(', ')}`);
  });
}

const agrees = (target: string) => async (kernel: Kernel): Promise<void> => {
  const args = argumentsOf(kernel);
  const expected = expectedOf(kernel, args);
  compare(await computed(target, kernel, args), expected, args);
};

/** On one thread and on two, of enough elements for both; there in vectors of 256 bits, where there are any. */
async function agreesOnThreads(kernel: Kernel): Promise<void> {
  const large = kernel.form === 'vectorize' && kernel.seed % 4 === 0 ? { ...kernel, shape: [1531] } : kernel;
  const args = argumentsOf(large);
  const expected = expectedOf(large, args);
  try {
    for (const threads of [1, 2]) {
      wf.configure({ threads, wide: threads === 2 });
      compare(await computed('cpu', large, args), expected, args);
    }
  } finally {
    wf.configure({ threads: 0, wide: false });
  }
}

/** Kernels whose floats are rounded: the same bits for any number of threads, and near what the interpreter computes. */
async function isNear(kernel: Kernel): Promise<void> {
  const args = argumentsOf(kernel);
  const expected = await computed('interpreter', kernel, args);
  try {
    const [one, two] = [1, 2].map((threads) => async () => {
      wf.configure({ threads, wide: threads === 2 });
      return computed('cpu', kernel, args);
    });
    const alone = await one(), together = await two();
    alone.forEach(({ values, dtype }, k) => {
      expectClose(values, expected[k].values, { atol: dtype === 'float32' ? 1e-4 : 0, label: `result ${k}` });
      expectClose(together[k].values, values, { label: `result ${k} on two threads` });
    });
  } finally {
    wf.configure({ threads: 0, wide: false });
  }
}

interface Trial {
  readonly title: string;
  readonly share: number;
  readonly forms: readonly KernelForm[];
  readonly manner?: Manner;
  check(kernel: Kernel): Promise<void>;
}

const pointwise = ['vectorize', 'fromFunction', 'stencil', 'guvectorize'] as const;
const trials: readonly Trial[] = [
  { title: 'interpreter', share: 0.3, forms: kernelForms, check: agrees('interpreter') },
  // There kernels are JavaScript, to which an index outside an array is no element.
  { title: 'reference', share: 0.1, forms: pointwise, manner: { tame: true }, check: agrees('reference') },
  { title: 'cpu', share: 0.25, forms: kernelForms, check: agreesOnThreads },
  { title: 'cpu, rounded', share: 0.1, forms: ['vectorize', 'stencil', 'guvectorize'], manner: { smooth: true }, check: isNear },
  ...(targets.includes('webgpu') ? [{ title: 'webgpu', share: 0.03, forms: kernelForms, check: agrees('webgpu') }] : []),
];

const test = suite('random kernels give what JavaScript gives');
for (const { title, share, forms, manner, check } of trials) {
  const numRuns = Math.ceil(runs * share);
  for (const form of forms) {
    test(`${title}: ${numRuns} of ${form}`, () => fc.assert(fc.asyncProperty(kernels(form, manner), check), {
      numRuns, seed, includeErrorInReport: true, maxSkipsPerRun: 1,
      // What is found is worth a message, even when it could get smaller.
      interruptAfterTimeLimit: 120_000 * Math.max(1, runs / 150), markInterruptAsFailure: true,
    }));
  }
}
test.run();
