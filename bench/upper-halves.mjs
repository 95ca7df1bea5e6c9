// What vectors of 256 bits leave to plain JavaScript on the same thread: `npm run build`, then `node bench/upper-halves.mjs`.
import { performance } from 'node:perf_hooks';
import * as wf from '../dist/weft.js';

let sink = 0;
const sum = (f) => {
  for (let k = 1; k <= 2000; k++) sink += f(k * 1e-4);
};
const plain = { exp: Math.exp, sin: Math.sin, pow: (x) => x ** 1.7, parseFloat: (x) => parseFloat(`1.25${x > 0.1}`) };

/** Microseconds, the median of 30. */
function time(f) {
  const times = Array.from({ length: 30 }, () => {
    const start = performance.now();
    sum(f);
    return 1000 * (performance.now() - start);
  });
  return times.sort((a, b) => a - b)[15];
}

const x = wf.array(Float32Array.from({ length: 20_000 }, (_, k) => k / 1e4));
for (const wide of [false, true]) {
  wf.configure({ target: 'cpu', threads: 1, wide });
  for (let k = 0; k < 5; k++) wf.scope(() => void x.exp().dataSync());
  console.log(`after kernels ${wide ? 'with' : 'without'} vectors of 256 bits:`,
    Object.entries(plain).map(([name, f]) => `${name} ${time(f).toFixed(1)} us`).join(', '));
}
if (!Number.isFinite(sink)) throw new Error('plain JavaScript went wrong');
await wf.closeTargets();
