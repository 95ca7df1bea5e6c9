import { create, globals } from 'webgpu';

/**
 * WebGPU for tests in Node.
 *
 * `validateShader` and `nullDevice` need no driver: Dawn's null backend validates shaders and pipelines completely and
 * computes nothing. `adapterAvailable` tells whether there is a real adapter; the test runner looks for a driver
 * (scripts/vulkan.mjs) and starts the test files in its environment.
 */

Object.assign(globalThis, globals);

// Dawn crashes when the object that create() returned is collected while its devices are in use.
const instances: GPU[] = [];

function instance(options: string[]): GPU {
  const gpu = create(options);
  instances.push(gpu);
  return gpu;
}

async function makeNullDevice(features: readonly GPUFeatureName[]): Promise<GPUDevice> {
  const adapter = await instance(['backend=null']).requestAdapter();
  if (!adapter) throw new Error("Dawn's null backend gives no adapter");
  const requiredFeatures = features.filter((feature) => adapter.features.has(feature));
  return adapter.requestDevice({ requiredFeatures });
}

let sharedNullDevice: Promise<GPUDevice> | undefined;

/** A device that validates everything and computes nothing, with float16 and subgroups where Dawn offers them. */
export function nullDevice(): Promise<GPUDevice> {
  sharedNullDevice ??= makeNullDevice(['shader-f16', 'subgroups']);
  return sharedNullDevice;
}

/** The errors in a WGSL shader, each as `line:column: message` with its source line; none when it is valid. */
export async function validateShader(wgsl: string): Promise<string[]> {
  const device = await nullDevice();
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: wgsl });
  const { messages } = await module.getCompilationInfo();
  const error = await device.popErrorScope();
  const lines = wgsl.split('\n');
  const errors = messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos}: ${message}\n  ${lines[lineNum - 1] ?? ''}`);
  return errors.length === 0 && error ? [error.message] : errors;
}

/** The errors in a shader and in the compute pipeline made from it: workgroup sizes, limits and bindings too. */
export async function validatePipeline(wgsl: string, entryPoint?: string): Promise<string[]> {
  const errors = await validateShader(wgsl);
  if (errors.length > 0) return errors;
  const device = await nullDevice();
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: wgsl });
  device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint } });
  const error = await device.popErrorScope();
  return error ? [error.message] : [];
}

let sharedAdapter: Promise<GPUAdapter | null> | undefined;

/** The adapter that computes, or null. */
export function adapter(): Promise<GPUAdapter | null> {
  const missing = process.env.WEFT_NO_WEBGPU;
  sharedAdapter ??= missing ? Promise.resolve(null) : instance([]).requestAdapter();
  return sharedAdapter;
}

let told = false;

/**
 * Whether a real adapter is there. Prints why not, once; with `WEFT_REQUIRE_WEBGPU=1` a missing adapter throws.
 * @example
 * const gpuTest = (await adapterAvailable()) ? test : test.skip;
 */
export async function adapterAvailable(): Promise<boolean> {
  if (await adapter()) return true;
  const reason = `no WebGPU adapter: ${process.env.WEFT_NO_WEBGPU ?? 'none found'}`;
  if (process.env.WEFT_REQUIRE_WEBGPU === '1') throw new Error(reason);
  if (!told) console.log(`\nskip: ${reason}`);
  told = true;
  return false;
}
