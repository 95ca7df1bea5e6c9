import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { quantile } from '../statistics.ts';
import { heightOf, plainLuminance, widthOf } from './photo.ts';

const RATE = 0.2;

const step = wf.stencil(
  (u: wf.Neighbors2, rate: number) => u(0, 0) + rate * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
  { border: 'nearest' },
);

export const heat = sample({
  name: 'heat',
  title: 'Heat diffusion',
  describe: 'The photograph as temperatures in an insulated plate, which then even out.',
  sizes: { small: { width: 480, steps: 50 }, default: { width: 1920, steps: 200 } },
  options: { steps: { min: 1, max: 100_000, help: 'time steps' } },
  tolerances: [{ largest: 1e-4 }],

  async inputs(p, source) {
    const photo = await source.photo(p.width);
    return { start: { data: plainLuminance(photo.rgb), shape: [photo.height, photo.width] } };
  },

  weft: ({ start }, p) => [wf.iterate(start, p.steps, (u) => step(u, RATE))],

  plainJs({ start }, p) {
    const width = widthOf(start);
    const height = heightOf(start);
    let now = start.data.slice();
    let next = new Float32Array(now.length);
    for (let t = 0; t < p.steps; t++) {
      for (let y = 0; y < height; y++) {
        const here = y * width;
        const up = Math.max(0, y - 1) * width;
        const down = Math.min(height - 1, y + 1) * width;
        for (let x = 0; x < width; x++) {
          const left = x > 0 ? x - 1 : 0;
          const right = x < width - 1 ? x + 1 : x;
          const u = now[here + x]!;
          next[here + x] = u + RATE * (now[up + x]! + now[down + x]! + now[here + left]! + now[here + right]! - 4 * u);
        }
      }
      [now, next] = [next, now];
    }
    return [now];
  },

  picture: ([u], { start }) => paint(u!, start.shape, 'inferno', quantile(u!, 0.002), quantile(u!, 0.998)),
});
