import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { uniform } from './random.ts';

/** The square of the Courant number: how far a wave travels in a step. Below 0.5 the scheme is stable. */
const C2 = 0.3;

const next = wf.stencil(
  (now: wf.Neighbors2, before: wf.Neighbors2, c2: number) =>
    2 * now(0, 0) - before(0, 0) + c2 * (now(-1, 0) + now(1, 0) + now(0, -1) + now(0, 1) - 4 * now(0, 0)),
  { border: 'constant' },
);

export const wave = sample({
  name: 'wave',
  title: 'Wave equation',
  describe: 'Drops fall into a square basin; the state is the surface now and one step before.',
  sizes: { small: { side: 256, steps: 100 }, default: { side: 768, steps: 800 } },
  options: { steps: { min: 1, max: 100_000, help: 'time steps' } },
  tolerances: [{ largest: 1e-3 }],
  inputs: (p) => ({ drops: { data: drops(p.side), shape: [p.side, p.side] } }),

  weft({ drops }, p) {
    const [surface] = wf.iterate([drops, drops], p.steps, ([now, before]) => [next(now, before, C2), now]);
    return [surface];
  },

  plainJs({ drops }, p) {
    const side = p.side;
    let before = drops.data.slice();
    let now = drops.data.slice();
    for (let t = 0; t < p.steps; t++) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const i = y * side + x;
          const u = now[i]!;
          const up = y > 0 ? now[i - side]! : 0;
          const down = y < side - 1 ? now[i + side]! : 0;
          const left = x > 0 ? now[i - 1]! : 0;
          const right = x < side - 1 ? now[i + 1]! : 0;
          before[i] = 2 * u - before[i]! + C2 * (up + down + left + right - 4 * u); // each cell reads only its own past
        }
      }
      [now, before] = [before, now];
    }
    return [now];
  },

  picture: ([surface], { drops }) => paint(surface!, drops.shape, 'rdbu', -0.15, 0.15),
});

function drops(side: number): Float32Array {
  const surface = new Float32Array(side * side);
  const random = uniform(11);
  for (let drop = 0; drop < 6; drop++) {
    const cx = (0.1 + 0.8 * random()) * side;
    const cy = (0.1 + 0.8 * random()) * side;
    const width = (0.01 + 0.008 * random()) * side;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        // A dent with a rim around it: as much water above the surface as below.
        const r2 = ((x - cx) ** 2 + (y - cy) ** 2) / (2 * width * width);
        surface[y * side + x] = surface[y * side + x]! + 2 * (1 - r2) * Math.exp(-r2);
      }
    }
  }
  return surface;
}
