/** A cpu target that counts: buffers alive, launches, results. Registered under the name 'spy'. */
import vm from 'node:vm';
import v8 from 'node:v8';
import { registerTarget } from '../../src/index.ts';
import { launchesOf } from '../../src/fusion/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import type { DeviceBuffer, Job, PlanTarget } from '../../src/targets/target.ts';

export const spy = {
  /** Buffers allocated and not released, how many, and their bytes. */
  live: new Set<DeviceBuffer>(),
  buffers: 0,
  bytes: 0,
  /** The most bytes that there were since this was set. */
  peak: 0,
  /** Jobs run, and the launches in them. */
  jobs: 0,
  launches: 0,
  uploads: 0,
  /** The next job fails with this, before it runs. */
  failNext: undefined as Error | undefined,
};

function counting(target: PlanTarget): PlanTarget {
  const run = (job: Job): void => {
    spy.jobs++;
    spy.launches += job.runs.flatMap(launchesOf).length;
    const error = spy.failNext;
    spy.failNext = undefined;
    if (error) throw error;
  };
  const changes: Partial<PlanTarget> = {
    name: 'spy',
    allocate(bytes) {
      const buffer = target.allocate(bytes);
      spy.live.add(buffer);
      spy.buffers++;
      spy.bytes += bytes;
      spy.peak = Math.max(spy.peak, spy.bytes);
      return buffer;
    },
    release(buffer: DeviceBuffer) {
      target.release(buffer);
      spy.live.delete(buffer);
      spy.buffers--;
      spy.bytes -= buffer.bytes;
    },
    upload(buffer, data) {
      spy.uploads++;
      target.upload(buffer, data);
    },
    async run(job) {
      run(job);
      await target.run(job);
    },
    runSync(job) {
      run(job);
      target.runSync!(job);
    },
  };
  return new Proxy(target, {
    get: (t, key) => (key in changes ? Reflect.get(changes, key) : Reflect.get(t, key)) as unknown,
  });
}

registerTarget({ name: 'spy', sync: true, create: (options) => counting(createCpuTarget(options)) });

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

/** Collects garbage until finalizers have run. */
export async function collect(): Promise<void> {
  for (let k = 0; k < 3; k++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
