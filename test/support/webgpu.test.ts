import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adapter, adapterAvailable, validatePipeline, validateShader } from './webgpu.ts';

const shader = (type: string, value: string) => `
@group(0) @binding(0) var<storage, read_write> x: array<${type}>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = ${value}; }`;

test('a valid shader has no errors, without any driver', async () => {
  assert.equal(await validateShader(shader('f32', '2.0 * f32(id.x)')), []);
  assert.equal(await validatePipeline(shader('f32', '2.0 * f32(id.x)')), []);
});

test('an invalid shader reports the place and the source line', async () => {
  const errors = await validateShader(shader('f32', 'true'));
  assert.is(errors.length, 1);
  assert.match(errors[0], /^3:.*cannot assign[^]*x\[id\.x\] = true/);
});

test('a pipeline beyond the limits reports it', async () => {
  const errors = await validatePipeline(shader('f32', '1.0').replace('(4)', '(4096)'));
  assert.is(errors.length, 1);
  assert.match(errors[0], /workgroup|invocations/i);
});

const gpuTest = (await adapterAvailable()) ? test : test.skip;

gpuTest('the adapter gives a device', async () => {
  const device = await (await adapter())!.requestDevice();
  assert.ok(device.limits.maxComputeInvocationsPerWorkgroup >= 128);
  device.destroy();
});

test.run();
