/** Whether there is a WebGPU adapter, and whether it is a GPU. */
import * as wf from '../src/index.ts';

export type Gpu =
  | { readonly kind: 'gpu' | 'software'; readonly name: string }
  | { readonly kind: 'none'; readonly why: string };

const HOW_TO_GET_ONE =
  'Node gets WebGPU from the optional package "webgpu" (npm install webgpu), which needs a Vulkan driver on Linux: ' +
  'that of the graphics card, or in software Mesa 24 or newer (mesa-vulkan-drivers) or SwiftShader, which comes with Chromium.';

/** Asks for the device once, so that a missing driver is one note instead of an error for each sample. */
export async function findGpu(): Promise<Gpu> {
  const missing = process.env['WEFT_NO_WEBGPU']; // set by the launcher, which tries drivers in processes of their own
  if (missing !== undefined) return { kind: 'none', why: `${missing}. ${HOW_TO_GET_ONE}` };
  try {
    const probe = await wf.ones([4]).add(1).eval({ target: 'webgpu' });
    const name = nameIn(probe.add(1).explain({ target: 'webgpu' }));
    probe.dispose();
    return { kind: /swiftshader|llvmpipe|lavapipe|software/i.test(name) ? 'software' : 'gpu', name };
  } catch (error) {
    return { kind: 'none', why: `${error instanceof Error ? error.message : String(error)} ${HOW_TO_GET_ONE}` };
  }
}

/** An explanation begins with `target webgpu: ADAPTER`. */
function nameIn(explanation: string): string {
  return /^target webgpu: (.*)/.exec(explanation)?.[1] ?? 'WebGPU';
}
