/**
 * Colour maps for fields.
 *
 * Viridis, magma and inferno are perceptually uniform; their tables are every eighth entry of matplotlib's
 * (Nathaniel Smith, Stefan van der Walt and Eric Firing, CC0). `rdbu` is ColorBrewer's diverging RdBu
 * (Cynthia Brewer, Mark Harrower and The Pennsylvania State University, Apache License 2.0), blue below zero.
 */
import type { Picture, Values } from './sample.ts';

const STOPS = {
  viridis:
    '440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e 23898e ' +
    '21918c 1f988b 1fa088 22a785 28ae80 32b67a 3fbc73 4ec36b 5ec962 70cf57 84d44b 98d83e addc30 c2df23 d8e219 ece51b fde725',
  magma:
    '000004 030312 0a0822 130d34 1d1147 29115a 36106b 440f76 51127c 5d177f 6a1c81 762181 832681 902a81 9c2e7f aa337d ' +
    'b73779 c43c75 d0416f dc4869 e75263 ef5d5e f56b5c f9795d fc8961 fd9869 fea772 feb67c fec488 fed395 fde2a3 fcf0b2 fcfdbf',
  inferno:
    '000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 57106e 64156e 71196e 7d1e6d 8a226a 972766 a32c61 b0315b ' +
    'bc3754 c73e4c d24644 db503b e45a31 eb6628 f1731d f68013 f98e09 fb9d07 fcac11 fbbc21 f9cb35 f5db4c f2ea69 f3f68a fcffa4',
  rdbu: '053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f',
};

export type ColorMap = keyof typeof STOPS;

const LEVELS = 1024;
const tables = new Map<ColorMap, Uint8Array>();

/** The map as `LEVELS` RGB triples, interpolated between its stops. */
function table(name: ColorMap): Uint8Array {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const stops = STOPS[name].split(' ').map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const rgb = new Uint8Array(LEVELS * 3);
  for (let level = 0; level < LEVELS; level++) {
    const at = (level / (LEVELS - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(at), stops.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const low = stops[below]![channel]!;
      const high = stops[below + 1]![channel]!;
      rgb[level * 3 + channel] = Math.round(low + (high - low) * (at - below));
    }
  }
  tables.set(name, rgb);
  return rgb;
}

/** Paints `values` with `map`; `low` and `high` are the ends of the map, values beyond them are clamped. */
export function paint(values: Values, [height, width]: readonly number[], map: ColorMap, low: number, high: number): Picture {
  if (height === undefined || width === undefined) throw new RangeError('paint needs a height and a width');
  const colors = table(map);
  const rgb = new Uint8Array(width * height * 3);
  const scale = (LEVELS - 1) / (high - low);
  for (let i = 0; i < width * height; i++) {
    const level = Math.round(Math.min(LEVELS - 1, Math.max(0, (values[i]! - low) * scale)));
    rgb.set(colors.subarray(level * 3, level * 3 + 3), i * 3);
  }
  return { width, height, rgb };
}
