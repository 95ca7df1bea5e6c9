/** The targets by name, created once, when first asked for. */
import { ArgumentError, TargetError } from '../errors.ts';
import { onConfigure, options } from '../options.ts';
import { limitProblem } from './cpu/heap.ts';
import { createCpuTarget } from './cpu/index.ts';
import { interpreterTarget, referenceTarget } from './reference.ts';
import type { Target, TargetFactory, TargetOptions } from './target.ts';
import { createWebGpuTarget } from './webgpu/index.ts';

const factories = new Map<string, TargetFactory>();
const live = new Map<string, Target>();
const starting = new Map<string, Promise<Target>>();

/**
 * Adds a target, or replaces one of the same name that has not been used yet. `configure({ target: name })` and
 * `data({ target: name })` then reach it. `src/targets/target.ts` says what a target is.
 * @throws ArgumentError when the name is 'auto' or a target of that name is in use
 * @example
 * const noise: wf.GraphTarget = {
 *   kind: 'graph', name: 'noise', describe: () => 'answers at random', refuses: () => undefined, close: async () => {},
 *   evaluate: (roots) => roots.map((r) => new Float32Array(r.shape.reduce((n, size) => n * size, 1)).map(Math.random)),
 * };
 * wf.registerTarget({ name: 'noise', sync: true, create: () => noise });
 * (await wf.zeros([2, 3]).add(1).data({ target: 'noise' })).length; // 6
 */
export function registerTarget(factory: TargetFactory): void {
  if (factory.name === 'auto') throw new ArgumentError("registerTarget: the name 'auto' is taken");
  if (live.has(factory.name) || starting.has(factory.name)) throw new ArgumentError(`registerTarget: target '${factory.name}' is already in use`);
  factories.set(factory.name, factory);
}

/** What targets are to know of the options, as configured. */
export const targetOptions = ({ threads, math, subnormals, memoryLimit, wide } = options()): TargetOptions =>
  ({ threads: threads || undefined, math, subnormals, memoryLimit, wide });

function factoryOf(name: string): TargetFactory {
  const factory = factories.get(name);
  if (!factory) throw new ArgumentError(unknownTarget(name));
  return factory;
}

const unknownTarget = (name: string): string => `unknown target '${name}'; use one of auto, ${[...factories.keys()].join(', ')}`;

/** The target, started if need be. A start that failed is tried again at the next call. */
export async function targetNamed(name: string): Promise<Target> {
  const factory = factoryOf(name);
  const ready = live.get(name);
  if (ready) return ready;
  let start = starting.get(name);
  if (!start) {
    start = Promise.resolve(factory.create(targetOptions()));
    starting.set(name, start);
    const mine = start;
    start.then(
      (t) => starting.get(name) === mine && (starting.delete(name), live.set(name, t)),
      () => starting.get(name) === mine && starting.delete(name),
    );
  }
  return start;
}

/** The target without waiting: one that is running, or one that starts at once. `otherwise` says what to do instead. */
export function targetNamedSync(name: string, otherwise: string): Target {
  const factory = factoryOf(name);
  const ready = live.get(name);
  if (ready) return ready;
  if (!factory.sync) throw new TargetError(`target '${name}' is not running, and takes a moment to start; ${otherwise}`);
  const made = factory.create(targetOptions()) as Target;
  live.set(name, made);
  return made;
}

/** The target if it is running or starts at once. */
export function targetAtOnce(name: string): Target | undefined {
  return factories.get(name)?.sync ? targetNamedSync(name, '') : live.get(name);
}

export const liveTarget = (name: string): Target | undefined => live.get(name);

/** All that are running. */
export const liveTargets = (): Target[] => [...live.values()];

/** False once a target was closed: its buffers count for nothing any more. */
export const isLive = (target: Target): boolean => live.get(target.name) === target;

/**
 * Stops the workers and devices of every target; what is running there fails. The next evaluation starts them again.
 * Arrays made from JavaScript values, results of the CPU and results that were read are there as before; others that only
 * stayed resident on a device are lost, and using them is a TargetError.
 * @example
 * const y = wf.array([1, 2]).mul(3);
 * await y.data();
 * await wf.closeTargets(); // a Node program without pending work ends by itself; this is for pages and tests
 * await y.add(1).array(); // [4, 7]
 */
export async function closeTargets(): Promise<void> {
  const running = [...live.values()], late = [...starting.values()];
  live.clear();
  starting.clear();
  await Promise.all([
    ...running.map((t) => t.close()),
    ...late.map((start) => start.then((t) => t.close(), () => {})),
  ]);
}

onConfigure(
  () => live.forEach((t) => t.configure?.(targetOptions())),
  (next) => (next.target === 'auto' || factories.has(next.target) ? undefined : unknownTarget(next.target))
    ?? limitProblem(next.memoryLimit)
    ?? [...live.values()].map((t) => t.objects?.(targetOptions(next))).find((problem) => problem !== undefined),
);

registerTarget({ name: 'cpu', sync: true, create: createCpuTarget });
registerTarget({ name: 'webgpu', sync: false, create: createWebGpuTarget });
registerTarget({ name: 'reference', sync: true, create: () => referenceTarget });
registerTarget({ name: 'interpreter', sync: true, create: () => interpreterTarget });
