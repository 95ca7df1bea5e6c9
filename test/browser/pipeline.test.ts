import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserAvailable, openPage, strictPolicy, type BrowserPage } from '../support/browser.ts';
import { expectClose } from '../support/targets.ts';

const pipeline = suite('the library in a real browser');
const test = browserAvailable() ? pipeline : pipeline.skip;
const pages: BrowserPage[] = [];

async function open(options: Parameters<typeof openPage>[0] = {}): Promise<BrowserPage> {
  const page = await openPage(options);
  pages.push(page);
  return page;
}

pipeline.after(async () => {
  for (const page of pages) await page.close();
});

interface Results { readonly edges: number[]; readonly normal: number[]; readonly heat: number[]; readonly top: number }

/** Stencil, maps, reductions and a time loop, on one target. */
async function runOn(page: BrowserPage, target: string): Promise<Results> {
  return page.evaluate(async (wf, target) => {
    const h = 37, w = 53;
    const pixels = Float32Array.from({ length: h * w }, (_, k) => ((k * 7919) % 256) / 255);
    const a = wf.array(pixels, { shape: [h, w] });
    const laplace = wf.stencil((u: (i: number, j: number) => number) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0), { border: 'mirror' });
    const edges = laplace(a).abs().mul(0.5);
    const normal = a.sub(a.mean()).div(a.std());
    const heat = wf.iterate(a, 4, (u) => u.add(laplace(u).mul(0.2)));
    await wf.evaluate([edges, normal, heat], { target });
    return {
      edges: [...await edges.data()], normal: [...await normal.data()], heat: [...await heat.data()],
      top: await a.argMax().item({ target }),
    };
  }, target);
}

async function agreesWithReference(page: BrowserPage, target: string): Promise<void> {
  const expected = await runOn(page, 'reference');
  const actual = await runOn(page, target);
  for (const key of ['edges', 'normal', 'heat'] as const) expectClose(actual[key], expected[key], { rtol: 1e-5, atol: 1e-5, label: `${target} ${key}` });
  assert.is(actual.top, expected.top);
}

test('cpu on an isolated page: threads, and the numbers of the reference', async () => {
  const page = await open();
  await agreesWithReference(page, 'cpu');
  // Enough work to want threads, long enough for the workers to start.
  const report = await page.evaluate(async (wf) => {
    wf.configure({ threads: 2 });
    const a = wf.linspace(0, 1, 1 << 20);
    for (let k = 0; k < 20; k++) {
      await a.add(k).sin().sum().item({ target: 'cpu' });
      await new Promise((done) => setTimeout(done, 20));
    }
    return a.sum().explain({ target: 'cpu' });
  });
  assert.match(report, /2 threads/);
});

test('cpu on a page without isolation: one thread, the same numbers', async () => {
  const page = await open({ isolated: false });
  await agreesWithReference(page, 'cpu');
  const report = await page.evaluate((wf) => wf.ones([8]).add(1).explain({ target: 'cpu' }));
  assert.match(report, /1 thread|one thread/);
});

test('webgpu: the numbers of the reference', async () => {
  await agreesWithReference(await open(), 'webgpu');
});

test('kernels and workers run under a content security policy without unsafe-eval', async () => {
  await agreesWithReference(await open({ csp: strictPolicy }), 'cpu');
});

pipeline.run();
