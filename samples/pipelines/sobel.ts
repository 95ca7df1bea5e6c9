import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { quantile } from '../statistics.ts';
import { heightOf, luminance, photoTensor, plainLuminance, widthOf } from './photo.ts';

const magnitude = wf.stencil((u: wf.Neighbors2) => {
  const gx = u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1);
  const gy = u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1);
  return Math.sqrt(gx * gx + gy * gy);
}, { border: 'nearest' });

export const sobel = sample({
  name: 'sobel',
  title: 'Sobel edges',
  describe: 'Magnitude of the luminance gradient; luminance and stencil become one loop.',
  sizes: { small: { width: 768 }, default: { width: 1920 } },
  tolerances: [{ largest: 1e-4 }],
  inputs: (p, source) => photoTensor(source, p.width),

  weft: ({ rgb }) => [magnitude(luminance(rgb))],

  plainJs({ rgb }) {
    const gray = plainLuminance(rgb.data);
    const width = widthOf(rgb);
    const height = heightOf(rgb);
    const edges = new Float32Array(gray.length);
    for (let y = 0; y < height; y++) {
      const here = y * width;
      const up = Math.max(0, y - 1) * width;
      const down = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const left = x > 0 ? x - 1 : 0;
        const right = x < width - 1 ? x + 1 : x;
        const a = gray[up + left]!, b = gray[up + x]!, c = gray[up + right]!;
        const d = gray[here + left]!, e = gray[here + right]!;
        const f = gray[down + left]!, g = gray[down + x]!, h = gray[down + right]!;
        const gx = c + 2 * e + h - a - 2 * d - f;
        const gy = f + 2 * g + h - a - 2 * b - c;
        edges[here + x] = Math.sqrt(gx * gx + gy * gy);
      }
    }
    return [edges];
  },

  picture: ([edges], { rgb }) => paint(edges!, rgb.shape, 'magma', 0, quantile(edges!, 0.995)),
});
