/** Finding a GPU: `navigator.gpu` in browsers and Deno, the optional package `webgpu` in Node. */
import { TargetError } from '../../errors.ts';

/** Values of GPUBufferUsage and GPUMapMode, which Node has no globals for. */
export const usage = {
  mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80, queryResolve: 0x200,
} as const;
export const mapForReading = 0x1;

interface NodeWebGpu {
  create(flags: string[]): GPU;
}

// Dawn crashes when the object that create() returned is collected while its devices live: keep it as long as the process.
let nodeGpu: GPU | undefined;

/** The entry point of WebGPU here, or a TargetError that says how to get one. */
export async function findGpu(): Promise<GPU> {
  const here = globalThis.navigator as Navigator | undefined;
  if (here?.gpu) return here.gpu;
  if (nodeGpu) return nodeGpu;
  const inNode = typeof process === 'object' && Boolean(process.versions?.node);
  if (!inNode) {
    const insecure = globalThis.isSecureContext === false;
    throw new TargetError(`webgpu: this browser has no navigator.gpu. ${insecure
      ? 'The page is not a secure context: serve it over https or from localhost'
      : 'Use a current Chrome, Edge, Safari or Firefox (or enable WebGPU: chrome://flags/#enable-unsafe-webgpu, about:config dom.webgpu.enabled)'}, or use target: 'cpu'`);
  }
  // Not a literal, so that bundlers leave the optional package alone.
  const packageName = 'webgpu';
  try {
    const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ packageName) as NodeWebGpu;
    // Browsers round timestamps so that pages cannot listen in on others; a program of its own may know the time.
    nodeGpu = module.create(['disable-dawn-features=timestamp_quantization']);
    return nodeGpu;
  } catch (cause) {
    throw new TargetError("webgpu: Node needs the package 'webgpu' (npm i webgpu) and, on Linux, a Vulkan driver " +
      "(for example mesa-vulkan-drivers); or use target: 'cpu'", { cause });
  }
}

/** Limits worth asking for: as large as the adapter has them. */
const wanted = [
  'maxStorageBuffersPerShaderStage', 'maxStorageBufferBindingSize', 'maxBufferSize', 'maxComputeWorkgroupStorageSize',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** What is used where it is there. */
const optional = ['timestamp-query'] as const satisfies readonly GPUFeatureName[];

export interface Connection {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
}

export async function requestDevice(gpu: GPU): Promise<Connection> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new TargetError('webgpu: no adapter. The system has no GPU driver that WebGPU accepts: on Linux install a Vulkan driver ' +
      "(mesa-vulkan-drivers 23 or newer), in a browser see chrome://gpu; or use target: 'cpu'");
  }
  const requiredLimits = Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = optional.filter((name) => adapter.features.has(name));
  try {
    return { device: await adapter.requestDevice({ requiredLimits, requiredFeatures }), info: adapter.info };
  } catch (cause) {
    throw new TargetError(`webgpu: the adapter gives no device: ${messageOf(cause)}`, { cause });
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The adapter in words. */
export function describeAdapter({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ');
  return name || 'an adapter that does not say its name';
}

/** Rasterisers that run on the CPU: launches are cheap and arithmetic dear. */
export const isSoftware = (info: GPUAdapterInfo): boolean =>
  /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`);
