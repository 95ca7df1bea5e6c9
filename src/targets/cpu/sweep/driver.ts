/**
 * The driver of a sweep: `k0` does some bands of it. A band is cut into pieces; for each piece the stages are called in turn, for
 * the units that those after them will read. What stages leave for each other is in windows of the thread's workspace: the base
 * address of a window in a call's parameters is that of unit 0, as if all units were there, so stages need not know; in a ring,
 * where units come round, stages mask their coordinates.
 *
 * The code depends on which stages there are and who reads what; all sizes are parameters, in the order that they have here.
 */
import { dtypes } from '../../../dsl/dtype.ts';
import type { Bytes, Pointer } from '../emit/address.ts';
import { Code, type Scalar } from '../emit/code.ts';
import { layoutSpecOf, paramsOf, type Nest } from '../emit/frame.ts';
import { bytesAsWords, layoutOf } from '../layout.ts';
import type { Program } from '../program.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';
import { movingBases, type PreparedSweep } from './prepare.ts';

/** Names in order, and whether each is an address, or bytes; or a count. */
type Fields = Readonly<Record<string, 'bytes' | 'count'>>;
type Values<F extends Fields> = { readonly [K in keyof F]: number };
type Locals<F extends Fields> = { readonly [K in keyof F]: F[K] extends 'bytes' ? Pointer : Local };

const ADDRESSES = { locks: 'bytes', threads: 'count', workspaces: 'bytes', template: 'bytes' } as const satisfies Fields;
const SIZES = {
  workspace: 'bytes', parameters: 'bytes', bandsPerBatch: 'count', bandUnits: 'count', units: 'count', chunk: 'count', lead: 'count',
} as const satisfies Fields;
const STAGE = { units: 'count', lo: 'count', hi: 'count', grain: 'count' } as const satisfies Fields;
const CALL = { blocks: 'count' } as const satisfies Fields;
const WINDOW = { unitBytes: 'bytes', room: 'count', at: 'bytes', elementBytes: 'bytes' } as const satisfies Fields;
const BACK = { lo: 'count' } as const satisfies Fields;
const PLANE = { at: 'bytes', unitBytes: 'bytes' } as const satisfies Fields;
const STRIPS = { count: 'count', columns: 'count' } as const satisfies Fields;
const BEYOND = { lo: 'count', hi: 'count', all: 'count' } as const satisfies Fields;
/** Bytes between the locks of workspaces. */
export const LOCK_APART = 64;

const controls = new WeakMap<PreparedSweep, Int32Array>();

/** The control block of a sweep, but for what differs from run to run: see `writeAddresses`. */
export function controlWords(p: PreparedSweep): Int32Array {
  let words = controls.get(p);
  if (!words) controls.set(p, words = Int32Array.from(makeControl(p)));
  return words;
}

/** `at`: the first word of the control block. */
export const writeAddresses = (words: Int32Array, at: number, addresses: Values<typeof ADDRESSES>, memory64: boolean): void =>
  words.set(asWords(ADDRESSES, addresses, memory64), at);

const asWords = <F extends Fields>(fields: F, values: Values<F>, memory64: boolean): number[] =>
  Object.entries(fields).flatMap(([name, kind]) => bytesAsWords([values[name]], memory64 && kind === 'bytes'));

function makeControl(p: PreparedSweep): number[] {
  const { pieces, sweep, memory64 } = p;
  const wordsOf = <F extends Fields>(fields: F, values: Values<F>): number[] => asWords(fields, values, memory64);
  return [
    ...wordsOf(ADDRESSES, { locks: 0, threads: 0, workspaces: 0, template: 0 }),
    ...wordsOf(SIZES, { workspace: p.workspace, parameters: p.parameters, ...pieces, units: sweep.units }),
    ...sweep.stages.flatMap((stage, s) => wordsOf(STAGE, { ...stage, grain: p.stages[s].grain })),
    ...p.stages.flatMap((s) => s.prepared.calls.flatMap((c) => wordsOf(CALL, c))),
    ...p.windows.flatMap((w) => wordsOf(WINDOW, w)),
    ...p.windows.flatMap((w) => w.of.consumers.flatMap((c) => wordsOf(BACK, c))),
    ...p.planes.flatMap((list, s) => list.flatMap((at, k) =>
      (at === undefined ? [] : wordsOf(PLANE, { at, unitBytes: planeUnitBytes(p, s, k) })))),
    ...p.strips ? wordsOf(STRIPS, p.strips) : [],
    ...p.strips?.stages.flatMap((s) => wordsOf(BEYOND, s)) ?? [],
  ];
}

const planeUnitBytes = (p: PreparedSweep, stage: number, plane: number): number => {
  const { unit, dtype } = p.stages[stage].prepared.planes[plane];
  return unit * dtypes[dtype].bytes;
};

/** The parts of a prepared sweep that the code depends on. */
export const structureOf = ({ sweep, stages, windows, planes, strips }: PreparedSweep): string => [
  strips ? 'strips' : '', sweep.wraps ? 'wraps' : '',
  stages.map(({ launch, prepared }, s) => `${launch.code}#${prepared.calls.length}${sweep.stages[s].terminal ? 't' : ''}`).join('\n'),
  windows.map((w) => `${w.ring ? 'r' : ''}${w.of.producer}>${w.of.consumers.map((c) => c.stage).join()}`).join(';'),
  sweep.stages.map(({ launch }) => [...launch.inputs.map((x) => x.slot), '>', ...launch.outputs]
    .map((slot) => (typeof slot === 'number' ? windows.findIndex((w) => w.of.slot === slot) : slot)).join()).join(';'),
  planes.map((list) => list.map((at) => (at === undefined ? 'g' : 'w')).join('')).join(),
].join('|');

/** `functions[stage][call]` are the kernels. */
export function emitDriver(module: ModuleBuilder, p: PreparedSweep, functions: readonly (readonly Func[])[]): void {
  const { stages, windows, planes, sweep: { wraps } } = p;
  module.func('k0', { params: paramsOf(module) }, (f, { start, end, params }) => {
    const c = new Code(f);
    let next = 0;
    const count = (name: string): Local => {
      const local = f.local('i32', name);
      c.raw('i32.load', [params], next);
      f.set(local);
      next += 4;
      return local;
    };
    const bytes = (name: string): Pointer => {
      next += c.at.size;
      return c.at.load({ pointer: params }, next - c.at.size, name);
    };
    const read = <F extends Fields>(fields: F, label: string): Locals<F> => Object.fromEntries(
      Object.entries(fields).map(([name, kind]) => [name, (kind === 'bytes' ? bytes : count)(`${name}${label}`)])) as Locals<F>;
    c.raw('i32.ge_s', [start, end]);
    f.if(() => f.return());
    const control = { ...read(ADDRESSES, ''), ...read(SIZES, '') };
    const own = stages.map((_, s) => read(STAGE, `${s}`));
    const blocks = stages.map((s) => s.prepared.calls.map((_, k) => read(CALL, `${k}`).blocks));
    const window = windows.map((_, w) => read(WINDOW, `_w${w}`));
    const back = windows.map((w) => w.of.consumers.map((_, k) => read(BACK, `_back${k}`).lo));
    const plane = planes.map((list) => list.map((at) => (at === undefined ? undefined : read(PLANE, '_plane'))));

    const strip = p.strips && {
      ...read(STRIPS, ''),
      stages: stages.map((_, s) => ({ ...read(BEYOND, `Column${s}`), first: f.local('i32', `first${s}`) })),
    };

    const [lock, workspace] = claim(c, control);
    const done = stages.map((_, s) => f.local('i32', `done${s}`));
    const origin = windows.map((_, w) => f.local('i32', `origin${w}`));
    c.raw('memory.copy', [workspace, control.template, control.parameters]);

    const block = c.variable(start, 'block');
    c.whileBelow(block, end, () => {
      const band = strip ? c.x('i32.div_u', [block, strip.count]) : block;
      if (strip) enterStrip(c.x('i32.rem_u', [block, strip.count]));
      const batch = c.x('i32.div_u', [band, control.bandsPerBatch]);
      const from = c.variable(c.mul(c.x('i32.rem_u', [band, control.bandsPerBatch]), control.bandUnits), 'from');
      const to = c.min(c.add(from, control.bandUnits), control.units);
      const isFirst = c.x('i32.eqz', [from]);
      stages.forEach((_, s) => {
        const ahead = c.add(from, own[s].lo);
        const inside = (): Scalar => c.choose(() => c.push(isFirst), 0, c.min(c.max(ahead, 0), own[s].units));
        c.assign(done[s], wraps ? ahead : inside());
      });
      windows.forEach((w, k) => c.assign(origin[k], done[w.of.producer]));
      const at = c.variable(c.sub(from, control.lead), 'at');
      c.whileBelow(at, to, () => {
        c.assign(at, c.min(c.add(at, control.chunk), to));
        const isLast = c.x('i32.eq', [at, control.units]);
        stages.forEach((_, s) => {
          const ahead = c.add(at, own[s].hi);
          const inside = (): Local => c.choose(() => c.push(isLast), own[s].units, c.min(ahead, own[s].units));
          const stop = wraps ? c.variable(ahead) : inside();
          c.raw('i32.lt_s', [done[s], stop]);
          f.if(() => {
            windows.forEach((w, k) => {
              if (w.of.producer === s && !w.ring && !strip) makeRoom(k, stop);
            });
            if (wraps) callAround(s, batch, stop);
            else call(s, batch, done[s], stop);
            c.assign(done[s], stop);
          });
        });
      });
      c.advance(block, 1);
    });
    c.raw('i32.atomic.store', [lock, 0]);

    /** Tells every stage its columns. */
    function enterStrip(index: Local): void {
      const left = c.variable(c.mul(index, strip!.columns), 'left');
      const right = c.add(left, strip!.columns);
      strip!.stages.forEach(({ lo, hi, all, first }, s) => {
        c.assign(first, c.min(c.max(c.add(left, lo), 0), all));
        const last = c.max(first, c.min(c.add(right, hi), all));
        const { program, at } = stages[s];
        nestsOf(program).forEach((nest, k) => {
          const layout = layoutOf(layoutSpecOf(nest));
          c.raw('i32.store', [c.at.plus(workspace, at[k]), first], layout.firstColumn);
          c.raw('i32.store', [c.at.plus(workspace, at[k]), last], layout.lastColumn);
        });
      });
    }

    /** Moves a window on, if it has no room up to `stop`, to what is still read. */
    function makeRoom(k: number, stop: Local): void {
      const w = windows[k].of;
      c.raw('i32.gt_s', [c.sub(stop, origin[k]), window[k].room]);
      f.if(() => {
        // A stage that is through, which may have fewer units than others, reads nothing any more.
        const keep = w.consumers.reduce<Scalar>((least, { stage }, j) => c.choose(
          () => c.raw('i32.lt_s', [done[stage], own[stage].units]), c.min(least, c.add(done[stage], back[k][j])), least,
        ), done[w.producer]);
        const first = c.max(keep, origin[k]);
        const area = c.at.plus(workspace, window[k].at);
        const move = c.at.times(c.sub(first, origin[k]), window[k].unitBytes);
        c.raw('memory.copy', [area, c.at.plus(area, move), c.at.times(c.sub(done[w.producer], first), window[k].unitBytes)]);
        c.assign(origin[k], first);
      });
    }

    /** The same for units up to `stop` of which some may be beyond the ends: those that they are, and how far round that is. */
    function callAround(s: number, batch: Local, stop: Local): void {
      const { units: all } = own[s];
      // What is at the end of a reduction reads no ring.
      const { round: word } = layoutOf(layoutSpecOf(nestsOf(stages[s].program)[0]));
      c.whileBelow(done[s], stop, () => {
        const rest = c.variable(c.x('i32.rem_s', [done[s], all]));
        const first = c.variable(c.choose(() => c.raw('i32.lt_s', [rest, 0]), c.add(rest, all), rest), 'first');
        const round = c.variable(c.sub(done[s], first), 'round');
        const last = c.variable(c.min(c.sub(stop, round), all), 'last');
        c.raw('i32.store', [c.at.plus(workspace, stages[s].at[0]), round], word);
        call(s, batch, first, last);
        c.assign(done[s], c.add(last, round));
      });
    }

    /** Calls a stage for its units from `start` up to `stop`. */
    function call(s: number, batch: Local, start: Local, stop: Local): void {
      const before = c.mul(batch, own[s].units);
      stages[s].prepared.calls.forEach(({ call: made }, k) => {
        const at = stages[s].at[k];
        const parameters = c.at.plus(workspace, at) as Pointer;
        for (const base of movingBases(p, s, made)) {
          const address = base.window === undefined
            ? planeAddress(s, base.plane!, c.add(before, start))
            : windowAddress(base.window, batch);
          c.at.storeSum(parameters, 4 * base.word, control.template, at + 4 * base.word, address);
        }
        const grain = own[s].grain;
        const first = c.x('i32.div_u', [c.add(before, start), grain]);
        const last = c.x('i32.div_u', [c.sub(c.add(c.add(before, stop), grain), 1), grain]);
        [c.mul(first, blocks[s][k]), c.mul(last, blocks[s][k]), parameters].forEach((v) => c.push(v));
        f.call(functions[s][k]);
      });
    }

    /** Where unit 0 of a window would be, or is in a ring. */
    function windowAddress(k: number, batch: Local): Bytes {
      const { at, elementBytes } = window[k];
      const { ring, of: { producer } } = windows[k];
      const address = ring ? c.at.plus(workspace, at) : shifted(window[k], c.add(c.mul(batch, own[producer].units), origin[k]));
      return inStrip(address, producer, elementBytes);
    }

    function planeAddress(s: number, k: number, first: Scalar): Bytes {
      return inStrip(shifted(plane[s][k]!, first), s, dtypes[stages[s].prepared.planes[k].dtype].bytes);
    }

    /** Where column 0 would be, of something that begins with the first column of a stage. */
    function inStrip(address: Bytes, stage: number, elementBytes: Bytes): Bytes {
      return strip ? c.at.minus(address, c.at.times(strip.stages[stage].first, elementBytes)) : address;
    }

    /** Where unit 0 would be, of something whose unit `first` is at its start. */
    function shifted({ at, unitBytes }: Locals<typeof PLANE>, first: Scalar): Bytes {
      return c.at.minus(c.at.plus(workspace, at), c.at.times(first, unitBytes));
    }
  });
}

/** What the calls of a stage run. */
const nestsOf = (p: Program): Nest[] => (p.kind === 'reduce' ? [p.reduce, p.finish.nest] : [p.map.nest]);

/** Takes a free workspace: the address of its lock, and its own. */
function claim(c: Code, control: Locals<typeof ADDRESSES> & Pick<Locals<typeof SIZES>, 'workspace'>): readonly [Pointer, Pointer] {
  const { f } = c;
  const index = c.variable(0, 'index');
  const lock = c.at.variable(control.locks, 'lock');
  f.block((free) => f.loop((again) => {
    c.raw('i32.atomic.rmw.xchg', [lock, 1]);
    f.op('i32.eqz');
    f.brIf(free);
    c.advance(index, 1);
    c.raw('i32.eq', [index, control.threads]);
    f.if(() => c.assign(index, 0));
    c.at.assign(lock, c.at.plus(control.locks, c.at.times(index, LOCK_APART)));
    f.br(again);
  }));
  return [lock, c.at.variable(c.at.plus(control.workspaces, c.at.times(index, control.workspace)), 'workspace')];
}
