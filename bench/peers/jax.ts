/** jax-js on its WebAssembly backend, compiled with jit. In Node it has threads only with a global `Worker`: it gets one. */
import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';
import type { Array as JaxArray } from '@jax-js/jax';
import { inputOf, type Differences } from '../first-call.ts';
import type { Contender, Tensor } from '../workload.ts';
import { Absent, type NewKernel, type Peer } from './peer.ts';

type Jax = typeof import('@jax-js/jax');
/** Consumes its arguments, as all functions of jax-js do. */
type Program = (jax: Jax, ...inputs: JaxArray[]) => JaxArray[];

const PROGRAMS: Readonly<Record<string, Program>> = {
  squares: (_, a, b) => [a.ref.mul(a).add(b.ref.mul(b))],

  sum: ({ numpy: np }, a) => [np.sum(a)],

  'black-scholes'({ numpy: np }, spot, strike, years) {
    const deviation = np.sqrt(years.ref).mul(0.3);
    const d1 = np.log(spot.ref.div(strike.ref)).add(years.ref.mul(0.065)).div(deviation.ref);
    const d2 = d1.ref.sub(deviation);
    const discounted = strike.mul(np.exp(years.mul(-0.02)));
    const call = spot.ref.mul(cdf(np, d1)).sub(discounted.ref.mul(cdf(np, d2)));
    return [call.ref, call.sub(spot).add(discounted)];
  },

  'prange-normalize'({ numpy: np }, x) {
    const norm = np.sqrt(np.sum(x.ref.mul(x.ref), 1));
    return [x.div(norm.reshape([norm.shape[0], 1]))];
  },

  heat: ({ numpy: np }, u) => [u.ref.add(neighbors(np, u.ref).sub(u.mul(4)).mul(0.2))],
};

/** The sum of the four neighbours; those at the edge are their own. */
function neighbors(np: Jax['numpy'], u: JaxArray): JaxArray {
  const [n, m] = u.shape;
  const up = np.concatenate([u.ref.slice([0, 1]), u.ref.slice([0, n - 1])], 0);
  const down = np.concatenate([u.ref.slice([1, n]), u.ref.slice([n - 1, n])], 0);
  const left = np.concatenate([u.ref.slice([], [0, 1]), u.ref.slice([], [0, m - 1])], 1);
  const right = np.concatenate([u.ref.slice([], [1, m]), u.slice([], [m - 1, m])], 1);
  return up.add(down).add(left).add(right);
}

const REPEATS: Readonly<Record<string, number>> = { heat: 100 };

function cdf(np: Jax['numpy'], x: JaxArray): JaxArray {
  const t = np.reciprocal(np.abs(x.ref).mul(0.2316419).add(1));
  const series = [1.781477937, -0.356563782, 0.31938153]
    .reduce((sum, c) => sum.mul(t.ref).add(c), t.ref.mul(1.330274429).add(-1.821255978)).mul(t);
  const tail = np.exp(x.ref.mul(x.ref).mul(-0.5)).mul(0.3989422804).mul(series);
  return np.where(np.less(x, 0), tail.ref, tail.mul(-1).add(1));
}

export async function openJax(): Promise<Peer> {
  if (typeof Worker === 'undefined') Object.assign(globalThis, { Worker: WebWorker });
  const jax = await import('@jax-js/jax').catch((error: Error) => {
    throw new Absent(`does not start on Node ${process.version}: ${error.message.split('\n')[0]}`);
  });
  const devices = await jax.init('wasm');
  if (!devices.includes('wasm')) throw new Absent('it finds no WebAssembly');
  jax.defaultDevice('wasm');
  return {
    name: 'jax-js',
    contender: (workload, inputs) => PROGRAMS[workload] && contender(jax, PROGRAMS[workload], inputs, REPEATS[workload] ?? 1),
    newKernel: newKernel(jax),
    close: () => workers.forEach((w) => void w.terminate()),
  };
}

function newKernel(jax: Jax): NewKernel {
  const { numpy: np } = jax;
  const chosen = (v: JaxArray, y: JaxArray, { scale, choices }: Differences): JaxArray =>
    choices.reduce((z, c) => (c ? np.maximum(z, v.ref.sub(scale)) : z.mul(v.ref).add(scale)), y);
  const programs = {
    ufunc: (v: JaxArray, d: Differences) =>
      np.where(np.less(v.ref, d.limit), v.ref.mul(d.scale), chosen(v.ref, v.ref.mul(v.ref), d)),
    stencil: (u: JaxArray, d: Differences) => chosen(u.ref, neighbors(np, u.ref).mul(d.limit), d),
  };
  return async (kind, differences) => {
    const { data, shape } = inputOf(kind);
    const input = np.array(data).reshape(shape);
    await jax.blockUntilReady(input);
    const start = performance.now();
    const values = await jax.jit((x: JaxArray) => programs[kind](x, differences))(input).data() as Float32Array;
    return { ms: performance.now() - start, values };
  };
}

function contender(jax: Jax, program: Program, inputs: readonly Tensor[], repeats: number): Contender {
  const sources = inputs.map(({ data, shape }) => jax.numpy.array(data as Float32Array).reshape([...shape]));
  const step = jax.jit((...arrays: JaxArray[]) => program(jax, ...arrays));
  const compute = (): JaxArray[] => {
    let arrays = sources.map((s) => s.ref);
    for (let t = 0; t < repeats; t++) arrays = step(...arrays);
    return arrays;
  };
  return {
    name: 'jax-js wasm',
    async run() {
      const made = await jax.blockUntilReady(compute());
      made.forEach((y) => y.dispose());
    },
    results: () => Promise.all(compute().map((y) => y.data() as Promise<Float32Array>)),
    close: () => sources.forEach((s) => s.dispose()),
  };
}

const workers: NodeWorker[] = [];

const PRELUDE = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
parentPort.on('message', (data) => self.onmessage({ data }));
`;

/** As much of the web's Worker as jax-js uses: a script from a blob, messages both ways. */
class WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((error: Error) => void) | null = null;
  readonly #started: Promise<NodeWorker>;
  #running: NodeWorker | undefined;

  constructor(url: string | URL) {
    const script = resolveObjectURL(String(url));
    this.#started = (script?.text() ?? Promise.reject(new Error('expected a blob'))).then((source) => {
      const worker = new NodeWorker(PRELUDE + source, { eval: true });
      worker.unref();
      worker.on('message', (data) => this.onmessage?.({ data }));
      worker.on('error', (error: Error) => this.onerror?.(error));
      workers.push(worker);
      return (this.#running = worker);
    });
  }

  postMessage(message: unknown): void {
    if (this.#running) this.#running.postMessage(message);
    else void this.#started.then((worker) => worker.postMessage(message));
  }

  terminate(): void {
    void this.#started.then((worker) => worker.terminate());
  }
}
