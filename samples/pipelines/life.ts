import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { sum } from '../statistics.ts';
import { uniform } from './random.ts';

/** How much of its glow a dead cell keeps per generation. */
const FADE = 0.985;

const generation = wf.stencil((cell: wf.Neighbors2) => {
  const neighbors = cell(-1, -1) + cell(-1, 0) + cell(-1, 1) + cell(0, -1) + cell(0, 1) + cell(1, -1) + cell(1, 0) + cell(1, 1);
  return neighbors === 3 ? 1 : neighbors === 2 ? cell(0, 0) : 0;
}, { border: 'wrap' });

export const life = sample({
  name: 'life',
  title: 'Game of Life',
  describe: "Conway's rule on a torus of bytes, with a second state in which dead cells fade.",
  sizes: { small: { side: 256, steps: 100 }, default: { side: 768, steps: 300 } },
  options: { steps: { min: 1, max: 100_000, help: 'generations' } },
  tolerances: [{ largest: 0 }, { largest: 1e-5 }],
  inputs(p) {
    const shape = [p.side, p.side];
    return { cells: { data: soup(p.side), shape }, glow: { data: new Float32Array(p.side ** 2), shape } };
  },

  weft({ cells, glow }, p) {
    return wf.iterate([cells, glow], p.steps, ([now, trail]) => {
      const next = generation(now).asType('uint8');
      return [next, wf.where(next.eq(1), 1, trail.mul(FADE))];
    });
  },

  plainJs({ cells, glow }, p) {
    const side = p.side;
    let now = cells.data.slice();
    let next = new Uint8Array(now.length);
    const trail = glow.data.slice();
    for (let t = 0; t < p.steps; t++) {
      for (let y = 0; y < side; y++) {
        const here = y * side;
        const up = ((y + side - 1) % side) * side;
        const down = ((y + 1) % side) * side;
        for (let x = 0; x < side; x++) {
          const left = x > 0 ? x - 1 : side - 1;
          const right = x < side - 1 ? x + 1 : 0;
          const neighbors = now[up + left]! + now[up + x]! + now[up + right]! + now[here + left]! + now[here + right]! +
            now[down + left]! + now[down + x]! + now[down + right]!;
          const alive = neighbors === 3 ? 1 : neighbors === 2 ? now[here + x]! : 0;
          next[here + x] = alive;
          trail[here + x] = alive === 1 ? 1 : trail[here + x]! * FADE;
        }
      }
      [now, next] = [next, now];
    }
    return [now, trail];
  },

  picture: ([, trail], { cells }) => paint(trail!, cells.shape, 'inferno', 0, 1),

  summary: ([cells]) => `${sum(cells!)} cells alive`,
});

/** Round patches of random cells on empty ground: gliders leave them and cross the gaps. */
function soup(side: number): Uint8Array {
  const random = uniform(5);
  const cells = new Uint8Array(side * side);
  for (let patch = 0; patch < 20; patch++) {
    const cx = random() * side;
    const cy = random() * side;
    const radius = (0.03 + 0.09 * random()) * side;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if (Math.hypot(x - cx, y - cy) < radius && random() < 0.35) cells[y * side + x] = 1;
      }
    }
  }
  return cells;
}
