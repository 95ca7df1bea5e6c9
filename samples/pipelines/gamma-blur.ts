import * as wf from '../../src/index.ts';
import { sample } from '../sample.ts';
import { GAMMA, grayPicture, heightOf, plainLuminance, widthOf } from './photo.ts';

const N = 10;

/** Light is averaged, not the values that store it: every value is decoded, and the mean encoded. */
export const meanLight = wf.stencil((u: wf.Neighbors2) => {
  let light = 0;
  for (let i = -N; i <= N; i++) {
    for (let j = -N; j <= N; j++) light += u(i, j) ** GAMMA;
  }
  return (light / (2 * N + 1) ** 2) ** (1 / GAMMA);
}, { neighborhood: [[-N, N], [-N, N]], border: 'reflect', constants: { N, GAMMA } });

export const gammaBlur = sample({
  name: 'gamma-blur',
  title: 'Gamma-correct box blur',
  describe: 'A stencil that loops over 21 x 21 neighbours; the planner sees that each needs its power only once.',
  sizes: { small: { width: 384 }, default: { width: 960 } },
  tolerances: [{ largest: 1e-5 }],

  async inputs(p, source) {
    const photo = await source.photo(p.width);
    return { gray: { data: plainLuminance(photo.rgb), shape: [photo.height, photo.width] } };
  },

  weft: ({ gray }) => [meanLight(gray)],

  plainJs({ gray }) {
    const width = widthOf(gray);
    const height = heightOf(gray);
    const light = Float32Array.from(gray.data, (value) => value ** GAMMA);
    const columns = Array.from({ length: width + 2 * N }, (_, x) => reflected(x - N, width));
    const blurred = new Float32Array(light.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let i = -N; i <= N; i++) {
          const row = reflected(y + i, height) * width;
          for (let j = 0; j <= 2 * N; j++) sum += light[row + columns[x + j]!]!;
        }
        blurred[y * width + x] = (sum / (2 * N + 1) ** 2) ** (1 / GAMMA);
      }
    }
    return [blurred];
  },

  picture: ([blurred], { gray }) => grayPicture(blurred!, gray),
});

/** d c b a | a b c d | d c b a */
function reflected(i: number, count: number): number {
  const folded = ((i % (2 * count)) + 2 * count) % (2 * count);
  return folded < count ? folded : 2 * count - 1 - folded;
}
