import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browserAvailable, openPage, strictPolicy, type BrowserPage } from '../support/browser.ts';

const smoke = suite('browser');
const test = browserAvailable() ? smoke : smoke.skip;
const pages: BrowserPage[] = [];

async function blankPage(options: { isolated?: boolean; csp?: string } = {}): Promise<BrowserPage> {
  const page = await openPage({ ...options, library: null });
  pages.push(page);
  return page;
}

smoke.after(async () => {
  for (const page of pages) await page.close();
});

test('a page served with COOP and COEP is isolated and shares memory with workers', async () => {
  const page = await blankPage();
  const shared = await page.evaluate(() => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    return { isolated: crossOriginIsolated, shared: memory.buffer instanceof SharedArrayBuffer };
  });
  assert.equal(shared, { isolated: true, shared: true });
});

test('a page served without them is not isolated', async () => {
  const page = await blankPage({ isolated: false });
  const state = await page.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer]);
  assert.equal(state, [false, 'undefined']);
});

test('a strict content security policy refuses eval and allows WebAssembly', async () => {
  const page = await blankPage({ csp: strictPolicy });
  await page.page.addScriptTag({ url: '/test/browser/policy.js' });
  const state = await page.evaluate(() => (globalThis as unknown as { policy: Promise<unknown> }).policy);
  assert.equal(state, { eval: 'refused', wasm: 'allowed' });
});

test('the browser gives a WebGPU adapter that computes', async () => {
  const page = await blankPage();
  const doubled = await page.evaluate(async (_, count) => {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return null;
    const device = await adapter.requestDevice();
    const module = device.createShaderModule({ code: `
      @group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = 2.0 * f32(id.x); }` });
    const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
    const size = 4 * count;
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = [{ binding: 0, resource: { buffer } }];
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(count / 4);
    pass.end();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return [...new Float32Array(staging.getMappedRange())];
  }, 8);
  if (doubled === null && process.env.WEFT_REQUIRE_BROWSER !== '1') {
    console.log('\nskip: this Chromium has no WebGPU adapter');
    return;
  }
  assert.equal(doubled, [0, 2, 4, 6, 8, 10, 12, 14]);
});

smoke.run();
