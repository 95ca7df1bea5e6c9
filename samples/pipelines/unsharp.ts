import { sample } from '../sample.ts';
import { asPicture, gaussian, heightOf, photoTensor, plainSeparable, separable, widthOf } from './photo.ts';

/** How much of the detail is added again. */
const AMOUNT = 1.5;

export const unsharp = sample({
  name: 'unsharp',
  title: 'Unsharp mask',
  describe: 'Adds what a blur takes away: x + amount * (x - blur(x)), clamped to bytes.',
  sizes: { small: { width: 768, radius: 4 }, default: { width: 1920, radius: 6 } },
  options: { radius: { min: 1, max: 64, help: 'pixels on each side of the centre' } },
  tolerances: [{ largest: 1 }],
  inputs: (p, source) => photoTensor(source, p.width),

  weft({ rgb }, p) {
    const x = rgb.asType('float32');
    const detail = x.sub(separable(x, gaussian(p.radius)));
    return [x.add(detail.mul(AMOUNT)).clamp(0, 255).round().asType('uint8')];
  },

  plainJs({ rgb }, p) {
    const x = new Float32Array(rgb.data);
    const blurred = plainSeparable(x, widthOf(rgb), heightOf(rgb), 3, gaussian(p.radius));
    const bytes = new Uint8Array(x.length);
    for (let i = 0; i < bytes.length; i++) {
      const sharp = x[i]! + AMOUNT * (x[i]! - blurred[i]!);
      bytes[i] = Math.round(Math.min(255, Math.max(0, sharp)));
    }
    return [bytes];
  },

  picture: ([bytes], { rgb }) => asPicture(bytes as Uint8Array, rgb),
});
