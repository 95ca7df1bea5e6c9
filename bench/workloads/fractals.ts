/** Loops whose length differs from cell to cell. */
import * as wf from '../../src/index.ts';
import { only, type Thread, type Vector } from '../peers/gpujs.ts';
import { tensor, workload, type Tensor } from '../workload.ts';

export const mandelbrotAt = wf.vectorize((cr: number, ci: number, steps: number) => {
  let zr = 0, zi = 0;
  for (let count = 0; count < steps; count++) {
    if (zr * zr + zi * zi > 4) return count;
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
  }
  return steps;
});

const juliaAt = wf.vectorize((x: number, y: number, steps: number) => {
  let zr = x, zi = y;
  for (let count = 0; count < steps; count++) {
    if (zr * zr + zi * zi > 4) return count;
    [zr, zi] = [zr * zr - zi * zi - 0.4, 2 * zr * zi + 0.6];
  }
  return steps;
});

interface Size { readonly [name: string]: number; readonly side: number; readonly steps: number }

const common = {
  group: 'maps' as const,
  sizes: { full: { side: 1024, steps: 200 }, small: { side: 64, steps: 200 } },
  size: ({ side, steps }: Size) => `${side} x ${side}, ${steps} steps`,
  // Points next to the boundary are chaotic: the last bit of a float decides when they escape.
  tolerance: { share: 0.01 },
};

const axes = (real: number, imaginary: number, extent: number, side: number): Tensor[] => {
  const from = (start: number) => Float32Array.from({ length: side }, (_, k) => start + (extent * k) / side);
  return [tensor(from(real), [1, side]), tensor(from(imaginary), [side, 1])];
};

/** How many steps z = z * z + c takes to leave the circle of radius 2. */
function escape(zr: number, zi: number, cr: number, ci: number, steps: number): number {
  let count = 0;
  while (count < steps && zr * zr + zi * zi <= 4) {
    const next = zr * zr - zi * zi + cr;
    zi = 2 * zr * zi + ci;
    zr = next;
    count++;
  }
  return count;
}

export const mandelbrot = workload({
  ...common, id: 'mandelbrot', name: 'Mandelbrot', goals: { 'plain JS': 10, Numba: 5 },
  inputs: ({ side }) => axes(-2, -1.25, 2.5, side),
  weft: ([real, imaginary], { steps }) => [mandelbrotAt(real, imaginary, steps)],
  plainJs([{ data: real }, { data: imaginary }], { side, steps }) {
    const counts = new Float32Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) counts[y * side + x] = escape(0, 0, real[x], imaginary[y], steps);
    }
    return [counts];
  },
  peers: {
    gpuJs: ({ kernel }, [x, y], { side, steps }) => only(kernel(function (this: Thread, real: Vector, im: Vector) {
      const cr = real[this.thread.x], ci = im[this.thread.y];
      let zr = 0, zi = 0, count = 0;
      for (let t = 0; t < this.constants.steps; t++) {
        if (zr * zr + zi * zi > 4) break;
        const next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
        count += 1;
      }
      return count;
    }, [side, side], { steps }), x.data, y.data),
  },
});

export const juliaset = workload({
  ...common, id: 'juliaset', name: 'Julia set', tolerance: { share: 0.04 },
  inputs: ({ side }) => axes(-1.5, -1.5, 3, side),
  weft: ([real, imaginary], { steps }) => [juliaAt(real, imaginary, steps)],
  plainJs([{ data: real }, { data: imaginary }], { side, steps }) {
    const counts = new Float32Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) counts[y * side + x] = escape(real[x], imaginary[y], -0.4, 0.6, steps);
    }
    return [counts];
  },
  peers: {
    gpuJs: ({ kernel }, [x, y], { side, steps }) => only(kernel(function (this: Thread, real: Vector, im: Vector) {
      let zr = real[this.thread.x], zi = im[this.thread.y], count = 0;
      for (let t = 0; t < this.constants.steps; t++) {
        if (zr * zr + zi * zi > 4) break;
        const next = zr * zr - zi * zi - 0.4;
        zi = 2 * zr * zi + 0.6;
        zr = next;
        count += 1;
      }
      return count;
    }, [side, side], { steps }), x.data, y.data),
  },
});
