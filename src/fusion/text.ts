/** Expressions as text: names of kernels, and what `explain()` prints. */
import type { DType } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import type { Fn, Value } from '../dsl/kernel/ir.ts';
import { valuesIn, valuesOf } from '../dsl/kernel/walk.ts';
import { opInfo, type OpName } from '../dsl/ops.ts';
import type { Canonical } from './canonical.ts';

const LONGEST = 110;

/** k is left out: it stands for scalars. */
const letters = 'abcdefghijlmnopqrstuvwxyz';

/** a, b, ..., z, a1, b1, ... */
export const inputName = (k: number): string =>
  letters[k % letters.length] + (k < letters.length ? '' : Math.floor(k / letters.length));

/**
 * What a kernel computes, in terms of its inputs a, b, c; scalars are k. It is part of a plan that other graphs share, so
 * it holds no values and no names of the user's arrays.
 */
export function kernelName(
  outputs: readonly Expr[], canonical: Canonical, reads: readonly { readonly node: number; readonly name: string }[],
): string {
  const names = new Map<Expr, string>();
  for (const r of reads) if (!names.has(canonical.nodes[r.node])) names.set(canonical.nodes[r.node], r.name);
  return exprsText(outputs, (e) => names.get(e) ?? (e.kind === 'fill' ? 'k' : undefined));
}

/** Expressions as far as they fit; `leaf` names the ones that are not spelled out. */
function exprsText(exprs: readonly Expr[], leaf: (e: Expr) => string | undefined, longest = LONGEST): string {
  for (let depth = 7; depth > 0; depth--) {
    const text = [...new Set(exprs.map((e) => spell(e, leaf, depth).text))].join(', ');
    if (text.length <= longest) return text;
  }
  const first = spell(exprs[0], leaf, 1).text;
  return first.length <= longest ? `${first}, and ${exprs.length - 1} more` : `${exprs.length} results of ${label(exprs[0])}`;
}

export const exprText = (e: Expr, leaf: (e: Expr) => string | undefined, longest = LONGEST): string =>
  exprsText([e], leaf, longest);

/** A word for a node: its name, its operation. */
export function label(e: Expr): string {
  switch (e.kind) {
    case 'source': return e.name || 'array';
    case 'fill': return numberText(e.value, e.dtype);
    case 'map': return nameOf(e.fn);
    case 'stencil': return e.fn.name || 'stencil';
    case 'reduce': return e.reducer;
    case 'contract': return 'contract';
    case 'view': return e.view.kind === 'reshape' ? 'reshape' : 'view';
    case 'carry': return `state${e.index}`;
    case 'loop': return 'iterate';
    case 'nest': return e.fn.name || 'nest';
    default: return e satisfies never;
  }
}

/** Functions without a name of their own are named after what made them, which says little of one with a loop. */
function nameOf(fn: Fn): string {
  const own = fn.name !== '' && fn.name !== 'vectorize';
  return own || !valuesIn(fn).some((v) => v.kind === 'after') ? fn.name || 'map' : 'loop';
}

/** The shortest decimal that gives the same value in the dtype. */
function numberText(value: number, dtype: DType): string {
  if (dtype !== 'float32' || Number.isInteger(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** Text and how tightly it binds: 9 for names and calls. */
interface Piece { readonly text: string; readonly binding: number }
const atom = (text: string): Piece => ({ text, binding: 9 });

function spell(e: Expr, leaf: (e: Expr) => string | undefined, depth: number): Piece {
  const named = leaf(e);
  if (named !== undefined) return atom(named);
  if (e.kind === 'source' || e.kind === 'carry' || e.kind === 'fill') return atom(label(e));
  if (e.kind === 'view') return spell(e.src[0], leaf, depth);
  if (depth === 0) return atom('…');
  const source = (k: number) => spell(e.src[k], leaf, depth - 1);
  const call = (name: string, count = e.src.length) =>
    atom(`${name}(${Array.from({ length: count }, (_, k) => source(k).text).join(', ')})`);
  switch (e.kind) {
    case 'map': return isShort(e.fn, e.result) ? value(e.fn.results[e.result], source) : call(label(e));
    case 'stencil': return call(label(e));
    case 'reduce': return atom(`${e.reducer}(${source(0).text})`);
    case 'contract': return atom(`sum(${wrap(source(0), 7)}*${wrap(source(1), 8)})`);
    case 'loop': return call('iterate');
    case 'nest': return call(label(e), e.fn.inputs.length);
    default: return e satisfies never;
  }
}

/** Built-in operations and one-liners are spelled out, longer functions go by their names. */
function isShort(fn: Fn, result: number): boolean {
  const values = valuesOf([fn.results[result]]);
  if (values.some((v) => v.kind === 'after')) return false;
  // What keeps indices inside does not count.
  const clamps = new Set(values.flatMap((v) => (v.kind === 'gather' ? v.index.flatMap(clampOf) : [])));
  return values.filter((v) => v.kind === 'op' && v.op !== 'cast' && !clamps.has(v)).length <= 3;
}

const bindings: { readonly [infix: string]: number } = {
  '*': 7, '/': 7, '%': 7, '+': 6, '-': 6, '<<': 5, '>>': 5, '<': 4, '<=': 4, '>': 4, '>=': 4, '==': 3, '!=': 3,
  '&': 2, '^': 2, '|': 2, '&&': 1, '^^': 1, '||': 1,
};

function value(v: Value, input: (k: number) => Piece): Piece {
  switch (v.kind) {
    case 'const': return atom(numberText(v.value, v.dtype));
    case 'uniform': return atom('k');
    case 'read': return input(v.input);
    case 'coord': return atom(`i${v.axis}`);
    case 'extent': return atom(`n${v.axis}`);
    case 'inside': return atom('inside');
    case 'reduced': return atom(`r${v.index}`);
    case 'gather': return atom(`${wrap(input(v.input), 9)}[${v.index.map((i) => value(indexOf(i), input).text).join(', ')}]`);
    case 'size': return atom(`${v.of === 'input' ? wrap(input(v.array), 9) : 'out'}.shape[${v.axis}]`);
    case 'after': return atom(`loop(${v.loop.initial.map((x) => value(x, input).text).join(', ')})`);
    case 'state': case 'loaded': return atom('s');
    case 'op': {
      const args = v.args.map((x) => value(x, input));
      return v.op === 'cast' ? operation(v.dtype, undefined, args) : operation(v.op, opInfo(v.op).infix, args);
    }
    default: return v satisfies never;
  }
}

/** A value in terms of inputs; scalars are k. */
export const valueText = (v: Value, input: (k: number) => string): string => value(v, (k) => atom(input(k))).text;

type Op = Value & { readonly kind: 'op' };
const isOp = (v: Value | undefined, op: OpName): v is Op => v?.kind === 'op' && v.op === op;

/** The operations that keep an index inside, outermost first: see `Builder.clamped`. */
function clampOf(v: Value): readonly Op[] {
  if (!isOp(v, 'max') || !isOp(v.args[0], 'min')) return [];
  const [low, zero] = v.args;
  const last = low.args[1];
  return zero.kind === 'const' && zero.value === 0 && isOp(last, 'sub') && last.args[0].kind === 'size' ? [v, low as Op, last] : [];
}

const indexOf = (v: Value): Value => clampOf(v)[1]?.args[0] ?? v;

const wrap = (p: Piece, atLeast: number): string => (p.binding < atLeast ? `(${p.text})` : p.text);

function operation(name: string, infix: string | undefined, args: readonly Piece[]): Piece {
  if (infix === undefined) return atom(`${name}(${args.map((x) => x.text).join(', ')})`);
  const binding = bindings[infix];
  const [left, right] = args;
  const space = binding === 7 ? '' : ' ';
  const rightAtLeast = infix === '*' || infix === '+' ? binding : binding + 1;
  return { text: wrap(left, binding) + space + infix + space + wrap(right, rightAtLeast), binding };
}
