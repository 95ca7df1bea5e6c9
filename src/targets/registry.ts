/** The targets by name, created once, when first asked for. */
import { ArgumentError, TargetError } from '../errors.ts';
import { onConfigure, options } from '../options.ts';
import { createCpuTarget } from './cpu/index.ts';
import { referenceTarget } from './reference.ts';
import type { Target, TargetFactory } from './target.ts';
import { createWebGpuTarget } from './webgpu/index.ts';

const factories = new Map<string, TargetFactory>();
const live = new Map<string, Target>();
const starting = new Map<string, Promise<Target>>();

/**
 * Adds a target, or replaces one of the same name that has not been used yet. `configure({ target: name })` and
 * `data({ target: name })` then reach it.
 */
export function registerTarget(factory: TargetFactory): void {
  if (factory.name === 'auto') throw new ArgumentError("registerTarget: the name 'auto' is taken");
  if (live.has(factory.name) || starting.has(factory.name)) throw new ArgumentError(`registerTarget: target '${factory.name}' is already in use`);
  factories.set(factory.name, factory);
}

const targetOptions = () => ({ threads: options().threads || undefined, math: options().math });

function factoryOf(name: string): TargetFactory {
  const factory = factories.get(name);
  if (!factory) throw new ArgumentError(`unknown target '${name}'; use one of auto, ${[...factories.keys()].join(', ')}`);
  return factory;
}

/** The target, started if need be. A start that failed is tried again at the next call. */
export async function targetNamed(name: string): Promise<Target> {
  const factory = factoryOf(name);
  const ready = live.get(name);
  if (ready) return ready;
  let start = starting.get(name);
  if (!start) {
    start = Promise.resolve(factory.create(targetOptions()));
    starting.set(name, start);
    start.then((t) => live.set(name, t), () => {}).finally(() => starting.delete(name));
  }
  return start;
}

/** The target without waiting: one that is running, or one that starts at once. */
export function targetNamedSync(name: string): Target {
  const factory = factoryOf(name);
  const ready = live.get(name);
  if (ready) return ready;
  if (!factory.sync) throw new TargetError(`target '${name}' starts asynchronously; use await data() or await eval() instead of the sync form`);
  const made = factory.create(targetOptions()) as Target;
  live.set(name, made);
  return made;
}

export const liveTarget = (name: string): Target | undefined => live.get(name);

/** Stops workers and devices of every target. The next evaluation starts them again; resident arrays are lost. */
export async function closeTargets(): Promise<void> {
  const all = [...live.values()];
  live.clear();
  await Promise.all(all.map((t) => t.close()));
}

onConfigure(() => live.forEach((t) => t.configure?.(targetOptions())));

registerTarget({ name: 'cpu', sync: true, create: createCpuTarget });
registerTarget({ name: 'webgpu', sync: false, create: createWebGpuTarget });
registerTarget({ name: 'reference', sync: true, create: () => referenceTarget });
