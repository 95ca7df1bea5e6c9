/** A stencil that loops over 441 neighbours, each of them through a costly function. */
import { GAMMA } from '../../samples/pipelines/photo.ts';
import { meanLight } from '../../samples/pipelines/gamma-blur.ts';
import { photo } from '../photo.ts';
import { tensor, type Tensor, type Values, type Workload } from '../workload.ts';

const SIZE = 1024, RADIUS = 10, COUNT = (2 * RADIUS + 1) ** 2;

/** d c b a | a b c d | d c b a, as far as the image is wide. */
const reflect = (i: number): number => (i < 0 ? -1 - i : i >= SIZE ? 2 * SIZE - 1 - i : i);

export const gammaBlur: Workload = {
  id: 'gamma-blur', name: 'gamma blur 21 x 21', size: `${SIZE} x ${SIZE} of the photograph`, tolerance: { largest: 1e-5 }, goal: 8,
  async inputs() {
    const { gray, height, width } = await photo();
    const [top, left] = [(height - SIZE) >> 1, (width - SIZE) >> 1];
    const rows = Array.from({ length: SIZE }, (_, y) => gray.subarray((top + y) * width + left, (top + y) * width + left + SIZE));
    return [tensor(Float32Array.from(rows.flatMap((row) => [...row])), [SIZE, SIZE])];
  },
  weft: ([u]) => [meanLight(u)],
  plainJs([{ data: u }]) {
    const out = new Float32Array(u.length);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        let light = 0;
        for (let i = -RADIUS; i <= RADIUS; i++) {
          const row = reflect(y + i) * SIZE;
          for (let j = -RADIUS; j <= RADIUS; j++) light += u[row + reflect(x + j)] ** GAMMA;
        }
        out[y * SIZE + x] = (light / COUNT) ** (1 / GAMMA);
      }
    }
    return [out];
  },
  variants: [{ name: 'plain JS, one power per pixel', plainJs: ([u]) => [powersFirst(u)] }],
};

/** What Weft's planner does by itself, done by hand. */
function powersFirst({ data }: Tensor): Values {
  const light = Float32Array.from(data, (value) => value ** GAMMA), out = new Float32Array(data.length);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      let sum = 0;
      for (let i = -RADIUS; i <= RADIUS; i++) {
        const row = reflect(y + i) * SIZE;
        for (let j = -RADIUS; j <= RADIUS; j++) sum += light[row + reflect(x + j)];
      }
      out[y * SIZE + x] = (sum / COUNT) ** (1 / GAMMA);
    }
  }
  return out;
}
