/**
 * Tiles: a workgroup computes the points of one tile, stage by stage. What a stage leaves for later ones is in workgroup
 * memory, with as many points around the tile as they need. Every stage has its own array's borders: a tile in which none of
 * them is met has code without borders.
 */
import { InternalError } from '../../errors.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import type { Point } from '../../dsl/kernel/ir.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { Tile, TileStage } from '../../fusion/kernel.ts';
import { memoryOf, regionOf, type Memory } from '../../fusion/sweep/tile-shape.ts';
import { linearGrid, mainHead, type Pass } from './emit.ts';
import { writeFunction, type Of } from './function.ts';
import { join, stageModule, type Joined } from './joined.ts';
import { edgeFunction, pointLeaves, type PointText } from './leaves.ts';
import { createModule, workgroupSize, type EmitOptions, type Module, type Shader, type TileSizes } from './module.ts';
import { createStatements, type Statements } from './statements.ts';
import { scalarOf } from './wgsl.ts';

/** Bodies of more values than this are written once, with borders. */
const LONG_BODY = 400;

const passes = new WeakMap<Tile, { readonly launch: Joined; readonly pass: Pass }>();

/** The dispatch of a tile. */
export function tilePass(tile: Tile): { readonly launch: Joined; readonly pass: Pass } {
  let made = passes.get(tile);
  if (!made) passes.set(tile, (made = makePass(tile)));
  return made;
}

function makePass(tile: Tile): { readonly launch: Joined; readonly pass: Pass } {
  const { shape, sizes, stages } = tile;
  const counts = sizes.map((n, axis) => Math.ceil(n / shape[axis]));
  const first = sizes.map((_, axis) => Math.max(0, ...stages.map((s) => s.reach[axis] - s.lo[axis])));
  const last = sizes.map((_, axis) => Math.min(...stages.map((s) => s.sizes[axis] - s.reach[axis] - s.hi[axis])) - shape[axis]);
  const launch = join(stages, structureOf(tile));
  const items = sizeOf(counts);
  const pass: Pass = {
    variant: `tile ${shape.join('x')}`,
    emit: (options) => emitTile(tile, launch, options),
    items, size: workgroupSize, ...linearGrid(items),
    tile: { counts, first, last, sizes: stages.map((s) => s.sizes) },
  };
  return { launch, pass };
}

/** Equal texts are equal code, for equal stages. */
const structureOf = ({ shape, wraps, stages }: Tile): string => [
  `tile ${shape.join('x')} ${wraps.map(Number).join('')}`,
  ...stages.map(({ lo, hi, spans, reads, stored }) => [
    lo, hi, spans.flat(), reads.map((r) => (r ? `${r.stage}.${r.output}+${r.shift.join('+')}` : '')), stored.map(Number),
  ].map((list) => list.join()).join(':')),
].join(';');

interface Writer {
  readonly tile: Tile;
  readonly joined: Joined;
  readonly module: Module;
  readonly memory: Memory;
}

/** Number of a stage with the stage. */
interface Numbered extends TileStage {
  readonly index: number;
}

export function emitTile(tile: Tile, joined: Joined, options: EmitOptions): Shader {
  const module = createModule(joined.kernel, options);
  const { shape, stages } = tile;
  const memory = memoryOf(stages, shape);
  const w: Writer = { tile, joined, module, memory };
  memory.held.forEach(({ stage, output, array }) => module.define(`tile${array}`, () => {
    const type = scalarOf(stages[stage].launch.kernel.outputs[output].dtype);
    return `var<workgroup> tile${array}: array<${type}, ${memory.arrays[array].length}>;`;
  }));
  const lines = [mainHead(), ...origin(w)];
  stages.forEach((s, index) => {
    const { kernel } = s.launch;
    const write = (interior: boolean, indent: string) => stageLoop(w, { ...s, index }, interior, indent);
    lines.push('', `  // ${kernel.name.replace(/\s+/g, ' ')}`);
    if (valuesIn(kernel.body).length > LONG_BODY) lines.push(...write(false, '  '));
    else lines.push('  if (interior) {', ...write(true, '    '), '  } else {', ...write(false, '    '), '  }');
    if (index + 1 < stages.length) lines.push('  workgroupBarrier();');
  });
  lines.push('}');
  return module.finish([
    joined.kernel.name, `${stages.length} stages by tiles of ${shape.join(' x ')}, with up to ${haloText(tile)} around them`,
  ], lines.join('\n'));
}

const haloText = ({ stages, shape }: Tile): string =>
  shape.map((_, axis) => Math.max(0, ...stages.flatMap((s) => [-s.lo[axis], s.hi[axis]]))).join(' x ');

const field = (module: Module, name: string, of: (t: TileSizes) => number): string =>
  module.param({ name, type: 'i32', value: (_, sizes) => of(sizes.tile!) });

/** The first point of the tile, and whether any stage meets a border. */
function origin({ module, tile: { shape } }: Writer): string[] {
  const grid = module.param({ name: 'grid', type: 'u32', value: (_, s) => s.grid });
  const items = module.param({ name: 'items', type: 'u32', value: (_, s) => s.items });
  const lines = [`  var number = group.y * ${grid} + group.x;`, `  if (number >= ${items}) { return; }`];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const count = `u32(${field(module, `count${axis}`, (t) => t.counts[axis])})`;
    lines.push(`  let t${axis} = i32(number${axis > 0 ? ` % ${count}` : ''}) * ${shape[axis]}i;`);
    if (axis > 0) lines.push(`  number = number / ${count};`);
  }
  const tests = shape.map((_, axis) => {
    const [first, last] = [field(module, `first${axis}`, (t) => t.first[axis]), field(module, `last${axis}`, (t) => t.last[axis])];
    return `t${axis} >= ${first} && t${axis} <= ${last}`;
  });
  lines.push(`  let interior = ${tests.join(' && ')};`);
  return lines;
}

const plus = (text: string, n: number): string => (n === 0 ? text : `${text} ${n < 0 ? '-' : '+'} ${Math.abs(n)}i`);

/** All points of a stage, by all invocations. */
function stageLoop(w: Writer, s: Numbered, interior: boolean, indent: string): string[] {
  const { tile: { shape }, joined } = w;
  const region = regionOf(s, shape);
  const inner = `${indent}  `;
  const module = stageModule(w.module, joined, s.index);
  const out = createStatements(inner, pointLines(w, s, region, interior, inner));
  const { kernel, inner: strides } = s.launch;
  const leaves = pointLeaves({
    module, kernel, inner: strides, out, axes: [...s.spans.keys()], interior,
    read: (v, at) => ownRead(w, s, v, at, out, interior),
  });
  const results = kernel.outputs.map((o) => kernel.body.results[o.result]);
  const values = writeFunction(module, { results, effects: [] }, leaves, out);
  kernel.outputs.forEach((_, output) => {
    const held = w.memory.held.find((h) => h.stage === s.index && h.output === output);
    if (held) out.add(`tile${held.array}[e] = ${values[output]};`);
  });
  const writes = kernel.outputs.flatMap((_, output) =>
    (s.stored[output] ? [`${module.output(output)}[cell] = ${values[output]};`] : []));
  if (writes.length > 0) writeMemory(w, s, interior, writes, out);
  return [
    `${indent}for (var e = lane; e < ${sizeOf(region)}u; e += ${workgroupSize}u) {`,
    ...out.lines,
    `${indent}}`,
  ];
}

/** The point: where in the tile (`l`), where in the array (`g`), and its coordinates in the domain of the stage (`c`). */
function pointLines(w: Writer, s: Numbered, region: readonly number[], interior: boolean, indent: string): string[] {
  const { tile: { wraps }, module } = w;
  const lines: string[] = [];
  let rest = 'e';
  for (let axis = region.length - 1; axis > 0; axis--) {
    lines.push(`let l${axis} = i32(${rest} % ${region[axis]}u);`);
    if (axis > 1) lines.push(`let e${axis} = ${rest} / ${region[axis]}u;`);
    rest = axis > 1 ? `e${axis}` : `${rest} / ${region[axis]}u`;
  }
  lines.push(`let l0 = i32(${rest});`);
  region.forEach((_, axis) => {
    const at = plus(`t${axis} + l${axis}`, s.lo[axis]);
    const mapped = wraps[axis] && !interior;
    lines.push(`let g${axis} = ${mapped ? `${edgeFunction(module, 'wrap')}(${at}, ${size(w, s, axis)})` : at};`);
  });
  const ends = region.flatMap((_, axis) => (wraps[axis] || interior ? [] : [`u32(g${axis}) >= u32(${size(w, s, axis)})`]));
  if (ends.length > 0) lines.push(`if (${ends.join(' || ')}) { continue; }`);
  s.spans.forEach(([first, last], k) => lines.push(`let c${k} = ${rowMajor(w, s, first, last)};`));
  return lines.map((line) => indent + line);
}

/** Size of the points of a stage along an axis of the tiles. */
const size = ({ module }: Writer, { index }: Numbered, axis: number): string =>
  field(module, `s${index}_size${axis}`, (t) => t.sizes[index][axis]);

/** The index of the point over some axes. */
function rowMajor(w: Writer, s: Numbered, first: number, last: number): string {
  let text = `g${first}`;
  for (let axis = first + 1; axis <= last; axis++) text = `${axis > first + 1 ? `(${text})` : text} * ${size(w, s, axis)} + g${axis}`;
  return text;
}

/** Stores what goes to memory: of the points of the tile itself. */
function writeMemory(w: Writer, s: Numbered, interior: boolean, writes: readonly string[], out: Statements): void {
  const { shape, wraps } = w.tile;
  const tests = shape.flatMap((n, axis) => {
    const around = s.lo[axis] === 0 && s.hi[axis] === 0 ? [] : [`l${axis} >= ${-s.lo[axis]}i`, `l${axis} < ${n - s.lo[axis]}i`];
    const beyond = wraps[axis] && !interior ? [`${plus(`t${axis} + l${axis}`, s.lo[axis])} < ${size(w, s, axis)}`] : [];
    return [...around, ...beyond];
  });
  const write = (): void => {
    out.add(`let cell = ${rowMajor(w, s, 0, shape.length - 1)};`);
    writes.forEach((line) => out.add(line));
  };
  if (tests.length === 0) write();
  else out.blocks([`if (${tests.join(' && ')}) {`, write]);
}

/** What an earlier stage has left; undefined for what is in memory. */
function ownRead(
  w: Writer, s: Numbered, v: Of<'read'>, at: PointText['at'], out: Statements, interior: boolean,
): string | undefined {
  const read = s.reads[v.input];
  if (!read) return undefined;
  const { stages, shape } = w.tile;
  const from = stages[read.stage];
  const held = w.memory.held.find((h) => h.stage === read.stage && h.output === read.output);
  if (!held) throw new InternalError('tile: a stage reads what is not kept');
  const region = regionOf(from, shape);
  const index = region.map((_, axis) => {
    const k = s.spans.findIndex(([first, last]) => first === axis && last === axis);
    const links = k < 0 ? [] : linksOf(v.at, k);
    const near = links.reduce((sum, l) => sum + l.offset, s.lo[axis] + read.shift[axis] - from.lo[axis]);
    // Beyond the end of an axis that wraps are the points of its other end.
    const plain = interior || links.every((l) => l.edge === 'none' || l.edge === 'wrap');
    const text = plain ? plus(`l${axis}`, near) : plus(`${at(v.at, k)} - t${axis}`, read.shift[axis] - from.lo[axis]);
    return text === `l${axis}` ? text : out.shared(text, (count) => `q${count}_${axis}`);
  });
  const address = index.slice(1).reduce((text, i, k) => `${k > 0 ? `(${text})` : text} * ${region[k + 1]}i + ${i}`, index[0]);
  return `tile${held.array}[${address}]`;
}

function linksOf(at: Point | undefined, axis: number): { readonly offset: number; readonly edge: Point['edge'][number] }[] {
  const links: { readonly offset: number; readonly edge: Point['edge'][number] }[] = [];
  for (let p = at; p; p = p.base) if (p.offset[axis] !== 0) links.push({ offset: p.offset[axis], edge: p.edge[axis] });
  return links;
}
