/**
 * gpu.js in its best CPU mode: WebAssembly SIMD on a pool of workers. Kernels and pipelines are made once; every call hands
 * typed arrays over and gets rows back, as its users do.
 */
import type { GPU, KernelFunction } from 'gpu.js';
import { inputOf, stencilBody, ufuncBody } from '../first-call.ts';
import type { Contender, Parameters, Tensor, Values } from '../workload.ts';
import { Absent, imported, type NewKernel, type Peer } from './peer.ts';

/** Inside its kernels `this` is the thread, which its types do not say for functions like these. */
export interface Thread { thread: { x: number; y: number; z: number }; constants: Record<string, number> }
export type Vector = number[];
export type Matrix = number[][];
export type Cube = number[][][];

/** A result as it comes: a typed array, or rows of them, or planes of rows. */
type Nested = Values | readonly Nested[];
export type Call = (...inputs: unknown[]) => Promise<Nested>;
export type Kernel = (...inputs: unknown[]) => unknown;

export interface Tools {
  /** `output` is gpu.js's: the innermost axis first. */
  kernel(fn: (this: Thread, ...args: never[]) => number, output: number[], constants?: Record<string, number>): Kernel;
  pipeline(fn: (...handles: never[]) => unknown): Call;
  /** An array of several axes. */
  input(tensor: Tensor): unknown;
}

/** A call and what it is called with; `several` is for pipelines with several results. */
export interface GpuJsCall {
  readonly call: Call;
  readonly args: readonly unknown[];
  readonly several?: boolean;
}

export interface GpuJsProgram<P extends Parameters> {
  program(tools: Tools, inputs: readonly Tensor[], p: P): GpuJsCall;
}

/** A kernel as a whole program. */
export const only = (kernel: Kernel, ...args: unknown[]): GpuJsCall => ({ call: kernel as Call, args });

export async function openGpuJs(threads: number): Promise<Peer> {
  const library = await imported(import('gpu.js'));
  if (!library.GPU.isWebAssemblySupported) throw new Absent('it finds no WebAssembly');
  const gpu: GPU = new library.GPU({ mode: 'webasm' });
  const settings = { asyncMode: true, poolSize: threads };
  const tools: Tools = {
    kernel: (fn, output, constants = {}) =>
      gpu.createKernel(fn as unknown as KernelFunction, { ...settings, output, constants }) as Kernel,
    pipeline: (fn) => gpu.createPipeline(fn as FirstOf<GPU['createPipeline']>) as unknown as Call,
    input: ({ data, shape }) => new library.Input(data as unknown as number[], shape.toReversed() as [number, number]),
  };
  return {
    name: 'gpu.js',
    contender: ({ workload: { peers }, inputs, parameters }) => peers?.gpuJs && contender(peers.gpuJs(tools, inputs, parameters)),
    newKernel: newKernel(library, gpu),
    close: () => gpu.destroy(),
  };
}

type FirstOf<F extends (...args: never[]) => unknown> = F extends (first: infer A, ...rest: never[]) => unknown ? A : never;

/** In its synchronous mode, which spares a small array the way to its workers. */
function newKernel(library: typeof import('gpu.js'), gpu: GPU): NewKernel {
  const text = {
    ufunc: (body: string) => `function (x) { const v = x[this.thread.x]; ${body} }`,
    stencil: (body: string) => `function (u) {
      const x = this.thread.x, y0 = this.thread.y;
      const v = u[y0][x];
      const up = Math.max(y0 - 1, 0), down = Math.min(y0 + 1, 15);
      const left = Math.max(x - 1, 0), right = Math.min(x + 1, 15);
      const around = u[up][x] + u[down][x] + u[y0][left] + u[y0][right];
      ${body} }`,
  };
  return (kind, differences) => {
    const { data } = inputOf(kind), matrix = kind === 'stencil';
    const input = matrix ? new library.Input(data as unknown as number[], [16, 16]) : data;
    const start = performance.now();
    const body = (matrix ? stencilBody : ufuncBody)(differences);
    const kernel = gpu.createKernel(text[kind](body), { output: matrix ? [16, 16] : [256] });
    const rows = kernel(input as unknown as number[]) as Nested;
    const ms = performance.now() - start;
    return { ms, values: flat(rows) };
  };
}

function contender({ call, args, several = false }: GpuJsCall): Contender {
  let last: Nested = [];
  return {
    of: 'gpu.js', name: 'gpu.js webasm',
    async run() {
      last = await call(...args);
    },
    results: () => (several ? (last as readonly Nested[]).map(flat) : [flat(last)]),
  };
}

const isValues = (x: Nested): x is Values => ArrayBuffer.isView(x);

function flat(rows: Nested): Values {
  if (isValues(rows)) return rows;
  const parts = rows.map(flat);
  const all = new Float32Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
