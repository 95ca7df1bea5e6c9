/** Photographs in, pictures out. */
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { SampleError } from './errors.ts';
import type { Picture, Source } from './sample.ts';

/** A photograph on disk; each width is decoded once. */
export async function openPhoto(path: string): Promise<Source> {
  try {
    await access(path);
  } catch {
    throw new SampleError(`There is no file ${path}. Name a photograph with --input.`);
  }
  const decoded = new Map<number, Promise<Picture>>();
  return {
    photo(maxWidth) {
      const known = decoded.get(maxWidth) ?? decode(path, maxWidth);
      decoded.set(maxWidth, known);
      return known;
    },
  };
}

async function decode(path: string, maxWidth: number): Promise<Picture> {
  try {
    const { data, info } = await sharp(path)
      .rotate() // as the camera was held
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize({ width: maxWidth, withoutEnlargement: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: threeChannels(new Uint8Array(data), info.channels) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SampleError(`${path} is not an image that can be read: ${why}`);
  }
}

/** Gray images decode to one channel; the pipelines want three. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0, at = 0; i < data.length; i += channels, at += 3) rgb.fill(data[i]!, at, at + 3);
  return rgb;
}

export async function writePng(picture: Picture, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  await sharp(picture.rgb, { raw }).png().toFile(path);
}
