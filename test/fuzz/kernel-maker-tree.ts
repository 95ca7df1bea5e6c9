/**
 * The text of a random kernel as a tree: how it prints, and how it gets smaller while it stays a program. Every expression
 * knows its kind and how large it can be, so that a smaller one may take its place.
 */

/** What an expression is in a kernel: int32, uint32, a float that float32 holds exactly, a bool. */
export type Kind = 'int' | 'uint' | 'float' | 'bool';

export interface Expr {
  readonly kind: Kind;
  /** No larger in magnitude. */
  readonly bound: number;
  /** A multiple of this power of two. */
  readonly grain: number;
  /** Expressions among them are put in parentheses unless they are `atom`s. */
  readonly parts: readonly (string | Expr)[];
  readonly atom: boolean;
  /** Never negative. */
  readonly positive?: boolean;
  /** An index beyond the ends of a local array of this length: clamped when it reads, left out when it writes. */
  readonly wild?: { readonly length: number; readonly use: 'clamp' | 'drop' };
}

export interface Statement {
  readonly parts: readonly (string | Expr | Block)[];
  /** Names that what follows in the block may use. */
  readonly declares?: readonly string[];
  /** Names that only its own parts may use. */
  readonly binds?: readonly string[];
  /** The output that it stores to. */
  readonly stores?: string;
}

export interface Block {
  readonly statements: readonly Statement[];
}

type Part = string | Expr | Block;
const isBlock = (p: Part): p is Block => typeof p !== 'string' && 'statements' in p;
const isExpr = (p: Part): p is Expr => typeof p !== 'string' && 'kind' in p;

/**
 * What a leaf is in text. Kernels have wild indices into local arrays, where JavaScript gives undefined: in `plain` text
 * they are brought inside by the functions `clamp` and `drop`.
 */
export type Dialect = 'kernel' | 'plain';

function textOf(e: Expr, dialect: Dialect): string {
  const inner = e.parts.map((p, k) => {
    if (typeof p === 'string') return p;
    const text = textOf(p, dialect);
    return p.atom || isEnclosed(e.parts[k - 1], e.parts[k + 1]) ? text : `(${text})`;
  }).join('');
  return e.wild && dialect === 'plain' ? `${e.wild.use}(${inner}, ${e.wild.length})` : inner;
}

/** An argument, or an index. */
const isEnclosed = (before: Part | undefined, after: Part | undefined): boolean =>
  typeof before === 'string' && typeof after === 'string' && /[([]$|, $/.test(before) && /^[)\],]/.test(after);

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

/** A part of its own needs no parentheses. */
const partText = (p: Part, dialect: Dialect): string =>
  (isBlock(p) ? `\n${indented(blockText(p, dialect))}\n` : isExpr(p) ? textOf(p, dialect) : p);

export const statementText = ({ parts }: Statement, dialect: Dialect): string =>
  parts.map((p) => partText(p, dialect)).join('').replace(/\{\n\n\}/g, '{}');

export const blockText = ({ statements }: Block, dialect: Dialect): string =>
  statements.map((s) => statementText(s, dialect)).join('\n');

// ---- names ----

/** Names are a letter and a number, which nothing else in a kernel is. Labels are: JavaScript itself refuses the others. */
const namesIn = (text: string): string[] => text.match(/(?<![.\w])[a-km-z]\d+\b/g) ?? [];

/** Whether everything that is used is known. What a part of a statement declares is known in those after it. */
function closedParts(parts: readonly Part[], known: Set<string>): boolean {
  return parts.every((p) => {
    if (typeof p === 'string') return namesIn(p).every((n) => known.has(n));
    return isBlock(p) ? closedBlock(p, known) : closedParts(p.parts, known);
  });
}

function closedBlock({ statements }: Block, known: Set<string>): boolean {
  return statements.every(({ parts, declares = [], binds = [] }) => {
    const good = closedParts(parts, new Set([...known, ...declares, ...binds]));
    declares.forEach((n) => known.add(n));
    return good;
  });
}

export const closed = (block: Block, outer: ReadonlySet<string>): boolean => closedBlock(block, new Set(outer));

/** Outputs that something is stored to. */
export const storedIn = ({ statements }: Block): string[] => statements.flatMap(({ parts, stores }) =>
  [...(stores === undefined ? [] : [stores]), ...parts.flatMap((p) => (isBlock(p) ? storedIn(p) : []))]);

// ---- smaller ones ----

export const literal = (kind: Kind, text: string, bound: number, grain: number, positive = true): Expr =>
  ({ kind, parts: [text], bound, grain, atom: positive, positive });
const simplest: { readonly [K in Kind]: readonly Expr[] } = {
  int: [literal('int', '0', 0, 1), literal('int', '1', 1, 1)],
  uint: [literal('uint', '0', 0, 1), literal('uint', '1', 1, 1)],
  float: [literal('float', '0', 0, 1), literal('float', '0.5', 0.5, 0.5)],
  bool: [literal('bool', 'false', 1, 1), literal('bool', 'true', 1, 1)],
};

/** Whether one expression may stand where the other does. */
const replaces = (small: Expr, e: Expr): boolean =>
  small.kind === e.kind && small.bound <= e.bound && small.grain >= e.grain && (small.positive === true || !e.positive);

const without = <T>(list: readonly T[], from: number, count: number, instead: readonly T[] = []): T[] =>
  [...list.slice(0, from), ...instead, ...list.slice(from + count)];

/** An expression below this one, at any depth, may take its place. */
function* below(e: Expr): Generator<Expr> {
  for (const p of e.parts) {
    if (typeof p === 'string') continue;
    yield p;
    yield* below(p);
  }
}

function* smallerExpr(e: Expr): Generator<Expr> {
  const rank = simplest[e.kind].findIndex((s) => s.parts[0] === e.parts[0] && e.parts.length === 1);
  const keep = (small: Expr): Expr => ({ ...small, wild: e.wild });
  for (const s of rank < 0 ? simplest[e.kind] : simplest[e.kind].slice(0, rank)) if (replaces(s, e) && !e.wild) yield s;
  for (const p of below(e)) if (replaces(p, e)) yield keep(p);
  yield* smallerParts(e);
}

function* smallerParts(e: Expr): Generator<Expr> {
  for (const [k, p] of e.parts.entries()) {
    if (typeof p !== 'string') for (const s of smallerExpr(p)) yield { ...e, parts: without(e.parts, k, 1, [s]) };
  }
}

/** A block with statements left out, or with what is inside an `if` or a loop instead of it. */
function* smallerList({ statements }: Block): Generator<Block> {
  for (let size = statements.length; size >= 1; size >>= 1) {
    for (let from = 0; from + size <= statements.length; from += size) yield { statements: without(statements, from, size) };
  }
  for (const [k, s] of statements.entries()) {
    for (const p of s.parts) if (isBlock(p)) yield { statements: without(statements, k, 1, p.statements) };
  }
}

interface Spot<T> {
  readonly at: T;
  readonly put: (p: T) => Block;
}

/** The blocks of a kernel from the outermost in, or its expressions from first to last, with what puts another one there. */
function* places<T extends Block | Expr>(block: Block, is: (p: Part) => p is T): Generator<Spot<T>> {
  if (is(block)) yield { at: block, put: (p) => p as Block };
  for (const [k, s] of block.statements.entries()) {
    for (const [j, p] of s.parts.entries()) {
      const put = (part: Part): Block =>
        ({ statements: without(block.statements, k, 1, [{ ...s, parts: without(s.parts, j, 1, [part]) }]) });
      if (typeof p !== 'string' && isBlock(p)) {
        for (const inner of places(p, is)) yield { at: inner.at, put: (q) => put(inner.put(q)) };
      } else if (is(p)) yield { at: p, put };
    }
  }
}

/** How far shrinking has come: statements go first, then expressions, twice; what was tried in vain is not tried again. */
export interface Progress {
  readonly round: number;
  readonly place: number;
}

interface Smaller {
  readonly block: Block;
  readonly progress: Progress;
}

export function* smallerBlock(block: Block, from: Progress): Generator<Smaller> {
  for (let { round, place } = from; round < 4; round++, place = 0) {
    const start = { round, place };
    yield* round % 2 === 0 ? smallerAt(block, isBlock, smallerList, start) : smallerAt(block, isExpr, smallerExpr, start);
  }
}

function* smallerAt<T extends Block | Expr>(
  block: Block, is: (p: Part) => p is T, smaller: (p: T) => Generator<T>, { round, place: first }: Progress,
): Generator<Smaller> {
  let place = 0;
  for (const { at, put } of places(block, is)) {
    if (place >= first) for (const s of smaller(at)) yield { block: put(s), progress: { round, place } };
    place++;
  }
}
