/** What differs between Node and browsers for threads. No static `node:` import, so that bundles run anywhere. */
import type { WorkerStart } from './layout.ts';

/** Node proper; Deno also has `process`, but its Web Workers are the better fit. */
const node = (globalThis as { Deno?: unknown }).Deno === undefined && globalThis.process?.versions?.node !== undefined
  ? globalThis.process
  : undefined;

/** Cores that threads may use. */
export function availableThreads(): number {
  return node?.getBuiltinModule?.('node:os').availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

export interface Thread {
  /** Ends it, whatever it is doing. */
  stop(): Promise<unknown>;
}

/** Starts a thread from the text of a script. `gone` is called once, if it ends or fails to start. */
export function startThread(source: string, start: WorkerStart, gone: (reason: string) => void): Thread {
  return node ? startNodeThread(source, start, gone) : startWebThread(source, start, gone);
}

function startNodeThread(source: string, start: WorkerStart, gone: (reason: string) => void): Thread {
  const threads = node?.getBuiltinModule?.('node:worker_threads');
  if (threads === undefined) throw new Error('threads need Node 20.16 or later');
  // No inherited execArgv: loaders and inspectors of the main thread are of no use to a worker that runs one script.
  const worker = new threads.Worker(source, { eval: true, execArgv: [], name: 'weft' });
  let reason = 'it ended';
  worker.on('error', (error) => (reason = String(error)));
  worker.on('exit', () => gone(reason));
  worker.postMessage(start);
  worker.unref();
  return {
    stop: () => {
      // Whoever waits for the end must not see the process exit first.
      worker.ref();
      return worker.terminate();
    },
  };
}

let workerUrl: string | undefined;

function startWebThread(source: string, start: WorkerStart, gone: (reason: string) => void): Thread {
  workerUrl ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(workerUrl, { name: 'weft' });
  worker.onerror = (event) => gone(event.message || 'the browser refused to start it (a content security policy without worker-src blob:?)');
  worker.postMessage(start);
  return {
    stop: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** Whether this thread may block in Atomics.wait: everywhere but on a browser's main thread. */
export function canBlock(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves after other tasks of the event loop had their turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
    } else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    }
  });
}

type WaitAsync = (words: Int32Array, index: number, value: number, timeout: number) => { value: Promise<string> | string };
const waitAsync = (Atomics as { waitAsync?: WaitAsync }).waitAsync;

/** Resolves when the word no longer has the value or somebody notified it, at the latest after `timeout` ms. */
export async function wordChange(words: Int32Array, index: number, value: number, timeout: number): Promise<void> {
  if (waitAsync === undefined) return nextTask();
  // Neither a pending waitAsync, its timeout included, nor the unreferenced workers keep Node alive; an interval does.
  const alive = setInterval(() => undefined, timeout);
  await waitAsync(words, index, value, timeout).value;
  clearInterval(alive);
}

/** Of Node proper. */
export const nodeVersion = (): number | undefined =>
  (node?.versions['bun'] === undefined && node ? Number.parseInt(node.versions.node) : undefined);

/** Whether V8 can be told how to compile, and nobody else has. */
export function canChooseCompiler(): boolean {
  const chosenByUser = [...(node?.execArgv ?? []), node?.env['NODE_OPTIONS'] ?? ''].some((flags) => /liftoff|experimental-wasm-revectorize/.test(flags));
  return nodeVersion() !== undefined && node?.getBuiltinModule !== undefined && !chosenByUser;
}

/** Flags of V8 for the time of a compilation, and what they are otherwise. They hold for the whole process. */
const FLAGS = {
  optimised: { on: '--no-liftoff', off: '--liftoff' },
  wide: { on: '--experimental-wasm-revectorize', off: '--no-experimental-wasm-revectorize' },
} as const;

/**
 * Runs `work` with V8 set to compile WebAssembly with its optimising compiler at once (0.2-1.2 ms a kernel), and, if it shall
 * be `wide`, to make instructions of 256 bits. Functions are compiled at their first call, so that call belongs into `work`;
 * other threads take the code as it is then. Elsewhere than in Node it just runs `work`.
 */
export function optimisedFirst<T>(work: () => T, wide = false): T {
  if (!canChooseCompiler()) return work();
  const v8 = node!.getBuiltinModule('node:v8');
  const flags = wide ? [FLAGS.optimised, FLAGS.wide] : [FLAGS.optimised];
  flags.forEach(({ on }) => v8.setFlagsFromString(on));
  try {
    return work();
  } finally {
    flags.forEach(({ off }) => v8.setFlagsFromString(off));
  }
}
