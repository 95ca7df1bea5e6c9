/**
 * Bodies that lanes bring nothing: loops that store, or load what they stored, where the data says. Every lane would be served
 * by itself, its turns would wait for those of the others, and as many points as there are lanes would compete for the cache.
 * They run point by point instead.
 */
import type { Effect, Fn, Loop, Value } from '../../../dsl/kernel/ir.ts';
import { valuesOf } from '../../../dsl/kernel/walk.ts';
import { opInfo } from '../../../dsl/ops.ts';
import { runFinder } from './runs.ts';
import { loopsIn, uniformityOf, valuesIn } from './uniformity.ts';

type Access = Effect & { kind: 'store' | 'load' };

/** Whether what a turn reads says where the next one reads: a point waits for memory, and others had better wait with it. */
function chases(loop: Loop, isUniform: (v: Value) => boolean): boolean {
  const isRead = (v: Value): boolean => v.kind === 'gather' && !isUniform(v);
  const below = (v: Value): readonly Value[] => valuesOf([v]);
  const led = new Set(loop.states.filter((_, k) => below(loop.next[k]).some(isRead)));
  const turn = valuesOf([loop.test, ...loop.next], loop.effects);
  return led.size > 0 && turn.some((v) => isRead(v) && below(v).some((o) => led.has(o)));
}

/** Arithmetic in adds, for each access that lanes do one by one, for which lanes are worth it all the same. */
const WORTH_LANES = 16;

/** Whether to run point by point where lanes would be neighbours along the axis `inner`. */
export function isSerial(body: Pick<Fn, 'results' | 'effects'>, inner: number): boolean {
  if (!body.effects.some((e) => e.kind === 'loop')) return false;
  const values = valuesIn(body);
  const loops = loopsIn(body, values);
  const accesses = loops.flatMap((l) => l.effects).filter((e): e is Access => e.kind !== 'loop');
  if (accesses.length === 0) return false;
  const isUniform = uniformityOf(body, (v) => (v.kind === 'coord' ? v.axis !== inner : v.kind !== 'read' && v.kind !== 'inside'));
  const loopOf = new Map<number, Loop>(loops.map((l) => [l.id, l]));
  const isRun = runFinder(inner, isUniform, (state) => loopOf.get(state.loop)!);
  const apart = accesses.filter(({ index }) => index.some((i) => !isUniform(i) && !isRun(i)));
  if (apart.length === 0 || accesses.some((a) => !apart.includes(a))) return false;
  if (loops.some((l) => chases(l, isUniform))) return false;
  const arithmetic = values.reduce((sum, v) => sum + (v.kind === 'op' && !isUniform(v) ? opInfo(v.op).cost : 0), 0);
  const gathers = values.filter((v) => v.kind === 'gather' && v.index.some((i) => !isUniform(i))).length;
  return arithmetic <= WORTH_LANES * (apart.length + gathers);
}
