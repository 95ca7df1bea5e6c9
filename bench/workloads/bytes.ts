/** Images of bytes, and bytes again: what fits 8 or 16 bits is computed in as many. */
import * as wf from '../../src/index.ts';
import { tensor, workload, type Parameters, type Tensor } from '../workload.ts';
import { photoOf } from './data.ts';

const SIZES = { full: { height: 1280, width: 1920 }, small: { height: 61, width: 83 } } as const;

const common = {
  group: 'stencils', sizes: SIZES, tolerance: { largest: 0 }, goals: { 'plain JS': 10 },
  size: ({ height, width }: Parameters) => `${height} x ${width} of the photograph, uint8`,
  async inputs({ height, width }: Parameters): Promise<Tensor[]> {
    const { data, shape } = await photoOf(height!, width!);
    return [tensor(Uint8Array.from(data, (v) => Math.round(255 * v)), shape)];
  },
} as const;

const least = wf.stencil((u: wf.Neighbors2) => Math.min(
  u(-1, -1), u(-1, 0), u(-1, 1), u(0, -1), u(0, 0), u(0, 1), u(1, -1), u(1, 0), u(1, 1),
), { border: 'nearest' });

export const erode = workload({
  ...common, id: 'erode', name: 'erosion 3 x 3',
  weft: ([u]) => [least(u).asType('uint8')],
  plainJs: ([u]) => [overNeighbours(u, (sum, v) => Math.min(sum, v), 255, (least) => least)],
});

const brighter = wf.stencil((u: wf.Neighbors2) => {
  let sum = 0;
  for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) sum += u(i, j);
  return 9 * u(0, 0) > sum ? 255 : 0;
}, { border: 'nearest' });

export const threshold = workload({
  ...common, id: 'threshold', name: 'adaptive threshold 3 x 3',
  weft: ([u]) => [brighter(u).asType('uint8')],
  plainJs: ([u]) => [overNeighbours(u, (sum, v) => sum + v, 0, (sum, v) => (9 * v > sum ? 255 : 0))],
});

/** For each point the fold of its 3 x 3 neighbours, those beyond the edge being those at it, and what becomes of it. */
function overNeighbours(
  { data: u, shape: [height, width] }: Tensor, fold: (a: number, b: number) => number, start: number,
  end: (folded: number, own: number) => number,
): Uint8Array {
  const out = new Uint8Array(u.length);
  for (let y = 0; y < height; y++) {
    const here = y * width, up = Math.max(0, y - 1) * width, down = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
      let all = start;
      for (const row of [up, here, down]) all = fold(fold(fold(all, u[row + l]), u[row + x]), u[row + r]);
      out[here + x] = end(all, u[here + x]);
    }
  }
  return out;
}
