import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { uniform } from './random.ts';

/** Diffusion of both substances, feed and kill rate: spots that grow and divide like cells. */
const DU = 1;
const DV = 0.5;
const FEED = 0.0367;
const KILL = 0.0649;

const nextU = wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2, diffusion: number, feed: number) => {
  const spread = 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) + 0.05 * (u(-1, -1) + u(-1, 1) + u(1, -1) + u(1, 1)) - u(0, 0);
  return u(0, 0) + diffusion * spread - u(0, 0) * v(0, 0) * v(0, 0) + feed * (1 - u(0, 0));
}, { border: 'wrap' });

const nextV = wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2, diffusion: number, loss: number) => {
  const spread = 0.2 * (v(-1, 0) + v(1, 0) + v(0, -1) + v(0, 1)) + 0.05 * (v(-1, -1) + v(-1, 1) + v(1, -1) + v(1, 1)) - v(0, 0);
  return v(0, 0) + diffusion * spread + u(0, 0) * v(0, 0) * v(0, 0) - loss * v(0, 0);
}, { border: 'wrap' });

export const grayScott = sample({
  name: 'gray-scott',
  title: 'Gray-Scott reaction and diffusion',
  describe: 'Two substances on a torus, one eating the other, settle into spots.',
  sizes: { small: { side: 128, steps: 1000 }, default: { side: 320, steps: 4000 } },
  options: { steps: { min: 1, max: 100_000, help: 'time steps' } },
  tolerances: [{ largest: 2e-2 }, { largest: 2e-2 }],
  inputs(p) {
    const shape = [p.side, p.side];
    const { u, v } = seeds(p.side);
    return { u: { data: u, shape }, v: { data: v, shape } };
  },

  weft: ({ u, v }, p) => wf.iterate([u, v], p.steps, ([a, b]) => [nextU(a, b, DU, FEED), nextV(a, b, DV, FEED + KILL)]),

  plainJs(inputs, p) {
    const side = p.side;
    let [u, v] = [inputs.u.data.slice(), inputs.v.data.slice()];
    let [uNext, vNext] = [new Float32Array(u.length), new Float32Array(u.length)];
    for (let t = 0; t < p.steps; t++) {
      for (let y = 0; y < side; y++) {
        const here = y * side;
        const up = ((y + side - 1) % side) * side;
        const down = ((y + 1) % side) * side;
        for (let x = 0; x < side; x++) {
          const l = x > 0 ? x - 1 : side - 1;
          const r = x < side - 1 ? x + 1 : 0;
          const a = u[here + x]!;
          const b = v[here + x]!;
          const spreadU = 0.2 * (u[up + x]! + u[down + x]! + u[here + l]! + u[here + r]!) +
            0.05 * (u[up + l]! + u[up + r]! + u[down + l]! + u[down + r]!) - a;
          const spreadV = 0.2 * (v[up + x]! + v[down + x]! + v[here + l]! + v[here + r]!) +
            0.05 * (v[up + l]! + v[up + r]! + v[down + l]! + v[down + r]!) - b;
          const eaten = a * b * b;
          uNext[here + x] = a + DU * spreadU - eaten + FEED * (1 - a);
          vNext[here + x] = b + DV * spreadV + eaten - (FEED + KILL) * b;
        }
      }
      [u, uNext, v, vNext] = [uNext, u, vNext, v];
    }
    return [u, v];
  },

  picture: ([, v], inputs) => paint(v!, inputs.v.shape, 'magma', 0, 0.36),
});

/** Full of u, with a drop of v somewhere in every patch of 32 x 32 cells. */
function seeds(side: number): { u: Float32Array; v: Float32Array } {
  const random = uniform(3);
  const u = new Float32Array(side * side).fill(1);
  const v = new Float32Array(side * side);
  for (let top = 0; top < side; top += 32) {
    for (let left = 0; left < side; left += 32) {
      const cy = top + Math.floor(32 * random());
      const cx = left + Math.floor(32 * random());
      const radius = 3 + 4 * random();
      for (let dy = -7; dy <= 7; dy++) {
        for (let dx = -7; dx <= 7; dx++) {
          if (Math.hypot(dx, dy) > radius) continue;
          const at = ((cy + dy + side) % side) * side + ((cx + dx + side) % side);
          u[at] = 0.5;
          v[at] = 0.25;
        }
      }
    }
  }
  return { u, v };
}
