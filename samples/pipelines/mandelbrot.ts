import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample, type Values } from '../sample.ts';

const ITERATIONS = 200;
/** Far beyond the radius of 2 that decides, so that the colours come out smooth. */
const BAILOUT = 65536;
const VIEW = { left: -2.35, right: 1.15, top: 3.5 / 3, bottom: -3.5 / 3 };

/** When z = z * z + c has gone too far, and how far it is then. Points that stay give the number of iterations. */
const escape = wf.vectorize((cr: number, ci: number) => {
  let [zr, zi] = [0, 0];
  for (let count = 0; count < ITERATIONS; count++) {
    const square = zr * zr + zi * zi;
    if (square > BAILOUT) return [count, square];
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
  }
  return [ITERATIONS, zr * zr + zi * zi];
}, { constants: { ITERATIONS, BAILOUT } });

export const mandelbrot = sample({
  name: 'mandelbrot',
  title: 'Mandelbrot set',
  describe: 'z = z * z + c, 200 times or until it escapes, for every pixel: a function with a loop and an early return.',
  sizes: { small: { width: 480, height: 320 }, default: { width: 1536, height: 1024 } },
  size: (p) => `${p.height} x ${p.width}, ${ITERATIONS} steps`,
  // Points next to the boundary are chaotic: the last bit of a float decides when they escape.
  tolerances: [{ share: 0.01 }, { ignored: 'only shades the picture' }],
  inputs: (p) => ({
    real: { data: axis(VIEW.left, VIEW.right, p.width), shape: [1, p.width] },
    imaginary: { data: axis(VIEW.top, VIEW.bottom, p.height), shape: [p.height, 1] },
  }),

  weft: ({ real, imaginary }) => escape(real, imaginary),

  plainJs({ real, imaginary }, p) {
    const counts = new Int32Array(p.width * p.height);
    const squares = new Float32Array(p.width * p.height);
    for (let y = 0; y < p.height; y++) {
      const ci = imaginary.data[y]!;
      for (let x = 0; x < p.width; x++) {
        const cr = real.data[x]!;
        let zr = 0;
        let zi = 0;
        let count = 0;
        while (count < ITERATIONS && zr * zr + zi * zi <= BAILOUT) {
          const next = zr * zr - zi * zi + cr;
          zi = 2 * zr * zi + ci;
          zr = next;
          count++;
        }
        counts[y * p.width + x] = count;
        squares[y * p.width + x] = zr * zr + zi * zi;
      }
    }
    return [counts, squares];
  },

  picture: ([counts, squares], _, p) => paint(smooth(counts!, squares!), [p.height, p.width], 'inferno', 1.05, 4),
});

function axis(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Iterations as a continuous number, on a scale that spreads the colours; the set itself is black. */
function smooth(counts: Values, squares: Values): Float32Array {
  return Float32Array.from(counts, (count, i) =>
    count >= ITERATIONS ? 0 : Math.log(Math.max(1, count + 1 - Math.log2(Math.log(squares[i]!) / Math.log(BAILOUT)))));
}
