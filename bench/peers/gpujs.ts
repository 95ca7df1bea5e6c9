/**
 * gpu.js in its best CPU mode: WebAssembly SIMD on a pool of workers. Kernels and pipelines are made once; every call hands
 * typed arrays over and gets rows back, as its users do.
 */
import type { GPU, KernelFunction } from 'gpu.js';
import { inputOf, stencilBody, ufuncBody } from '../first-call.ts';
import type { Contender, Tensor, Values } from '../workload.ts';
import { Absent, type NewKernel, type Peer } from './peer.ts';

/** Inside its kernels `this` is the thread, which its types do not say for functions like these. */
interface Thread { thread: { x: number; y: number }; constants: Record<string, number> }
type Vector = number[];
type Matrix = number[][];

/** A result as it comes: a typed array, or rows of them. */
type Rows = Values | readonly Values[];
type Call = (...inputs: unknown[]) => Promise<Rows | readonly Rows[]>;
type Kernel = (...inputs: unknown[]) => unknown;

interface Tools {
  kernel(fn: (this: Thread, ...args: never[]) => number, output: number[], constants?: Record<string, number>): Kernel;
  pipeline(fn: (...handles: never[]) => unknown): Call;
  input(tensor: Tensor): unknown;
}

/** A program: a call, what it is called with, and whether it gives several results. */
type Program = (tools: Tools, inputs: readonly Tensor[]) => { call: Call; args: readonly unknown[]; several?: boolean };

const PROGRAMS: Readonly<Record<string, Program>> = {
  squares: ({ kernel }, [a, b]) => ({
    call: kernel(function (this: Thread, a: Vector, b: Vector) {
      return a[this.thread.x] * a[this.thread.x] + b[this.thread.x] * b[this.thread.x];
    }, [a.data.length]) as Call,
    args: [a.data, b.data],
  }),

  heat({ kernel, pipeline, input }, [u]) {
    const step = kernel(function (this: Thread, u: Matrix) {
      const x = this.thread.x, y = this.thread.y;
      const left = Math.max(x - 1, 0), right = Math.min(x + 1, 2047), up = Math.max(y - 1, 0), down = Math.min(y + 1, 2047);
      return u[y][x] + 0.2 * (u[up][x] + u[down][x] + u[y][left] + u[y][right] - 4 * u[y][x]);
    }, [2048, 2048]);
    const steps = pipeline((u: unknown) => {
      for (let t = 0; t < 100; t++) u = step(u);
      return u;
    });
    return { call: steps, args: [input(u)] };
  },

  sobel({ kernel, input }, [u]) {
    const [height, width] = u.shape;
    return {
      call: kernel(function (this: Thread, u: Matrix) {
        const x = this.thread.x, y = this.thread.y;
        const l = Math.max(x - 1, 0), r = Math.min(x + 1, this.constants.right);
        const up = Math.max(y - 1, 0), down = Math.min(y + 1, this.constants.bottom);
        const gx = u[up][r] + 2 * u[y][r] + u[down][r] - u[up][l] - 2 * u[y][l] - u[down][l];
        const gy = u[down][l] + 2 * u[down][x] + u[down][r] - u[up][l] - 2 * u[up][x] - u[up][r];
        return Math.sqrt(gx * gx + gy * gy);
      }, [width, height], { right: width - 1, bottom: height - 1 }) as Call,
      args: [input(u)],
    };
  },

  'black-scholes'({ kernel, pipeline }, inputs) {
    const price = kernel(function (this: Thread, spots: Vector, strikes: Vector, years: Vector) {
      const s = spots[this.thread.x], k = strikes[this.thread.x], t = years[this.thread.x];
      const deviation = 0.3 * Math.sqrt(t);
      const d1 = (Math.log(s / k) + 0.065 * t) / deviation;
      const d2 = d1 - deviation;
      const t1 = 1 / (1 + 0.2316419 * Math.abs(d1));
      const t2 = 1 / (1 + 0.2316419 * Math.abs(d2));
      const s1 = t1 * (0.31938153 + t1 * (-0.356563782 + t1 * (1.781477937 + t1 * (-1.821255978 + t1 * 1.330274429))));
      const s2 = t2 * (0.31938153 + t2 * (-0.356563782 + t2 * (1.781477937 + t2 * (-1.821255978 + t2 * 1.330274429))));
      let n1 = 0.3989422804 * Math.exp(-0.5 * d1 * d1) * s1;
      let n2 = 0.3989422804 * Math.exp(-0.5 * d2 * d2) * s2;
      if (d1 >= 0) n1 = 1 - n1;
      if (d2 >= 0) n2 = 1 - n2;
      return s * n1 - k * Math.exp(-0.02 * t) * n2;
    }, [inputs[0].data.length]);
    const parity = kernel(function (this: Thread, calls: Vector, spots: Vector, strikes: Vector, years: Vector) {
      const x = this.thread.x;
      return calls[x] - spots[x] + strikes[x] * Math.exp(-0.02 * years[x]);
    }, [inputs[0].data.length]);
    const both = pipeline((spots: unknown, strikes: unknown, years: unknown) => {
      const calls = price(spots, strikes, years);
      return [calls, parity(calls, spots, strikes, years)];
    });
    return { call: both, args: inputs.map(({ data }) => data), several: true };
  },

  'prange-normalize'({ kernel, pipeline, input }, [x]) {
    const [rows, columns] = x.shape;
    const scales = kernel(function (this: Thread, x: Matrix) {
      let sum = 0;
      for (let j = 0; j < this.constants.columns; j++) sum += x[this.thread.x][j] * x[this.thread.x][j];
      return 1 / Math.sqrt(sum);
    }, [rows], { columns });
    const scaled = kernel(function (this: Thread, x: Matrix, scales: Vector) {
      return x[this.thread.y][this.thread.x] * scales[this.thread.y];
    }, [columns, rows]);
    return { call: pipeline((x: unknown) => scaled(x, scales(x))), args: [input(x)] };
  },

  blur21: (tools, inputs) => blur(tools, inputs),
  blur5: (tools, inputs) => blur(tools, inputs),

  'gamma-blur': ({ kernel, input }, [u]) => ({
    call: kernel(function (this: Thread, u: Matrix) {
      let light = 0;
      for (let i = -10; i <= 10; i++) {
        let y = this.thread.y + i;
        if (y < 0) y = -1 - y;
        if (y > 1023) y = 2047 - y;
        for (let j = -10; j <= 10; j++) {
          let x = this.thread.x + j;
          if (x < 0) x = -1 - x;
          if (x > 1023) x = 2047 - x;
          light += Math.pow(u[y][x], 2.2);
        }
      }
      return Math.pow(light / 441, 1 / 2.2);
    }, [1024, 1024]) as Call,
    args: [input(u)],
  }),

  mandelbrot: ({ kernel }, [real, imaginary]) => ({
    call: kernel(function (this: Thread, real: Vector, imaginary: Vector) {
      const cr = real[this.thread.x], ci = imaginary[this.thread.y];
      let zr = 0, zi = 0, count = 0;
      for (let t = 0; t < 200; t++) {
        if (zr * zr + zi * zi > 4) break;
        const next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
        count += 1;
      }
      return count;
    }, [1024, 1024]) as Call,
    args: [real.data, imaginary.data],
  }),
};

function blur({ kernel, pipeline, input }: Tools, [image, weights]: readonly Tensor[]): ReturnType<Program> {
  const size = weights.data.length;
  const constants = { size, radius: (size - 1) / 2 };
  const across = kernel(function (this: Thread, image: Matrix, weights: Vector) {
    let sum = 0;
    for (let k = 0; k < this.constants.size; k++) {
      sum += weights[k] * image[this.thread.y][Math.min(Math.max(this.thread.x + k - this.constants.radius, 0), 2047)];
    }
    return sum;
  }, [2048, 2048], constants);
  const down = kernel(function (this: Thread, image: Matrix, weights: Vector) {
    let sum = 0;
    for (let k = 0; k < this.constants.size; k++) {
      sum += weights[k] * image[Math.min(Math.max(this.thread.y + k - this.constants.radius, 0), 2047)][this.thread.x];
    }
    return sum;
  }, [2048, 2048], constants);
  return { call: pipeline((u: unknown, w: unknown) => down(across(u, w), w)), args: [input(image), weights.data] };
}

export async function openGpuJs(threads: number): Promise<Peer> {
  const library = await import('gpu.js').catch((error: Error) => {
    throw new Absent(error.message.split('\n')[0]);
  });
  if (!library.GPU.isWebAssemblySupported) throw new Absent('it finds no WebAssembly');
  const gpu: GPU = new library.GPU({ mode: 'webasm' });
  const settings = { asyncMode: true, poolSize: threads };
  const tools: Tools = {
    kernel: (fn, output, constants = {}) =>
      gpu.createKernel(fn as unknown as KernelFunction, { ...settings, output, constants }) as Kernel,
    pipeline: (fn) => gpu.createPipeline(fn as Parameters<GPU['createPipeline']>[0]) as unknown as Call,
    input: ({ data, shape: [height, width] }) => new library.Input(data as unknown as number[], [width, height]),
  };
  return {
    name: 'gpu.js',
    contender: (workload, inputs) => PROGRAMS[workload] && contender(PROGRAMS[workload](tools, inputs)),
    newKernel: newKernel(library, gpu),
    close: () => gpu.destroy(),
  };
}

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
    const rows = kernel(input as unknown as number[]) as Rows;
    const ms = performance.now() - start;
    return { ms, values: flat(rows) };
  };
}

function contender({ call, args, several = false }: ReturnType<Program>): Contender {
  let last: Rows | readonly Rows[] = [];
  return {
    name: 'gpu.js webasm',
    async run() {
      last = await call(...args);
    },
    results: () => (several ? (last as readonly Rows[]).map(flat) : [flat(last as Rows)]),
  };
}

const isValues = (x: Rows): x is Values => ArrayBuffer.isView(x);

function flat(rows: Rows): Values {
  if (isValues(rows)) return rows;
  return Float32Array.from(rows.flatMap((row) => Array.from(row)));
}
