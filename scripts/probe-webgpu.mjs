// Runs one tiny compute shader through the npm package `webgpu` and prints what the adapter says of itself as JSON.
// Exit code 1, with the reason as the last line, when there is no adapter or the result is wrong.
function fail(reason) {
  console.log(reason);
  process.exit(1);
}

async function doubled(device) {
  const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = 2.0 * f32(id.x); }`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }],
  }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const result = [...new Float32Array(staging.getMappedRange().slice(0))];
  staging.unmap();
  return result;
}

const { create, globals } = await import('webgpu').catch((error) => fail(`package webgpu: ${error.message}`));
Object.assign(globalThis, globals);
globalThis.gpu = create([]); // for the life of the process: Dawn crashes when this object is collected
const adapter = await globalThis.gpu.requestAdapter();
if (!adapter) fail('no adapter');
const device = await adapter.requestDevice();
const result = await doubled(device);
if (result.join() !== '0,2,4,6') fail(`a test shader gave ${result.join()}`);
const { vendor, architecture, device: name, description, subgroupMinSize } = adapter.info;
console.log(JSON.stringify({
  name: [name || vendor, description].filter(Boolean).join(', '), vendor, architecture, subgroupMinSize,
  features: [...adapter.features].sort(),
}));
device.destroy();
