/**
 * How the values of a piece are held, decided before anything is emitted: which are the same in every lane, which of those as
 * a plain i32, which are not computed at all unless somebody asks. A plain piece (no control flow, no gathers, no stores)
 * needs none of this: every value is computed where it stands, in as many registers as its site has.
 */
import { blockOf, type Block } from '../../../dsl/kernel/blocks.ts';
import type { Effect, Loop, Value } from '../../../dsl/kernel/ir.ts';
import { isLong } from './economy.ts';
import type { Leaf } from './evaluate.ts';
import { runFinder } from './runs.ts';
import { hasScalarCode, isScalarType } from './scalars.ts';
import type { Width } from './lanes.ts';
import { loopsIn, uniformityOf, valuesIn, type Piece } from './uniformity.ts';
import { loadWidth } from './widths.ts';

export interface Scheme {
  readonly piece: Piece;
  readonly block: Block;
  readonly plain: boolean;
  /** So many values that locals are used again. */
  readonly long: boolean;
  /** Number of loops. */
  readonly loops: number;
  /** The same in every lane: one register. */
  readonly isUniform: (v: Value) => boolean;
  /** A uniform value that is wanted as an i32, and computed as one. */
  readonly isScalar: (v: Value) => boolean;
  /** Wanted as an i32, computed so or not. */
  readonly wantsScalar: (v: Value) => boolean;
  /** Not computed where it stands: nobody may need it. */
  readonly isDeferred: (v: Value) => boolean;
  /** An index that goes up or down with the lanes. */
  readonly isRun: (v: Value) => boolean;
  /** A state that some index runs with. */
  readonly isRunning: (state: Value) => boolean;
  /** What lets a loop go on: all of `uniform` and, lane by lane, all of `varying`. */
  readonly testsOf: (loop: Loop) => Tests;
  /** The width of the lanes that a read is loaded in. */
  readonly loadWidth: (v: Value & { kind: 'read' }) => Width;
}

export interface Tests {
  readonly uniform: readonly Value[];
  readonly varying: readonly Condition[];
}

/** A bool, or its negation. */
export interface Condition {
  readonly value: Value;
  readonly negated: boolean;
}

export interface SchemeOptions {
  /** The leaves that are the same in every lane. */
  readonly leaf: (v: Leaf) => boolean;
  /** The axis along which lanes are neighbours; undefined for single cells. */
  readonly inner: number | undefined;
  /** Further values that are wanted as scalars. */
  readonly scalars?: Iterable<Value>;
  /** Of single cells: whatever can be a plain i32 is one. */
  readonly plainNumbers?: boolean;
}

const no = (): boolean => false;

const blocks = new WeakMap<Piece, Block>();

function statementsOf(piece: Piece): Block {
  let block = blocks.get(piece);
  if (!block) blocks.set(piece, block = blockOf(piece));
  return block;
}

export function schemeOf(piece: Piece, options: SchemeOptions): Scheme {
  const block = statementsOf(piece);
  const values = valuesIn(piece);
  const scalars = options.plainNumbers ? values.filter(isNumber) : [...options.scalars ?? []];
  const long = isLong(values);
  const load = (v: Value & { kind: 'read' }): Width => loadWidth(piece, v);
  const plain = scalars.length === 0 && block.every((s) => s.kind === 'let' && s.value.kind !== 'gather');
  if (plain) {
    return {
      piece, block, plain, long, loops: 0, isUniform: no, isScalar: no, wantsScalar: no, isDeferred: no,
      isRun: no, isRunning: no, testsOf: () => ({ uniform: [], varying: [] }), loadWidth: load,
    };
  }

  const isUniform = options.inner === undefined ? () => true : uniformityOf(piece, options.leaf);
  const loops = loopsIn(piece, values);
  const users = usersOf(piece, values, loops);
  const tests = new Map(loops.map((l) => [l, testsOf(l, isUniform, users)]));
  const deferred = new Set<Value>();
  for (const [loop, { uniform, varying }] of tests) {
    const used = new Set([...uniform, ...varying.map((t) => t.value)]);
    if (varying.length > 0) connectives(loop.test, isUniform, users).forEach((v) => { if (!used.has(v)) deferred.add(v); });
  }
  const loopOf = new Map(loops.map((l) => [l.id, l]));
  // Runs and deferred values ask for what was computed long ago, which long bodies do not keep.
  const { inner } = options;
  const runs = inner === undefined || long ? no : runFinder(inner, isUniform, (v) => loopOf.get(v.loop)!);
  deferIndices(values, users, (v) => v.kind === 'op' && runs(v), deferred);
  const { wanted, running } = wantedScalars(block, values, { tests, loopOf, isUniform, runs, scalars });
  return {
    piece, block, plain, long, loops: loops.length, isUniform,
    wantsScalar: (v) => wanted.has(v),
    isScalar: (v) => wanted.has(v) && canBeScalar(v),
    isDeferred: (v) => deferred.has(v),
    isRun: runs,
    isRunning: (v) => running.has(v),
    testsOf: (loop) => tests.get(loop)!,
    loadWidth: load,
  };
}

// ---- users ----

interface Users {
  /** Values that use it as an operand. */
  readonly values: Value[];
  /** Uses as an index, and as the test of a loop. */
  indices: number;
  tests: number;
  /** All other uses. */
  others: number;
}

function usersOf(piece: Piece, values: readonly Value[], loops: readonly Loop[]): ReadonlyMap<Value, Users> {
  const users = new Map<Value, Users>();
  const of = (v: Value): Users => {
    let found = users.get(v);
    if (!found) users.set(v, found = { values: [], indices: 0, tests: 0, others: 0 });
    return found;
  };
  const other = (v: Value): unknown => of(v).others++;
  const index = (v: Value): unknown => of(v).indices++;
  const effect = (e: Effect): void => {
    if (e.kind === 'loop') return;
    e.index.forEach(index);
    if (e.kind === 'store') [e.value, e.when].forEach(other);
  };
  for (const v of values) {
    if (v.kind === 'op') v.args.forEach((a) => of(a).values.push(v));
    else if (v.kind === 'gather') v.index.forEach(index);
  }
  for (const l of loops) {
    [...l.initial, ...l.next].forEach(other);
    of(l.test).tests++;
    l.effects.forEach(effect);
  }
  piece.effects.forEach(effect);
  piece.results.forEach(other);
  return users;
}

// ---- tests of loops ----

/**
 * The `and`s at the top of a test, and the `not`s below them, that nobody else uses. What is the same in all lanes is left
 * whole: it may be known to the row, which does not tell what it is made of.
 */
function connectives(test: Value, isUniform: (v: Value) => boolean, users: ReadonlyMap<Value, Users>): Value[] {
  if (test.kind !== 'op' || (test.op !== 'and' && test.op !== 'not') || isUniform(test)) return [];
  const { values, indices, tests, others } = users.get(test)!;
  if (values.length + indices + tests + others > 1) return [];
  return test.op === 'not' ? [test] : [test, ...test.args.flatMap((a) => connectives(a, isUniform, users))];
}

function testsOf(loop: Loop, isUniform: (v: Value) => boolean, users: ReadonlyMap<Value, Users>): Tests {
  const own = new Set(connectives(loop.test, isUniform, users));
  const parts = (v: Value): Value[] => (own.has(v) && v.kind === 'op' && v.op === 'and' ? v.args.flatMap(parts) : [v]);
  const all = parts(loop.test);
  const condition = (v: Value): Condition =>
    (own.has(v) && v.kind === 'op' && v.op === 'not' ? { value: v.args[0], negated: true } : { value: v, negated: false });
  return { uniform: all.filter(isUniform), varying: all.filter((v) => !isUniform(v)).map(condition) };
}

// ---- indices ----

/**
 * Indices that run with the lanes are only needed lane by lane where they leave the array. Users come before operands, so
 * that what is needed by nothing but deferred values is deferred as well.
 */
function deferIndices(
  values: readonly Value[], users: ReadonlyMap<Value, Users>, runs: (v: Value) => boolean, deferred: Set<Value>,
): void {
  for (let k = values.length - 1; k >= 0; k--) {
    const v = values[k];
    const { values: by, tests, others } = users.get(v)!;
    if (others === 0 && tests === 0 && by.every((u) => deferred.has(u)) && runs(v)) deferred.add(v);
  }
}

// ---- scalars ----

interface Wants {
  readonly tests: ReadonlyMap<Loop, Tests>;
  readonly loopOf: ReadonlyMap<number, Loop>;
  readonly isUniform: (v: Value) => boolean;
  readonly runs: (v: Value) => boolean;
  readonly scalars: readonly Value[];
}

interface Wanted {
  readonly wanted: ReadonlySet<Value>;
  /** Runs that indices are made of. */
  readonly running: ReadonlySet<Value>;
}

/** Uniform tests, conditions and indices, and what they are computed from. */
function wantedScalars(block: Block, values: readonly Value[], { tests, loopOf, isUniform, runs, scalars }: Wants): Wanted {
  const wanted = new Set<Value>();
  const want = (v: Value): void => {
    if (v.kind === 'const' || wanted.has(v) || !isScalarType(v.dtype) || !isUniform(v)) return;
    wanted.add(v);
    if (v.kind === 'op' && hasScalarCode(v)) v.args.forEach(want);
    if (v.kind === 'state') wantState(loopOf.get(v.loop)!, v.index);
    if (v.kind === 'after') wantState(v.loop, v.index);
  };
  const wantState = (loop: Loop, k: number): void => [loop.states[k], loop.initial[k], loop.next[k]].forEach(want);
  const running = new Set<Value>();
  const wantIndex = (v: Value): void => {
    if (isUniform(v)) return want(v);
    if (running.has(v) || !runs(v)) return;
    running.add(v);
    if (v.kind === 'op') v.args.forEach(wantIndex);
    if (v.kind !== 'state') return;
    const { initial, next } = loopOf.get(v.loop)!;
    wantIndex(initial[v.index]);
    wantIndex(next[v.index]);
  };
  const visit = (statements: Block): void => statements.forEach((s) => {
    switch (s.kind) {
      case 'let':
        if (s.value.kind === 'gather') s.value.index.forEach(wantIndex);
        return;
      case 'branch':
        if (isUniform(s.value.args[0])) want(s.value.args[0]);
        visit(s.yes);
        visit(s.no);
        return;
      case 'loop':
        tests.get(s.loop)!.uniform.forEach(want);
        visit(s.head);
        visit(s.body);
        return;
      case 'store':
        s.effect.index.forEach(wantIndex);
        if (isUniform(s.effect.when)) want(s.effect.when);
        return;
      case 'load':
        s.effect.index.forEach(wantIndex);
        return;
      default: s satisfies never;
    }
  });
  visit(block);
  scalars.forEach(want);
  // States, and values after loops, that are wanted in one place are wanted in all.
  for (const v of values) if (v.kind === 'after' && wanted.has(v.loop.states[v.index])) want(v);
  return { wanted, running };
}

/** Computed as an i32 from nothing but such. */
const isNumber = (v: Value): boolean => isScalarType(v.dtype) && canBeScalar(v);

/** Leaves other than a launch's own scalars and reads are known as an i32. */
function canBeScalar(v: Value): boolean {
  switch (v.kind) {
    case 'op': return hasScalarCode(v);
    case 'state': case 'after': case 'gather': case 'loaded': case 'coord': case 'extent': case 'size': case 'inside': return true;
    default: return false;
  }
}
