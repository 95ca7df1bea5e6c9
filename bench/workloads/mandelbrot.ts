/** A loop whose length differs from cell to cell. */
import * as wf from '../../src/index.ts';
import { tensor, type Workload } from '../workload.ts';

const SIDE = 1024, STEPS = 200;

const escape = wf.vectorize((cr: number, ci: number) => {
  let zr = 0, zi = 0;
  for (let count = 0; count < 200; count++) {
    if (zr * zr + zi * zi > 4) return count;
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
  }
  return 200;
});

export const mandelbrot: Workload = {
  id: 'mandelbrot', name: 'Mandelbrot', size: `${SIDE} x ${SIDE}, ${STEPS} steps`,
  // Points next to the boundary are chaotic: the last bit of a float decides when they escape.
  tolerance: { share: 0.01 }, goal: 10,
  inputs: () => [
    tensor(Float32Array.from({ length: SIDE }, (_, k) => -2 + (2.5 * k) / SIDE), [1, SIDE]),
    tensor(Float32Array.from({ length: SIDE }, (_, k) => -1.25 + (2.5 * k) / SIDE), [SIDE, 1]),
  ],
  weft: ([real, imaginary]) => [escape(real, imaginary)],
  plainJs([{ data: real }, { data: imaginary }]) {
    const counts = new Float32Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      const ci = imaginary[y];
      for (let x = 0; x < SIDE; x++) {
        const cr = real[x];
        let zr = 0, zi = 0, count = 0;
        while (count < STEPS && zr * zr + zi * zi <= 4) {
          const next = zr * zr - zi * zi + cr;
          zi = 2 * zr * zi + ci;
          zr = next;
          count++;
        }
        counts[y * SIDE + x] = count;
      }
    }
    return [counts];
  },
};
