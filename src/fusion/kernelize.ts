/**
 * From a group of nodes to a kernel: the functions of the nodes are copied into one, each evaluated at its place. Guarantees
 * a well-typed kernel of the full rank of its domain; `specialise` shrinks it to the sizes of a launch.
 */
import { borderRules } from '../dsl/border.ts';
import { isArgReducer } from '../dsl/reducers.ts';
import { contracted } from '../dsl/kernel/contractions.ts';
import { inline, inlineAll, type Leaves } from '../dsl/kernel/copy.ts';
import { Builder, type Fn, type Point, type Slot, type Value } from '../dsl/kernel/ir.ts';
import { valuesIn } from '../dsl/kernel/walk.ts';
import { InternalError } from '../errors.ts';
import { find, fromKept, outputsOf, type Assignment, type Group } from './groups.ts';
import type { Kernel, KernelOutput, Reduction, Term } from './kernel.ts';
import { here, isWhole, joinPaths, pathKey, resolveAxes, type Path } from './path.ts';
import { neighbour, readingsOf } from './reads.ts';
import { kernelKey } from './specialise.ts';
import type { Edge, MapNode, Nest, NestNode, Node, ReduceNode, StencilNode } from './simplify.ts';
import { inputName, kernelName } from './text.ts';

/** A kernel and what its launches are bound from. */
export interface PlanKernel {
  readonly kind: 'kernel';
  /** Of the domain's full rank. */
  readonly kernel: Kernel;
  /** Number of the domain's shape; `padded`: one more axis of size 1 follows. */
  readonly domain: number;
  readonly padded: boolean;
  readonly reads: readonly KernelRead[];
  readonly uniforms: readonly UniformSource[];
  /** Numbers of the nodes whose buffers it writes. */
  readonly writes: readonly number[];
  /** Of a nest, per output. */
  readonly stored: readonly PlanStored[] | undefined;
  /** Axes that relative reads or coordinates refer to: they keep their identity. */
  readonly pinned: readonly boolean[];
  /** All nodes it evaluates. */
  readonly nodes: readonly number[];
  /** Versions of lower rank, by the grouping of the axes. */
  readonly specialised: Map<string, Kernel>;
}

export interface KernelRead {
  /** Number of the node whose buffer is read. */
  readonly node: number;
  readonly path: Path;
  /** The path starts at the kept points of the reduction. */
  readonly kept: boolean;
  /** Rank of the points where the path starts. */
  readonly rank: number;
  /** Of a whole input: number of the shape in which it is seen, where the path starts. */
  readonly whole: number | undefined;
}

export interface PlanStored {
  /** Number of a node of the output's shape. */
  readonly like: number;
  /** Number of the node whose buffer it starts with; undefined for zeros. */
  readonly initial: number | undefined;
}

/** Numbers of the nodes whose buffers a kernel needs. */
export const buffersRead = ({ reads, stored = [] }: PlanKernel): number[] =>
  [...reads.map((r) => r.node), ...stored.flatMap((s) => s.initial ?? [])];

/** Where a launch finds the value of a uniform. */
export type UniformSource =
  | { readonly kind: 'fill'; readonly node: number }
  | { readonly kind: 'cval'; readonly node: number; readonly dtype: Value['dtype'] }
  | { readonly kind: 'scale' | 'offset'; readonly path: Path; readonly rank: number; readonly axis: number }
  | { readonly kind: 'extent'; readonly shape: number; readonly axis: number };

export function kernelize(a: Assignment, group: Group): PlanKernel {
  return new Kernelizer(a, group).kernel();
}

/** One pass over a group; the lists grow while its functions are copied. */
class Kernelizer {
  private readonly a: Assignment;
  private readonly group: Group;
  private readonly padded: boolean;
  private readonly rank: number;
  private readonly body = new Builder();
  private readonly epilogue = new Builder();
  private readonly reads: (KernelRead & Slot)[] = [];
  private readonly uniforms: (Slot & { readonly source: UniformSource })[] = [];
  private readonly indexOf = new Map<string, number>();
  private readonly memo = new Map<string, Map<Point | undefined, Value>>();
  private readonly terms: ReduceNode[];
  private readonly visited = new Set<number>();

  constructor(a: Assignment, group: Group) {
    this.a = a;
    this.group = group;
    const rank = a.graph.canonical.shapes[group.domain].length;
    // A loop nest has an axis, and a reduction an axis to reduce.
    this.padded = rank === 0 || group.axes?.length === 0;
    this.rank = rank + (this.padded ? 1 : 0);
    this.terms = [...group.stored].filter((n) => n.kind === 'reduce').sort((x, y) => x.number - y.number);
  }

  kernel(): PlanKernel {
    const { a, group } = this;
    if (group.nest) return this.nest(group.nest);
    const outputs = outputsOf(a, group);
    const results: Value[] = [], finals: Value[] = [];
    const place = (list: Value[], v: Value): number => (list.includes(v) ? list.indexOf(v) : list.push(v) - 1);
    const terms = this.terms.map((n): Term => {
      const value = place(results, this.operand(n));
      return n.expr.kind === 'contract' ? { reducer: 'sum', value, plain: true } : { reducer: n.expr.reducer, value };
    });
    const written = outputs.map((node): KernelOutput => (group.epilogue.has(node)
      ? { dtype: node.dtype, from: 'epilogue', result: place(finals, this.valueAt({ to: node, path: fromKept(group, node.shape) }, here, undefined, true)) }
      : { dtype: node.dtype, from: 'body', result: place(results, this.valueAt({ to: node, path: here }, here, undefined, false)) }));

    const name = this.name(outputs);
    const parts = this.parts();
    const body = this.body.fn(name, { ...parts, results });
    const reduction: Reduction | undefined = group.axes && {
      axes: group.axes.length > 0 ? group.axes : [this.rank - 1],
      terms,
      epilogue: this.epilogue.fn(name, { ...parts, results: finals }),
    };
    const schedule = group.product ? 'contract' : reduction ? 'reduce' : 'map';
    return this.finish({ name, schedule, ...parts, body, reduction, outputs: written }, outputs.map((n) => n.number));
  }

  /** A kernel that stores where its function says: nothing is fused into it. */
  private nest({ outputs }: Nest): PlanKernel {
    const results = [...this.group.stored].filter((n) => n.kind === 'nest').sort((x, y) => x.number - y.number);
    const [first] = results;
    results.forEach((n) => this.visited.add(n.number));
    const fn = this.functionOf(first);
    const { effects } = inlineAll(this.body, [], fn.effects, {
      ...this.wholeInputs(first, false),
      read: () => fail('a nest reads at its own points'),
      coord: (axis) => this.body.coord(axis),
      extent: (axis) => this.body.extent(axis),
    });
    const name = this.name(results);
    const parts = this.parts();
    const body = this.body.fn(name, { ...parts, results: [], effects, outputs: fn.outputs });
    const written = fn.outputs.map(({ dtype }, result): KernelOutput => ({ dtype, from: 'effects', result }));
    return this.finish(
      { name, schedule: 'nest', ...parts, body, reduction: undefined, outputs: written }, outputs.map((o) => o.number),
      outputs.map(({ like, initial }) => ({ like, initial: initial?.number })),
    );
  }

  /** The function of a node, as the target computes it. */
  private functionOf({ expr: { fn } }: MapNode | StencilNode | NestNode): Fn {
    return this.a.profile.fuseMultiplyAdd ? contracted(fn) : fn;
  }

  private name(outputs: readonly Node[]): string {
    return kernelName(outputs.map((n) => n.expr), this.a.graph.canonical, this.reads);
  }

  /** What the functions of the kernel declare, once they are copied. */
  private parts(): Pick<Kernel, 'rank' | 'inputs' | 'uniforms'> {
    return {
      rank: this.rank,
      inputs: this.reads.map(({ name, dtype, whole, rank }) => ({ name, dtype, ...whole !== undefined && { whole: rank } })),
      uniforms: this.uniforms.map(({ name, dtype }) => ({ name, dtype })),
    };
  }

  private finish(made: Omit<Kernel, 'key'>, writes: readonly number[], stored?: readonly PlanStored[]): PlanKernel {
    const { fuseMultiplyAdd, flushSubnormals } = this.a.profile;
    const kernel = { ...made, ...fuseMultiplyAdd && { fused: true }, ...flushSubnormals && { flushes: true } };
    return {
      kind: 'kernel',
      kernel: { ...kernel, key: kernelKey(kernel) },
      domain: this.group.domain, padded: this.padded,
      reads: this.reads, uniforms: this.uniforms.map((u) => u.source),
      writes, stored,
      pinned: pinnedAxes(kernel.body, this.rank),
      nodes: [...this.visited].sort((x, y) => x - y),
      specialised: new Map(),
    };
  }

  /** What a reduction adds up, in its accumulator's dtype. */
  private operand(n: ReduceNode): Value {
    this.visited.add(n.number);
    const [v, factor] = n.src.map((edge) => this.valueAt(edge, here, undefined, false));
    if (n.expr.kind === 'contract') return this.body.op('mul', [v, factor]);
    return isArgReducer(n.expr.reducer) ? v : this.body.cast(v, n.dtype);
  }

  /** The value at the end of an edge, seen from `path` at a point. `kept`: in the epilogue. */
  private valueAt(edge: Edge, path: Path, at: Point | undefined, kept: boolean): Value {
    const { to } = edge;
    if (to.kind === 'fill') return this.fill(to, kept);
    const whole = joinPaths(path, edge.path);
    const key = `${kept ? 'k' : ''}${to.number}@${pathKey(whole)}`;
    let byPoint = this.memo.get(key);
    if (!byPoint) this.memo.set(key, (byPoint = new Map()));
    let value = byPoint.get(at);
    if (!value) byPoint.set(at, (value = this.evaluate(to, whole, at, kept, key)));
    return value;
  }

  private evaluate(node: Node, path: Path, at: Point | undefined, kept: boolean, key: string): Value {
    const { a, group } = this;
    const home = a.groupOf.get(node);
    const mine = home !== undefined && find(home) === group && group.epilogue.has(node) === kept;
    if (!mine && !a.inlined.has(node)) return this.read(node, path, at, kept, key);
    this.visited.add(node.number);
    switch (node.kind) {
      case 'map': return this.map(node, path, at, kept);
      case 'copy': return this.valueAt(node.src[0], path, at, kept);
      case 'stencil': return this.stencil(node, path, at, kept);
      case 'reduce': return this.epilogue.reduced(this.terms.indexOf(node), node.dtype);
      default: return fail(`a ${node.kind} node has no function`);
    }
  }

  private builder(kept: boolean): Builder {
    return kept ? this.epilogue : this.body;
  }

  private read(node: Node, path: Path, at: Point | undefined, kept: boolean, key: string): Value {
    return this.builder(kept).read(this.input(key, node, path, kept, undefined), node.dtype, at);
  }

  /** Number of an input of the kernel; `whole`: the shape in which it is read at computed positions. */
  private input(key: string, node: Node, path: Path, kept: boolean, whole: number | undefined): number {
    let index = this.indexOf.get(key);
    if (index === undefined) {
      const start = whole ?? (kept ? this.group.kept! : this.group.domain);
      const rank = this.a.graph.canonical.shapes[start].length;
      const name = inputName(this.reads.length);
      index = this.reads.push({ node: node.number, path, kept, rank, whole, name, dtype: node.dtype }) - 1;
      this.indexOf.set(key, index);
    }
    return index;
  }

  /** What replaces the reads of whole sources in the function of a node. */
  private wholeInputs(node: MapNode | StencilNode | NestNode, kept: boolean): Pick<Leaves, 'gather' | 'size'> {
    const b = this.builder(kept);
    if (!node.expr.fn.inputs.some((slot) => slot.whole !== undefined)) return { size: (v) => b.size(v.of, v.array, v.axis) };
    const bound = new Set(readingsOf(node).filter((r) => r.edge.to.kind !== 'fill').map((r) => r.edge));
    const input = (k: number): number => {
      const { to, path } = node.src[k];
      return this.input(`w${node.srcShapes[k]}:${to.number}@${pathKey(path)}`, to, path, false, node.srcShapes[k]);
    };
    return {
      gather: (k, index, { dtype }) => (bound.has(node.src[k])
        ? b.gatherInside(input(k), dtype, index)
        : this.fill(node.src[k].to, kept)),
      size: ({ of, array, axis }) => {
        if (of === 'output') return b.size(of, array, axis);
        return bound.has(node.src[array]) ? b.size(of, input(array), axis) : this.sizeOf(node.srcShapes[array], axis, kept);
      },
    };
  }

  private fill(node: Node, kept: boolean): Value {
    return this.uniform(`f${node.number}`, { kind: 'fill', node: node.number }, node.dtype, kept);
  }

  /** A size that no input of the kernel has. */
  private sizeOf(shape: number, axis: number, kept: boolean): Value {
    return this.uniform(`n${shape}.${axis}`, { kind: 'extent', shape, axis }, 'int32', kept);
  }

  private uniform(key: string, source: UniformSource, dtype: Value['dtype'], kept: boolean): Value {
    let index = this.indexOf.get(key);
    if (index === undefined) {
      index = this.uniforms.push({ name: `k${this.uniforms.length}`, dtype, source }) - 1;
      this.indexOf.set(key, index);
    }
    return this.builder(kept).uniform(index, dtype);
  }

  private map(node: MapNode, path: Path, at: Point | undefined, kept: boolean): Value {
    return inline(this.builder(kept), [this.functionOf(node).results[node.expr.result]], {
      ...this.wholeInputs(node, kept),
      read: (input) => this.valueAt(node.src[input], path, at, kept),
      coord: (axis) => this.coordinate(path, axis, at),
      extent: (axis) => this.extent(node, path, axis),
    })[0];
  }

  /** A coordinate of a node at the end of an affine path: scale * (coordinate here) + offset. */
  private coordinate(path: Path, axis: number, at: Point | undefined): Value {
    const { canonical } = this.a.graph;
    const rank = canonical.shapes[this.group.domain].length;
    const { from } = resolveAxes(path, canonical, rank)[axis];
    const b = this.body;
    const part = (kind: 'scale' | 'offset') =>
      this.uniform(`${kind}${axis}@${pathKey(path)}`, { kind, path, rank, axis }, 'int32', false);
    if (from < 0) return isWhole(path) ? b.constant(0, 'int32') : part('offset');
    const c = b.coord(from, at);
    return isWhole(path) ? c : b.op('add', [b.op('mul', [c, part('scale')]), part('offset')]);
  }

  private extent(node: Node, path: Path, axis: number): Value {
    if (path.length === 0 && node.shape === this.group.domain) return this.body.extent(axis);
    return this.sizeOf(node.shape, axis, false);
  }

  private stencil(node: StencilNode, path: Path, at: Point | undefined, kept: boolean): Value {
    if (path.length > 0 || kept) fail('a stencil through a view');
    const b = this.body;
    const { border, lo, hi, result } = node.expr;
    const [value] = inline(b, [this.functionOf(node).results[result]], {
      ...this.wholeInputs(node, kept),
      read: (input, own) => {
        const n = neighbour(node, input, own);
        const edge = node.src[input];
        const v = this.valueAt(edge, here, b.point(at, this.pad(n.offset, 0), this.pad(n.edge, 'none')), kept);
        const guard = this.pad(n.guard, 0);
        if (guard.every((o) => o === 0)) return v;
        return b.op('select', [b.inside(at, guard, guard), v, this.cval(node, v.dtype)]);
      },
      coord: (axis, own) => {
        if (own) fail('a coordinate of a neighbour');
        return b.coord(axis, at);
      },
      extent: (axis) => this.extent(node, here, axis),
    });
    const cells = (reach: readonly number[]) => this.pad(reach.map((r, k) => (borderRules[border[k]].cellGuard ? r : 0)), 0);
    const low = cells(lo), high = cells(hi);
    if (low.every((l, k) => l === 0 && high[k] === 0)) return value;
    return b.op('select', [b.inside(at, low, high), value, this.cval(node, value.dtype)]);
  }

  private cval(node: StencilNode, dtype: Value['dtype']): Value {
    return this.uniform(`c${node.number}${dtype}`, { kind: 'cval', node: node.number, dtype }, dtype, false);
  }

  private pad<T>(list: readonly T[], filler: T): readonly T[] {
    return list.length < this.rank ? [...list, filler] : list;
  }
}

function pinnedAxes(body: Fn, rank: number): boolean[] {
  const pinned = new Array<boolean>(rank).fill(false);
  const pinPoint = (p: Point | undefined): void => {
    for (; p; p = p.base) p.offset.forEach((o, k) => { if (o !== 0) pinned[k] = true; });
  };
  for (const v of valuesIn(body)) {
    if (v.kind === 'coord' || v.kind === 'extent') pinned[v.axis] = true;
    if (v.kind === 'inside') v.lo.forEach((l, k) => { if (l !== 0 || v.hi[k] !== 0) pinned[k] = true; });
    if (v.kind === 'read' || v.kind === 'coord' || v.kind === 'inside') pinPoint(v.at);
  }
  return pinned;
}

function fail(message: string): never {
  throw new InternalError(`kernelize: ${message}`);
}
