/** How a kernel uses its parameters, as far as its text says: before the dtypes of its arguments are known. */
import type { AnyNode, CallExpression, MemberExpression, Node, Pattern } from 'acorn';
import { boundIn, isFunction, namesIn, varNames } from './names.ts';
import { complain, outerNamesOf, syntaxOf, walk, type KernelFunction, type Syntax } from './source.ts';

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

/** `constants`: functions among them may use an array that is passed to them. */
export function usageOf(f: KernelFunction, label: string, constants?: Readonly<Record<string, unknown>>): readonly ParamUsage[] {
  const syntax = syntaxOf(f, label);
  const found = usages.get(syntax);
  if (found) return found;
  const reader = new Reader((name) => constants?.[name] ?? outerNamesOf(f).constants?.()[name], label);
  const usage = reader.read(syntax);
  // What a constant does with an array is another matter the next time.
  if (!reader.asked) usages.set(syntax, usage);
  return usage;
}

type Found = { -readonly [K in keyof ParamUsage]: ParamUsage[K] };

/** What a name stands for: a parameter, indexed so many times already; a function; or something that does not matter. */
type Meaning =
  | { readonly kind: 'array'; readonly of: Found; readonly indexed: number }
  | { readonly kind: 'function'; readonly f: { readonly params: readonly Pattern[]; readonly body: Node }; readonly scope: Names | undefined }
  | undefined;

interface Names {
  readonly own: Map<string, Meaning>;
  readonly parent: Names | undefined;
}

class Reader {
  /** Whether a constant was asked for. */
  asked = false;
  private readonly inside = new Set<Node>();

  constructor(private readonly constant: (name: string) => unknown, private readonly label: string) {}

  read(syntax: Syntax): readonly ParamUsage[] {
    const own = new Map<string, Meaning>(varNames(syntax.body).map((name) => [name, undefined]));
    const all = syntax.params.flatMap((p, k) => leavesOf(p, [k], syntax, this.label)).map(({ name, path }): Found => {
      const of: Found = { name, path, indices: undefined, indexed: undefined, written: false };
      own.set(name, { kind: 'array', of, indexed: 0 });
      return of;
    });
    this.visit(syntax.body, { own, parent: undefined });
    return all;
  }

  private visit(node: Node, around: Names): void {
    // The names of a function's own parameters say nothing of this one's.
    const own = boundIn(node);
    const names: Names = own.length > 0 ? { own: new Map(own.map((name) => [name, undefined])), parent: around } : around;
    const e = node as AnyNode;
    if (e.type === 'BlockStatement') {
      for (const s of e.body) if (s.type === 'FunctionDeclaration' && s.id) names.own.set(s.id.name, { kind: 'function', f: s, scope: names });
    }
    this.note(e, names);
    walk(node, (child) => {
      if (child === node) return true;
      this.visit(child, names);
      return false;
    });
  }

  private note(e: AnyNode, names: Names): void {
    switch (e.type) {
      case 'MemberExpression': {
        const base = this.baseOf(e, names);
        if (base) base.of.indexed = Math.max(base.of.indexed ?? 0, base.indexed);
        return;
      }
      case 'AssignmentExpression': return this.stores(e.left, names);
      case 'UpdateExpression': return this.stores(e.argument, names);
      case 'VariableDeclarator': {
        if (e.id.type !== 'Identifier' || !e.init) return;
        const scope = holderOf(names, e.id.name);
        scope.own.set(e.id.name, this.meaningOf(e.init, names));
        return;
      }
      case 'CallExpression': return this.calls(e, names);
      default: return;
    }
  }

  /** The targets of an assignment. */
  private stores(target: Node, names: Names): void {
    const e = target as AnyNode;
    if (e.type === 'MemberExpression') {
      const base = this.baseOf(e, names);
      if (base && e.computed) base.of.written = true;
    } else if (e.type === 'ArrayPattern') e.elements.forEach((x) => x && this.stores(x, names));
    else if (e.type === 'AssignmentPattern') this.stores(e.left, names);
  }

  private calls({ callee, arguments: args }: CallExpression, names: Names): void {
    if (callee.type !== 'Identifier') return;
    const known = lookUp(names, callee.name);
    if (known?.kind === 'array') {
      if (known.indexed === 0) known.of.indices ??= args.length;
      return;
    }
    const given = args.map((a) => this.meaningOf(a, names));
    if (given.every((g) => g === undefined)) return;
    const target = known ?? (isKnown(names, callee.name) ? undefined : this.helper(callee.name));
    if (target) this.enter(target, given);
  }

  private helper(name: string): Meaning & { kind: 'function' } | undefined {
    this.asked = true;
    const value = this.constant(name);
    return typeof value === 'function' ? { kind: 'function', f: syntaxOf(value as KernelFunction, name), scope: undefined } : undefined;
  }

  /** A function does to its arguments what it does to its parameters. */
  private enter({ f, scope }: Meaning & { kind: 'function' }, given: readonly Meaning[]): void {
    if (this.inside.has(f.body)) return;
    this.inside.add(f.body);
    const own = new Map<string, Meaning>();
    f.params.forEach((p, k) => namesIn(p).forEach((name) => own.set(name, p.type === 'Identifier' ? given[k] : undefined)));
    this.visit(f.body, { own, parent: scope });
    this.inside.delete(f.body);
  }

  /** What an expression stands for: `x`, `x[i]`, a function. */
  private meaningOf(node: Node, names: Names): Meaning {
    const e = node as AnyNode;
    if (e.type === 'Identifier') return lookUp(names, e.name);
    if (e.type === 'MemberExpression') return this.baseOf(e, names, true);
    if (e.type === 'ParenthesizedExpression') return this.meaningOf(e.expression, names);
    return isFunction(e) ? { kind: 'function', f: e, scope: names } : undefined;
  }

  /** `x`, indexed twice, for `x[i][j]`; indexed once for `x[i].length`, which is no part of the array. */
  private baseOf(node: MemberExpression, names: Names, part = false): Meaning & { kind: 'array' } | undefined {
    let indexed = 0;
    let at: Node = node;
    while (at.type === 'MemberExpression') {
      const m = at as MemberExpression;
      if (part && !m.computed) return undefined;
      indexed = m.computed ? indexed + 1 : 0; // an index of a shape is not one of the array
      at = m.object;
    }
    const found = at.type === 'Identifier' ? lookUp(names, (at as Node & { name: string }).name) : undefined;
    return found?.kind === 'array' ? { ...found, indexed: found.indexed + indexed } : undefined;
  }
}

function scopeOf(names: Names, name: string): Names | undefined {
  let s: Names | undefined = names;
  while (s && !s.own.has(name)) s = s.parent;
  return s;
}
const isKnown = (names: Names, name: string): boolean => scopeOf(names, name) !== undefined;
const lookUp = (names: Names, name: string): Meaning => scopeOf(names, name)?.own.get(name);
/** The scope that a declaration's name belongs to: `var` names are known outside of their block. */
const holderOf = (names: Names, name: string): Names => scopeOf(names, name) ?? names;

/** The names in a parameter. */
function leavesOf(p: Pattern, path: ParamUsage['path'], { source }: Syntax, label: string): Pick<ParamUsage, 'name' | 'path'>[] {
  const refuse = (): never => complain(source, label, p, 'this pattern of parameters is not supported', 'name the arrays: ([a, b]) => ..., ({ a, b }) => ...');
  const inside = (q: Pattern, at: readonly (number | string)[]) => leavesOf(q, at, { source } as Syntax, label);
  switch (p.type) {
    case 'Identifier': return [{ name: p.name, path }];
    case 'ArrayPattern': return p.elements.flatMap((e, k) => (e ? inside(e, [...path, k]) : []));
    case 'ObjectPattern': return p.properties.flatMap((q) =>
      (q.type === 'Property' && !q.computed && q.key.type === 'Identifier' ? inside(q.value, [...path, q.key.name]) : refuse()));
    case 'AssignmentPattern':
      return complain(source, label, p, 'default values of parameters are not supported', 'pass every argument, or take the value from constants');
    case 'RestElement': return complain(source, label, p, 'rest parameters are not supported', 'name each parameter');
    default: return refuse();
  }
}
