/** Wide neighbourhoods: a separable blur, rows and then columns, and one that puts every neighbour through a power. */
import { meanLight } from '../../samples/pipelines/gamma-blur.ts';
import { gaussian, GAMMA, plainSeparable, separable } from '../../samples/pipelines/photo.ts';
import { only, type Matrix, type Thread, type Vector } from '../peers/gpujs.ts';
import { paddedNearest, type TfTensor } from '../peers/tfjs.ts';
import { tensor, workload, type Tensor, type Values } from '../workload.ts';
import { photoOf } from './data.ts';

const blur = (radius: number) => workload({
  id: `blur-${2 * radius + 1}`, group: 'stencils', name: `separable blur ${2 * radius + 1} x ${2 * radius + 1}`,
  sizes: { full: { side: 2048, radius }, small: { side: 90, radius } },
  size: ({ side }) => `${side} x ${side}`,
  tolerance: { largest: 1e-5 }, goals: { C: 1, Numba: 5 },
  // The weights are an input so that every peer gets the same ones.
  inputs: ({ side, radius }) => [
    tensor(Float32Array.from({ length: side * side }, (_, k) => Math.imul(k, 2654435761) >>> 24), [side, side]),
    tensor(Float32Array.from(gaussian(radius))),
  ],
  weft: ([image], { radius }) => [separable(image, gaussian(radius))],
  plainJs: ([{ data }, { data: weights }], { side }) => [plainSeparable(data as Float32Array, side, side, 1, [...weights])],
  peers: {
    gpuJs({ kernel, pipeline, input }, [image, weights], { side, radius }) {
      const constants = { size: 2 * radius + 1, radius, last: side - 1 };
      const across = kernel(function (this: Thread, image: Matrix, weights: Vector) {
        let sum = 0;
        for (let k = 0; k < this.constants.size; k++) {
          const x = Math.min(Math.max(this.thread.x + k - this.constants.radius, 0), this.constants.last);
          sum += weights[k] * image[this.thread.y][x];
        }
        return sum;
      }, [side, side], constants);
      const down = kernel(function (this: Thread, image: Matrix, weights: Vector) {
        let sum = 0;
        for (let k = 0; k < this.constants.size; k++) {
          const y = Math.min(Math.max(this.thread.y + k - this.constants.radius, 0), this.constants.last);
          sum += weights[k] * image[y][this.thread.x];
        }
        return sum;
      }, [side, side], constants);
      return { call: pipeline((u: unknown, w: unknown) => down(across(u, w), w)), args: [input(image), weights.data] };
    },
    tfjs(tf, [image, weights], { side, radius }) {
      const size = 2 * radius + 1;
      const along = (u: TfTensor, axis: 0 | 1): TfTensor => {
        const padded = paddedNearest(tf, u, axis, radius);
        const filter = tf.reshape(weights, axis === 0 ? [size, 1, 1, 1] : [1, size, 1, 1]);
        const planes = tf.reshape(padded, [1, ...padded.shape as [number, number], 1]);
        return tf.reshape(tf.conv2d(planes as never, filter as never, 1, 'valid'), [side, side]);
      };
      return [along(along(image, 1), 0)];
    },
  },
});

export const blur5 = blur(2);
export const blur21 = blur(10);

/** d c b a | a b c d | d c b a, as far as the image is wide. */
const reflect = (i: number, n: number): number => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);

/** Sums over the window of `light`, a function of the pixels. */
function windowed({ data: u }: Tensor, side: number, radius: number, light: (value: number) => number): Values {
  const out = new Float32Array(u.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let i = -radius; i <= radius; i++) {
        const row = reflect(y + i, side) * side;
        for (let j = -radius; j <= radius; j++) sum += light(u[row + reflect(x + j, side)]);
      }
      out[y * side + x] = (sum / (2 * radius + 1) ** 2) ** (1 / GAMMA);
    }
  }
  return out;
}

export const gammaBlur = workload({
  id: 'gamma-blur', group: 'stencils', name: 'gamma blur 21 x 21', extra: true,
  sizes: { full: { side: 1024, radius: 10 }, small: { side: 40, radius: 10 } },
  size: ({ side }) => `${side} x ${side} of the photograph`,
  tolerance: { largest: 1e-5 }, goals: { 'plain JS': 8 },
  inputs: async ({ side }) => [await photoOf(side, side)],
  weft: ([u]) => [meanLight(u)],
  plainJs: ([u], { side, radius }) => [windowed(u, side, radius, (value) => value ** GAMMA)],
  variants: [{
    // What Weft's planner does by itself, done by hand.
    name: 'plain JS, one power per pixel',
    plainJs: ([{ data, shape }], { side, radius }) =>
      [windowed(tensor(Float32Array.from(data, (value) => value ** GAMMA), shape), side, radius, (light) => light)],
  }],
  peers: {
    gpuJs: ({ kernel, input }, [u], { side }) => only(kernel(function (this: Thread, u: Matrix) {
      let light = 0;
      for (let i = -10; i <= 10; i++) {
        let y = this.thread.y + i;
        if (y < 0) y = -1 - y;
        if (y > this.constants.side - 1) y = 2 * this.constants.side - 1 - y;
        for (let j = -10; j <= 10; j++) {
          let x = this.thread.x + j;
          if (x < 0) x = -1 - x;
          if (x > this.constants.side - 1) x = 2 * this.constants.side - 1 - x;
          light += Math.pow(u[y][x], 2.2);
        }
      }
      return Math.pow(light / 441, 1 / 2.2);
    }, [side, side], { side }), input(u)),
  },
});
