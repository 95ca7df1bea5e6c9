/** Plans by the structure of their graphs. */
import { sameNumbers, type Graph } from './canonical.ts';
import type { Plan } from './plan.ts';

/** Plans kept; the least recently used go first. */
const MAX_PLANS = 512;

interface Entry {
  readonly structure: readonly number[];
  readonly max: number;
  readonly plan: Plan | undefined;
  /** When it was last asked for. */
  used: number;
}

export class PlanCache {
  hits = 0;
  misses = 0;
  size = 0;
  private readonly entries = new Map<number, Entry[]>();

  /** The plan of graphs of this structure, with at most `max` fusions. `make` may find that there is none, once. */
  find({ structure }: Graph, max: number, make: () => Plan | undefined): Plan | undefined {
    const hash = hashOf(structure);
    const list = this.entries.get(hash);
    let entry = list && entryOf(list, structure, max);
    if (entry) this.hits++;
    else {
      entry = { structure, max, plan: make(), used: 0 };
      this.add(hash, entry);
      this.misses++;
    }
    entry.used = this.hits + this.misses;
    return entry.plan;
  }

  clear(): void {
    this.entries.clear();
    this.hits = this.misses = this.size = 0;
  }

  private add(hash: number, entry: Entry): void {
    if (this.size >= MAX_PLANS) this.forgetOldest();
    const list = this.entries.get(hash);
    if (list) list.push(entry);
    else this.entries.set(hash, [entry]);
    this.size++;
  }

  private forgetOldest(): void {
    const all = [...this.entries].flatMap(([hash, list]) => list.map((entry) => ({ hash, entry })));
    const { hash, entry } = all.reduce((a, b) => (b.entry.used < a.entry.used ? b : a));
    const rest = this.entries.get(hash)!.filter((e) => e !== entry);
    if (rest.length > 0) this.entries.set(hash, rest);
    else this.entries.delete(hash);
    this.size--;
  }
}

function entryOf(list: readonly Entry[], structure: readonly number[], max: number): Entry | undefined {
  for (const entry of list) if (entry.max === max && sameNumbers(entry.structure, structure)) return entry;
  return undefined;
}

function hashOf(numbers: readonly number[]): number {
  let hash = 0;
  for (let k = 0; k < numbers.length; k++) hash = Math.imul(hash, 31) + numbers[k] | 0;
  return hash;
}
