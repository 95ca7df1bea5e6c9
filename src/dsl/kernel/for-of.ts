/** `for (const x of ...)`: over lists, which are written out, and over `prange`. */
import type { AnyNode, CallExpression, Expression, ForOfStatement, ForStatement, Identifier, Node, Statement } from 'acorn';
import { assignTo, declare } from './assign.ts';
import { expression } from './expressions.ts';
import { flag, openLoop, unlessExited } from './flow.ts';
import { lowerFor } from './loops.ts';
import { itemsOf } from './operands.ts';
import { reject, type Place } from './place.ts';
import { statement } from './statements.ts';
import { scopeIn } from './terms.ts';

/** `for (const v of list)`. */
export function lowerForOf(place: Place, node: ForOfStatement, label?: string): void {
  if (node.await) reject(place, node, 'waiting is not possible', 'a kernel waits for nothing');
  if (isPrange(node.right)) return lowerPrange(place, node, label);
  const items = itemsOf(place, expression(place, node.right))
    ?? reject(place, node.right, 'only lists of constants and local arrays can be iterated', 'write for (let i = 0; i < n; i++)');
  const frame = openLoop(place, label);
  const next = (outer: Place, k: number): void => {
    if (k === items.length) return;
    const p: Place = { ...outer, scope: scopeIn(outer.scope), loop: frame };
    p.state.set(frame.continued, flag(p, false));
    const { left } = node;
    if (left.type !== 'VariableDeclaration') assignTo(p, left, items[k]);
    else if (left.kind === 'var') assignTo(p, left.declarations[0].id, items[k]);
    else declare(p, p.scope, left.declarations[0].id, items[k], left.kind === 'const');
    statement(p, node.body);
    unlessExited(p, node, (q) => next({ ...q, loop: place.loop }, k + 1), { turn: false });
  };
  next(place, 0);
}

/** Inside anything else a parallel loop is a loop like any other: `for (let i = 0; i < n; i++)`. */
function lowerPrange(place: Place, node: ForOfStatement, label: string | undefined): void {
  const { parallel } = place.session;
  const outermost = !place.loop && place.depth === 1 && place.path.kind === 'const';
  if (parallel && outermost) return parallel(place, node, label);
  const { names, ranges } = rangesOf(place, node);
  const sequential = names.reduceRight<Statement>((body, name, k) => counting(node, name, ranges[k], body), node.body);
  lowerFor(place, sequential as ForStatement, label);
}

interface Ranges {
  readonly names: readonly string[];
  readonly ranges: readonly (readonly Expression[])[];
}

/** The variables of a parallel loop, and for each of them the arguments of its range: to, or from, to and step. */
export function rangesOf(place: Place, node: ForOfStatement): Ranges {
  const args = (node.right as CallExpression).arguments as readonly Expression[];
  const { left } = node;
  const id = left.type === 'VariableDeclaration' ? left.declarations[0].id : left;
  const list = id.type === 'ArrayPattern' ? id.elements : [id];
  const names = list.flatMap((e) => (e?.type === 'Identifier' ? [e.name] : []));
  const grid = gridOf(place, args);
  const ranges = grid ? grid.map((size) => [size]) : [args];
  const good = names.length === list.length && names.length === ranges.length && (id.type === 'ArrayPattern') === (grid !== undefined)
    && ranges.every((r) => r.length >= 1 && r.length <= 3);
  if (!good) return reject(place, node, 'the variables of this loop do not match its prange', 'for (const i of prange(n)) or for (const [i, j] of prange([h, w]))');
  return { names, ranges };
}

/** The sizes in `prange([h, w])` and `prange(x.shape)`. */
function gridOf(place: Place, args: readonly Expression[]): readonly Expression[] | undefined {
  const [list] = args;
  if (args.length !== 1) return undefined;
  if (list.type === 'ArrayExpression') return list.elements as Expression[];
  if (list.type !== 'Identifier' && list.type !== 'MemberExpression') return undefined;
  return itemsOf(place, expression(place, list))?.map((_, k) => writtenAt(list, {
    type: 'MemberExpression', object: list, property: numberAt(list, k), computed: true, optional: false,
  }) as unknown as Expression);
}

/** Syntax that was never written: errors in it point at `at`. */
const writtenAt = <T extends object>(at: Node, node: T): T & Node => ({ start: at.start, end: at.end, ...node }) as T & Node;
const numberAt = (at: Node, value: number): Expression => writtenAt(at, { type: 'Literal', value, raw: String(value) }) as Expression;

function counting(at: Node, name: string, range: readonly Expression[], body: Statement): ForStatement {
  const make = <T extends object>(node: T): T & Node => writtenAt(at, node);
  const number = (value: number): Expression => numberAt(at, value);
  const id = make({ type: 'Identifier', name }) as Identifier;
  const compare = (operator: string, left: Expression, right: Expression): Node => make({ type: 'BinaryExpression', operator, left, right });
  const [from, to, step] = range.length === 1 ? [number(0), range[0], number(1)] : [range[0], range[1], range[2] ?? number(1)];
  return make({
    type: 'ForStatement', body,
    init: make({ type: 'VariableDeclaration', kind: 'let', declarations: [make({ type: 'VariableDeclarator', id, init: from })] }),
    test: range.length < 3 ? compare('<', id, to)
      : make({ type: 'ConditionalExpression', test: compare('>', step, number(0)), consequent: compare('<', id, to), alternate: compare('>', id, to) }),
    update: make({ type: 'AssignmentExpression', operator: '+=', left: id, right: step }),
  }) as unknown as ForStatement;
}

export const isPrange = (node: Node): boolean => {
  const e = node as AnyNode;
  if (e.type !== 'CallExpression') return false;
  const callee = e.callee.type === 'SequenceExpression' ? e.callee.expressions.at(-1)! : e.callee;
  const name = callee.type === 'Identifier' ? callee.name
    : callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : '';
  return /^prange(\$?\d+)?$/.test(name);
};
