/**
 * Where ways of control meet, the engine joins the values that every local has on each way, needed or not, until a later pass
 * finds that nobody asks. Before that pass V8 makes wider instructions of pairs: to it a value that is left in a local at the
 * end of a turn is wanted as 128 bits, and it counts what taking it apart would cost. So such locals are zeroed where they die.
 */

/** What a function does with its v128 locals, and the control flow, in the order of the code. `at`: bytes of code before. */
export type Trace =
  | { readonly kind: 'get' | 'set'; readonly at: number; readonly local: number }
  | { readonly kind: 'block' | 'loop' | 'if' | 'else' | 'end' | 'leave'; readonly at: number }
  | { readonly kind: 'br' | 'brIf'; readonly at: number; readonly depth: number };

/** At `at`, these locals hold what nobody will ask for. */
export interface Dead {
  readonly at: number;
  readonly locals: readonly number[];
}

/** A block, loop or if. */
interface Construct {
  readonly kind: 'block' | 'loop' | 'if';
  /** Locals that are set inside. */
  readonly sets: Set<number>;
  /** Needed after it, or, of a loop, at its start: where branches to it lead. */
  target: ReadonlySet<number>;
  /** Of an if: needed by its other arm. */
  other?: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** Where which locals have to be zeroed. */
export function deadLocals(trace: readonly Trace[]): Dead[] {
  const constructs = constructsOf(trace);
  return placesOf(trace, constructs, findNeeded(trace, constructs));
}

/** By the index at which each opens. */
function constructsOf(trace: readonly Trace[]): ReadonlyMap<number, Construct> {
  const all = new Map<number, Construct>();
  const open: Construct[] = [];
  trace.forEach((t, k) => {
    switch (t.kind) {
      case 'block': case 'loop': case 'if': {
        const made = { kind: t.kind, sets: new Set<number>(), target: NONE };
        all.set(k, made);
        open.push(made);
        return;
      }
      case 'end': {
        const { sets } = open.pop()!;
        sets.forEach((local) => open.at(-1)?.sets.add(local));
        return;
      }
      case 'set': open.at(-1)?.sets.add(t.local); return;
      case 'get': case 'else': case 'br': case 'brIf': case 'leave': return;
      default: t satisfies never;
    }
  });
  return all;
}

/** Opening index of the construct that each end and else belongs to. */
function openings(trace: readonly Trace[]): Map<number, number> {
  const of = new Map<number, number>();
  const open: number[] = [];
  trace.forEach(({ kind }, k) => {
    if (kind === 'block' || kind === 'loop' || kind === 'if') open.push(k);
    else if (kind === 'else') of.set(k, open.at(-1)!);
    else if (kind === 'end') of.set(k, open.pop()!);
  });
  return of;
}

/**
 * Finds what is needed at the targets of branches, backwards, until the loops agree with their starts. Returns what is needed
 * where a conditional branch is not taken.
 */
function findNeeded(
  trace: readonly Trace[], constructs: ReadonlyMap<number, Construct>,
): ReadonlyMap<number, ReadonlySet<number>> {
  const opened = openings(trace);
  const stays = new Map<number, ReadonlySet<number>>();
  for (let changed = true; changed;) {
    changed = false;
    let needed = new Set<number>();
    const inside: Construct[] = [];
    for (let k = trace.length - 1; k >= 0; k--) {
      const t = trace[k];
      switch (t.kind) {
        case 'get': needed.add(t.local); break;
        case 'set': needed.delete(t.local); break;
        case 'end': {
          const c = constructs.get(opened.get(k)!)!;
          if (c.kind !== 'loop') c.target = new Set(needed);
          inside.push(c);
          break;
        }
        case 'else': {
          const c = inside.at(-1)!;
          c.other = needed;
          needed = new Set(c.target);
          break;
        }
        case 'block': inside.pop(); break;
        case 'if': {
          const c = inside.pop()!;
          (c.other ?? c.target).forEach((local) => needed.add(local));
          break;
        }
        case 'loop': {
          const c = inside.pop()!;
          if (c.target.size !== needed.size) changed = true;
          c.target = new Set(needed);
          break;
        }
        case 'br': needed = new Set(inside.at(-1 - t.depth)?.target); break;
        case 'brIf':
          stays.set(k, new Set(needed));
          inside.at(-1 - t.depth)?.target.forEach((local) => needed.add(local));
          break;
        case 'leave': needed = new Set(); break;
        default: t satisfies never;
      }
    }
  }
  return stays;
}

/** On every way to where ways meet: what is set in the construct that is left or repeated, and not needed there. */
function placesOf(
  trace: readonly Trace[], constructs: ReadonlyMap<number, Construct>, stays: ReadonlyMap<number, ReadonlySet<number>>,
): Dead[] {
  const places: Dead[] = [];
  const inside: Construct[] = [];
  /** Set, and not zeroed since. */
  const used = new Set<number>();
  let reachable = true;
  const zero = (at: number, to: Construct | undefined, orElse: ReadonlySet<number> = NONE): void => {
    if (!to || !reachable) return;
    const locals = [...to.sets].filter((local) => used.has(local) && !to.target.has(local) && !orElse.has(local));
    if (locals.length === 0) return;
    places.push({ at, locals });
    locals.forEach((local) => used.delete(local));
  };
  trace.forEach((t, k) => {
    switch (t.kind) {
      case 'get': return;
      case 'set': used.add(t.local); return;
      case 'loop': zero(t.at, constructs.get(k)!); inside.push(constructs.get(k)!); return;
      case 'block': case 'if': inside.push(constructs.get(k)!); return;
      case 'else': zero(t.at, inside.at(-1)!); reachable = true; return;
      case 'end': {
        const c = inside.pop()!;
        if (c.kind !== 'loop') {
          zero(t.at, c);
          reachable = true;
        }
        return;
      }
      case 'br': zero(t.at, inside.at(-1 - t.depth)); reachable = false; return;
      case 'brIf': zero(t.at, inside.at(-1 - t.depth), stays.get(k)); return;
      case 'leave': reachable = false; return;
      default: t satisfies never;
    }
  });
  return places;
}
