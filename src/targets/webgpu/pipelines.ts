/** Compiled shaders, by the identity of their code: made once, asynchronously, shared by all launches that need them. */
import { TargetError } from '../../errors.ts';
import type { Launch } from '../../fusion/kernel.ts';
import { messageOf } from './device.ts';
import type { Pass } from './emit.ts';
import type { EmitOptions, Shader } from './module.ts';

export interface Program {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Distinguishes bind group layouts. */
  readonly layoutKey: string;
}

export interface Pipelines {
  /** The program of a pass; compiles it at first use. */
  program(launch: Launch, pass: Pass, options: EmitOptions): Program | Promise<Program>;
  readonly compilations: number;
}

export function createPipelines(device: GPUDevice): Pipelines {
  const programs = new Map<string, Program | Promise<Program>>();
  const layouts = new Map<string, GPUBindGroupLayout>();
  let compilations = 0;

  const layoutOf = (key: string, shader: Shader): GPUBindGroupLayout => {
    let layout = layouts.get(key);
    if (!layout) {
      const compute = 0x4; // GPUShaderStage.COMPUTE
      layout = device.createBindGroupLayout({
        entries: [
          { binding: 0, visibility: compute, buffer: { type: 'uniform', hasDynamicOffset: true } },
          ...shader.bindings.map((_, k) => ({
            binding: k + 1, visibility: compute,
            buffer: { type: key[k] === 'r' ? 'read-only-storage' as const : 'storage' as const },
          })),
        ],
      });
      layouts.set(key, layout);
    }
    return layout;
  };

  const compile = async (launch: Launch, shader: Shader): Promise<Program> => {
    const most = device.limits.maxStorageBuffersPerShaderStage;
    if (shader.bindings.length > most) {
      throw new TargetError(`webgpu: '${launch.kernel.name}' needs ${shader.bindings.length} buffers at once and this adapter has ${most}; ` +
        "evaluate a part of the expression first (.eval()), or use target: 'cpu'");
    }
    compilations++;
    const layoutKey = shader.bindings.map((b) => (b.kind === 'input' || (b.kind === 'scratch' && b.access === 'from') ? 'r' : 'w')).join('');
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code: shader.code, label: launch.kernel.name });
    const layout = layoutOf(layoutKey, shader);
    const invalid = device.popErrorScope();
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: launch.kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      await invalid;
      return { shader, pipeline, layout, layoutKey };
    } catch (cause) {
      const error = await invalid.catch(() => null);
      throw new TargetError(`webgpu: the shader of '${launch.kernel.name}' does not compile: ${error?.message ?? messageOf(cause)}\n${shader.code}`, { cause });
    }
  };

  return {
    program(launch, pass, options) {
      const key = `${pass.variant}|${options.portable ? 'portable' : 'fast'}|${launch.code}`;
      const known = programs.get(key);
      if (known) return known;
      const made = compile(launch, pass.emit(options));
      programs.set(key, made);
      made.then((program) => programs.set(key, program), () => programs.delete(key)); // another try may go better
      return made;
    },
    get compilations() { return compilations; },
  };
}
