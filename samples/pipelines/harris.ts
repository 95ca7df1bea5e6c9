import * as wf from '../../src/index.ts';
import { sample, type Picture } from '../sample.ts';
import { sum } from '../statistics.ts';
import { asPicture, gaussian, heightOf, luminance, photoTensor, plainLuminance, plainSeparable, separable, widthOf } from './photo.ts';

/** Harris and Stephens' constant, and the share of the strongest response that counts as a corner. */
const K = 0.05;
const THRESHOLD = 0.005;

const acrossGradient = wf.stencil(
  (u: wf.Neighbors2) => (u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1)) / 8,
  { border: 'nearest' },
);
const downGradient = wf.stencil(
  (u: wf.Neighbors2) => (u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1)) / 8,
  { border: 'nearest' },
);
/** Largest of the eight neighbours; beyond the edge there is nothing to lose against. */
const strongestNeighbor = wf.stencil(
  (u: wf.Neighbors2) => Math.max(u(-1, -1), u(-1, 0), u(-1, 1), u(0, -1), u(0, 1), u(1, -1), u(1, 0), u(1, 1)),
  { border: 'constant', cval: -1 },
);

export const harris = sample({
  name: 'harris',
  title: 'Harris corners',
  describe: 'Gradients, smoothed products, corner response, threshold, 3 x 3 non-maximum suppression.',
  sizes: { small: { width: 768, radius: 3 }, default: { width: 1920, radius: 6 } },
  options: { radius: { min: 1, max: 32, help: 'of the window in which gradients are gathered' } },
  // A response that ties with its neighbour or the threshold may fall either way.
  tolerances: [{ largest: 1e-5 }, { share: 1e-4 }],
  inputs: (p, source) => photoTensor(source, p.width),

  weft({ rgb }, p) {
    const gray = luminance(rgb);
    const weights = gaussian(p.radius);
    const gx = acrossGradient(gray);
    const gy = downGradient(gray);
    const xx = separable(gx.mul(gx), weights);
    const yy = separable(gy.mul(gy), weights);
    const xy = separable(gx.mul(gy), weights);
    const trace = xx.add(yy);
    const response = xx.mul(yy).sub(xy.mul(xy)).sub(trace.mul(trace).mul(K));
    const strong = response.gt(response.max().mul(THRESHOLD));
    const corners = strong.logicalAnd(response.gt(strongestNeighbor(response)));
    return [response, corners.asType('uint8')];
  },

  plainJs({ rgb }, p) {
    const width = widthOf(rgb);
    const height = heightOf(rgb);
    const gray = plainLuminance(rgb.data);
    const weights = gaussian(p.radius);
    const [gx2, gy2, gxy] = gradientProducts(gray, width, height);
    const xx = plainSeparable(gx2, width, height, 1, weights);
    const yy = plainSeparable(gy2, width, height, 1, weights);
    const xy = plainSeparable(gxy, width, height, 1, weights);
    const response = new Float32Array(gray.length);
    let strongest = -Infinity;
    for (let i = 0; i < response.length; i++) {
      const trace = xx[i]! + yy[i]!;
      const value = xx[i]! * yy[i]! - xy[i]! * xy[i]! - K * trace * trace;
      response[i] = value;
      if (value > strongest) strongest = value;
    }
    return [response, localMaxima(response, width, height, THRESHOLD * strongest)];
  },

  picture: ([, corners], { rgb }, p) => marked(asPicture(rgb.data, rgb), corners!, Math.max(3, p.radius)),

  summary: ([, corners]) => `${sum(corners!)} corners`,
});

function gradientProducts(gray: Float32Array, width: number, height: number): [Float32Array, Float32Array, Float32Array] {
  const xx = new Float32Array(gray.length);
  const yy = new Float32Array(gray.length);
  const xy = new Float32Array(gray.length);
  for (let y = 0; y < height; y++) {
    const here = y * width;
    const up = Math.max(0, y - 1) * width;
    const down = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? x - 1 : 0;
      const right = x < width - 1 ? x + 1 : x;
      const a = gray[up + left]!, b = gray[up + x]!, c = gray[up + right]!;
      const d = gray[here + left]!, e = gray[here + right]!;
      const f = gray[down + left]!, g = gray[down + x]!, h = gray[down + right]!;
      const gx = (c + 2 * e + h - a - 2 * d - f) / 8;
      const gy = (f + 2 * g + h - a - 2 * b - c) / 8;
      xx[here + x] = gx * gx;
      yy[here + x] = gy * gy;
      xy[here + x] = gx * gy;
    }
  }
  return [xx, yy, xy];
}

function localMaxima(response: Float32Array, width: number, height: number, threshold: number): Uint8Array {
  const corners = new Uint8Array(response.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = response[y * width + x]!;
      if (value <= threshold) continue;
      let best = 1;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const inside = y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width;
          if ((dx !== 0 || dy !== 0) && inside && response[(y + dy) * width + x + dx]! >= value) best = 0;
        }
      }
      corners[y * width + x] = best;
    }
  }
  return corners;
}

/** The photograph, a little darker, with a ring around each corner. */
function marked(photo: Picture, corners: ArrayLike<number>, radius: number): Picture {
  const { width, height } = photo;
  const rgb = photo.rgb.map((byte) => byte * 0.65);
  for (let i = 0; i < corners.length; i++) {
    if (corners[i] === 0) continue;
    const cx = i % width;
    const cy = Math.floor(i / width);
    for (let dy = -radius - 1; dy <= radius + 1; dy++) {
      for (let dx = -radius - 1; dx <= radius + 1; dx++) {
        const x = cx + dx;
        const y = cy + dy;
        if (x < 0 || x >= width || y < 0 || y >= height) continue;
        const cover = Math.max(0, 1 - Math.abs(Math.hypot(dx, dy) - radius)); // a ring one pixel wide, antialiased
        for (let c = 0; c < 3; c++) {
          const at = (y * width + x) * 3 + c;
          rgb[at] = rgb[at]! + ([57, 255, 136][c]! - rgb[at]!) * cover;
        }
      }
    }
  }
  return { width, height, rgb };
}
