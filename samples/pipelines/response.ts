import * as wf from '../../src/index.ts';
import { sample } from '../sample.ts';
import { asPicture, GAMMA, photoTensor } from './photo.ts';

/** How the photograph is developed: exposed longer, and with deeper blacks. */
const EXPOSURE = 1.4;
const BLACK = 0.02;

/** Nothing below black, a power law up to white, linear beyond it. */
const response = wf.vectorize((v: number, gamma: number) => {
  if (v < 0) return 0;
  if (v < 1) return v ** gamma;
  return v;
});

export const filmResponse = sample({
  name: 'response',
  title: 'Film response',
  describe: 'A piecewise function of a number, with returns in its branches, as a tone curve: light in, bytes out.',
  sizes: { small: { width: 768 }, default: { width: 1920 } },
  tolerances: [{ largest: 1 }],

  async inputs(p, source) {
    const { rgb } = await photoTensor(source, p.width);
    return { light: { data: Float32Array.from(rgb.data, (byte) => (byte / 255) ** GAMMA), shape: rgb.shape } };
  },

  weft: ({ light }) => [response(light.mul(EXPOSURE).sub(BLACK), 1 / GAMMA).mul(255).round().asType('uint8')],

  plainJs({ light }) {
    const bytes = new Uint8Array(light.data.length);
    for (let i = 0; i < bytes.length; i++) {
      const v = EXPOSURE * light.data[i]! - BLACK;
      const shade = v < 0 ? 0 : v < 1 ? v ** (1 / GAMMA) : v;
      bytes[i] = Math.min(255, Math.round(255 * shade));
    }
    return [bytes];
  },

  picture: ([bytes], { light }) => asPicture(bytes as Uint8Array, light),
});
