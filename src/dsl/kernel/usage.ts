/** How a kernel uses its parameters, as far as its text says: before the dtypes of its arguments are known. */
import type { AnyNode, MemberExpression, Node, Pattern } from 'acorn';
import { complain, syntaxOf, walk, type KernelFunction, type Syntax } from './source.ts';

/** One array or scalar that a kernel takes; a parameter that is a pattern takes several. */
export interface ParamUsage {
  readonly name: string;
  /** Where it is among the arguments: the position, then the keys of the patterns. */
  readonly path: readonly (number | string)[];
  /** Number of indices in the first call, `u(-1, 0)`: 2; undefined: it is never called. */
  readonly indices: number | undefined;
  /** Largest number of indices, `x[i][j]`: 2; 0 when only its shape is asked for; undefined: neither. */
  readonly indexed: number | undefined;
  /** Its elements are assigned. */
  readonly written: boolean;
}

const usages = new WeakMap<Syntax, readonly ParamUsage[]>();

export function usageOf(f: KernelFunction, label: string): readonly ParamUsage[] {
  const syntax = syntaxOf(f, label);
  let usage = usages.get(syntax);
  if (!usage) usages.set(syntax, (usage = readUsage(syntax, label)));
  return usage;
}

function readUsage(syntax: Syntax, label: string): ParamUsage[] {
  const calls = new Map<string, number>();
  const depth = new Map<string, number>();
  const written = new Set<string>();
  const more = (name: string, n: number): void => void depth.set(name, Math.max(n, depth.get(name) ?? 0));
  walk(syntax.body, (node) => {
    const e = node as AnyNode;
    if (e.type === 'CallExpression' && e.callee.type === 'Identifier' && !calls.has(e.callee.name)) calls.set(e.callee.name, e.arguments.length);
    if (e.type === 'MemberExpression') {
      const { name, indices } = baseOf(e);
      if (name !== undefined) more(name, indices);
    }
    const target = e.type === 'AssignmentExpression' ? e.left : e.type === 'UpdateExpression' ? e.argument : undefined;
    if (target?.type === 'MemberExpression') {
      const { name } = baseOf(target);
      if (name !== undefined) written.add(name);
    }
    // const [h, w] = x.shape; const row = x[i]: the row is used like x itself.
    return true;
  });
  aliases(syntax.body, depth, written);
  return syntax.params.flatMap((p, k) => leavesOf(p, [k], syntax, label)).map(({ name, path }) =>
    ({ name, path, indices: calls.get(name), indexed: depth.get(name), written: written.has(name) }));
}

/** `const row = x[i]` hands its own indices and assignments on to `x`. */
function aliases(body: Node, depth: Map<string, number>, written: Set<string>): void {
  walk(body, (node) => {
    const e = node as AnyNode;
    if (e.type !== 'VariableDeclarator' || e.id.type !== 'Identifier' || e.init?.type !== 'MemberExpression' || !e.init.computed) return;
    const { name, indices } = baseOf(e.init);
    const own = depth.get(e.id.name);
    if (name === undefined || own === undefined) return;
    depth.set(name, Math.max(depth.get(name) ?? 0, indices + own));
    if (written.has(e.id.name)) written.add(name);
  });
}

/** `x` and 2 for `x[i][j]`, `x` and 1 for `x[i].length`. */
function baseOf(node: MemberExpression): { readonly name: string | undefined; readonly indices: number } {
  let indices = 0;
  let at: Node = node;
  while (at.type === 'MemberExpression') {
    const m = at as MemberExpression;
    if (m.computed) indices++;
    else indices = 0; // an index of a shape is not one of the array
    at = m.object;
  }
  return { name: at.type === 'Identifier' ? (at as Node & { name: string }).name : undefined, indices };
}

/** The names in a parameter. */
function leavesOf(p: Pattern, path: readonly (number | string)[], { source }: Syntax, label: string): { name: string; path: readonly (number | string)[] }[] {
  const refuse = (): never => complain(source, label, p, 'this pattern of parameters is not supported', 'name the arrays: ([a, b]) => ..., ({ a, b }) => ...');
  const inside = (q: Pattern, at: readonly (number | string)[]) => leavesOf(q, at, { source } as Syntax, label);
  switch (p.type) {
    case 'Identifier': return [{ name: p.name, path }];
    case 'ArrayPattern': return p.elements.flatMap((e, k) => (e ? inside(e, [...path, k]) : []));
    case 'ObjectPattern': return p.properties.flatMap((q) =>
      (q.type === 'Property' && !q.computed && q.key.type === 'Identifier' ? inside(q.value, [...path, q.key.name]) : refuse()));
    default: return refuse();
  }
}
