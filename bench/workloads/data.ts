/** Inputs that several workloads use: the same numbers in every run. */
import { normal, uniform } from '../../samples/pipelines/random.ts';
import { photo } from '../photo.ts';
import { tensor, type Tensor } from '../workload.ts';

export const randoms = (seed: number, shape: readonly number[], from = 0, to = 1): Tensor => {
  const random = uniform(seed);
  return tensor(Float32Array.from({ length: sizeOf(shape) }, () => from + (to - from) * random()), shape);
};

export const normals = (seed: number, shape: readonly number[]): Tensor =>
  tensor(Float32Array.from({ length: sizeOf(shape) }, normal(uniform(seed))), shape);

export const randomIndices = (seed: number, count: number, below: number): Tensor => {
  const random = uniform(seed);
  return tensor(Int32Array.from({ length: count }, () => Math.floor(below * random())));
};

/** The photograph's luminance, cropped in the middle; where it is smaller, its points are repeated. */
export async function photoOf(height: number, width: number): Promise<Tensor> {
  const { gray, height: h, width: w } = await photo();
  const scale = Math.max(1, height / h, width / w);
  const [top, left] = [Math.floor((h - height / scale) / 2), Math.floor((w - width / scale) / 2)];
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = (top + Math.floor(y / scale)) * w + left;
    for (let x = 0; x < width; x++) data[y * width + x] = gray[row + Math.floor(x / scale)];
  }
  return tensor(data, [height, width]);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** In words: 4194304 as 4M, 4000000 as 4,000,000. */
export const show = (n: number): string =>
  (n >= 1 << 20 && n % (1 << 20) === 0 ? `${n >> 20}M` : n >= 1024 && n % 1024 === 0 && n < 1 << 20 ? `${n >> 10}K` : n.toLocaleString('en'));
