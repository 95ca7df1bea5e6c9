/** What targets have in memory. */
import { liveTargets } from './targets/registry.ts';
import type { MemoryUse } from './targets/target.ts';

/**
 * Bytes that arrays take, by the name of the target, of all targets that are running and can tell (cpu). Arrays that nobody needs
 * count until they were collected.
 * @example
 * const y = await wf.ones([1000]).add(1).eval({ target: 'cpu' });
 * const { used } = wf.memory().cpu;
 * y.dispose();
 * used - wf.memory().cpu.used; // 4032
 */
export function memory(): Readonly<Record<string, MemoryUse>> {
  return Object.fromEntries(liveTargets().flatMap((target) => {
    const use = target.kind === 'plan' ? target.memory?.() : undefined;
    return use ? [[target.name, use]] : [];
  }));
}
