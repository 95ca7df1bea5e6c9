/** What the image pipelines share: luminance and Gaussian blur, as Weft expressions and as plain loops. */
import * as wf from '../../src/index.ts';
import type { Picture, Source, Tensor, Values } from '../sample.ts';

/** Rec. 709 weights of red, green and blue. */
export const LUMA = [0.2126, 0.7152, 0.0722] as const;

/** Light adds up, pixel values do not: they store light to the power 1 / 2.2. */
export const GAMMA = 2.2;

/** The photograph as a `[height, width, 3]` array of bytes. */
export async function photoTensor(source: Source, maxWidth: number): Promise<{ rgb: Tensor & { data: Uint8Array } }> {
  const photo = await source.photo(maxWidth);
  return { rgb: { data: photo.rgb, shape: [photo.height, photo.width, 3] } };
}

export function heightOf(tensor: Tensor): number {
  return tensor.shape[0]!;
}

export function widthOf(tensor: Tensor): number {
  return tensor.shape[1]!;
}

/** Luminance in 0..1 of a `[height, width, 3]` array of bytes. */
export function luminance(rgb: wf.WeftArray): wf.WeftArray {
  const [red, green, blue] = [0, 1, 2].map((channel) => rgb.slice(null, null, channel).asType('float32'));
  return red!.mul(LUMA[0]).add(green!.mul(LUMA[1])).add(blue!.mul(LUMA[2])).div(255);
}

export function plainLuminance(rgb: Uint8Array): Float32Array {
  const gray = new Float32Array(rgb.length / 3);
  for (let i = 0, at = 0; i < gray.length; i++, at += 3) {
    gray[i] = (LUMA[0] * rgb[at]! + LUMA[1] * rgb[at + 1]! + LUMA[2] * rgb[at + 2]!) / 255;
  }
  return gray;
}

/** A sampled bell curve of `2 * radius + 1` weights that sum to one; its deviation is half the radius. */
export function gaussian(radius: number): number[] {
  const deviation = radius / 2;
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** Convolves the first two axes with `weights`, one after the other. */
export function separable(image: wf.WeftArray, weights: number[]): wf.WeftArray {
  const across = wf.correlate(weights, { axis: 1, border: 'nearest' });
  const down = wf.correlate(weights, { axis: 0, border: 'nearest' });
  return down(across(image));
}

/** The same for `channels` interleaved values per pixel: rows through a padded line, columns row by row. */
export function plainSeparable(
  image: Float32Array, width: number, height: number, channels: number, weights: number[],
): Float32Array {
  const radius = (weights.length - 1) / 2;
  const row = width * channels;
  const line = new Float32Array(row + 2 * radius * channels);
  const across = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = -radius; x < width + radius; x++) {
      const from = y * row + Math.min(width - 1, Math.max(0, x)) * channels;
      for (let c = 0; c < channels; c++) line[(x + radius) * channels + c] = image[from + c]!;
    }
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0, at = i; k < weights.length; k++, at += channels) sum += weights[k]! * line[at]!;
      across[y * row + i] = sum;
    }
  }
  const result = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < weights.length; k++) {
      const from = Math.min(height - 1, Math.max(0, y + k - radius)) * row;
      const weight = weights[k]!;
      for (let i = 0; i < row; i++) result[y * row + i] = result[y * row + i]! + weight * across[from + i]!;
    }
  }
  return result;
}

/** Bytes of a `[height, width, 3]` result as a picture. */
export function asPicture(rgb: Uint8Array, like: Tensor): Picture {
  return { width: widthOf(like), height: heightOf(like), rgb };
}

/** Shades in 0..1 as a picture. */
export function grayPicture(shades: Values, like: Tensor): Picture {
  const rgb = new Uint8Array(shades.length * 3);
  for (let i = 0; i < shades.length; i++) rgb.fill(Math.round(255 * Math.min(1, Math.max(0, shades[i]!))), 3 * i, 3 * i + 3);
  return { width: widthOf(like), height: heightOf(like), rgb };
}
