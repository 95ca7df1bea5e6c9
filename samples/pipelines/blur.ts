import { sample } from '../sample.ts';
import { asPicture, GAMMA, gaussian, heightOf, photoTensor, plainSeparable, separable, widthOf } from './photo.ts';

export const blur = sample({
  name: 'blur',
  title: 'Gamma-correct Gaussian blur',
  describe: 'Decodes pixels to light, convolves both axes, encodes again. Bytes in, bytes out.',
  sizes: { small: { width: 768, radius: 8 }, default: { width: 1920, radius: 8 } },
  options: { radius: { min: 1, max: 64, help: 'pixels on each side of the centre' } },
  tolerances: [{ largest: 1 }],
  inputs: (p, source) => photoTensor(source, p.width),

  weft({ rgb }, p) {
    const light = rgb.asType('float32').div(255).pow(GAMMA);
    return [separable(light, gaussian(p.radius)).pow(1 / GAMMA).mul(255).round().asType('uint8')];
  },

  plainJs({ rgb }, p) {
    const decode = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** GAMMA);
    const light = new Float32Array(rgb.data.length);
    for (let i = 0; i < light.length; i++) light[i] = decode[rgb.data[i]!]!;
    const blurred = plainSeparable(light, widthOf(rgb), heightOf(rgb), 3, gaussian(p.radius));
    const bytes = new Uint8Array(blurred.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(255 * blurred[i]! ** (1 / GAMMA));
    return [bytes];
  },

  picture: ([bytes], { rgb }) => asPicture(bytes as Uint8Array, rgb),
});
