/** jax-js on its WebAssembly backend, compiled with jit. In Node it has threads only with a global `Worker`: it gets one. */
import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';
import type { Array as JaxArray } from '@jax-js/jax';
import { inputOf, type Differences } from '../first-call.ts';
import type { Contender, Job, Parameters } from '../workload.ts';
import { Absent, imported, type NewKernel, type Peer } from './peer.ts';

export type { JaxArray };
export type Jax = typeof import('@jax-js/jax');
export type JaxNumpy = Jax['numpy'];

export interface JaxProgram<P extends Parameters> {
  /** Prepares what is called once for each run; the inputs are lent: it uses `.ref`s of them. */
  program(jax: Jax, inputs: readonly JaxArray[], p: P): () => JaxArray[] | Promise<JaxArray[]>;
}

/** Consumes its arguments, as all functions of jax-js do. */
type Step = (jax: Jax, ...arrays: JaxArray[]) => JaxArray[];

/** A function of all inputs as a program. */
export const jitted = (step: Step) => (jax: Jax, inputs: readonly JaxArray[]) => {
  const compiled = jax.jit((...arrays: JaxArray[]) => step(jax, ...arrays));
  return () => compiled(...inputs.map((x) => x.ref)) as JaxArray[];
};

/** Elements of states that it may be ahead of its workers: they, and what lies between them, stay in its memory until then. */
const AHEAD = 16 << 20;

/** Steps from states to states; inputs beyond the states stay as they are. */
export const iterated = (jax: Jax, initial: readonly JaxArray[], fixed: readonly JaxArray[], steps: number, step: Step) => {
  const compiled = jax.jit((...arrays: JaxArray[]) => step(jax, ...arrays));
  return async () => {
    let states = initial.map((x) => x.ref);
    const ahead = Math.max(1, Math.floor(AHEAD / states.reduce((n, x) => n + x.size, 0)));
    for (let t = 1; t <= steps; t++) {
      states = compiled(...states, ...fixed.map((x) => x.ref)) as JaxArray[];
      if (t % ahead === 0) await jax.blockUntilReady(states);
    }
    return states;
  };
};

/** The array read `shift` elements further along an axis; what lies beyond the edge is the element at the edge. */
export function shiftedNearest(np: JaxNumpy, u: JaxArray, axis: number, shift: 1 | -1): JaxArray {
  const n = u.shape[axis];
  const along = (from: number, to: number, x: JaxArray) =>
    x.slice(...u.shape.map((_, k) => (k === axis ? [from, to] : []) as [number, number]));
  return shift === 1
    ? np.concatenate([along(1, n, u.ref), along(n - 1, n, u)], axis)
    : np.concatenate([along(0, 1, u.ref), along(0, n - 1, u)], axis);
}

/** The sum of the four neighbours; those at the edge are their own. */
export function neighborsNearest(np: JaxNumpy, u: JaxArray): JaxArray {
  return shiftedNearest(np, u.ref, 0, -1).add(shiftedNearest(np, u.ref, 0, 1))
    .add(shiftedNearest(np, u.ref, 1, -1)).add(shiftedNearest(np, u, 1, 1));
}

export async function openJax(): Promise<Peer> {
  if (typeof Worker === 'undefined') Object.assign(globalThis, { Worker: WebWorker });
  const jax = await imported(import('@jax-js/jax'));
  const devices = await jax.init('wasm');
  if (!devices.includes('wasm')) throw new Absent('it finds no WebAssembly');
  jax.defaultDevice('wasm');
  return {
    name: 'jax-js',
    contender: (job) => (job.workload.peers?.jax ? contender(jax, job) : undefined),
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
    stencil: (u: JaxArray, d: Differences) => chosen(u.ref, neighborsNearest(np, u.ref).mul(d.limit), d),
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

function contender(jax: Jax, { workload: { peers }, inputs, parameters }: Job): Contender {
  const sources = inputs.map(({ data, shape }) => {
    // It has no bytes.
    const known = data instanceof Uint8Array ? Int32Array.from(data) : data;
    return jax.numpy.array(known as Float32Array<ArrayBuffer>).reshape([...shape]);
  });
  const compute = peers!.jax!(jax, sources, parameters);
  return {
    of: 'jax-js', name: 'jax-js wasm',
    async run() {
      const made = await jax.blockUntilReady(await compute());
      made.forEach((y) => y.dispose());
    },
    results: async () => Promise.all((await compute()).map((y) => y.data() as Promise<Float32Array>)),
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
