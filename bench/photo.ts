/** The samples' photograph as float32 luminance, the input of the image benchmarks. */
import sharp from 'sharp';

export interface Luminance { readonly gray: Float32Array<ArrayBuffer>; readonly height: number; readonly width: number }

let loaded: Promise<Luminance> | undefined;

export const photo = (): Promise<Luminance> => (loaded ??= load());

async function load(): Promise<Luminance> {
  const { data, info } = await sharp('samples/photo/friends.jpg').removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const gray = new Float32Array(info.width * info.height);
  for (let k = 0; k < gray.length; k++) {
    gray[k] = (0.2126 * data[3 * k] + 0.7152 * data[3 * k + 1] + 0.0722 * data[3 * k + 2]) / 255;
  }
  return { gray, height: info.height, width: info.width };
}
