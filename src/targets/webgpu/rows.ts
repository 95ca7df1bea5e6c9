/**
 * Rows: a team of invocations works through the stages of a row, a workgroup through the rows of its teams. Every invocation
 * has elements of the row of its own, so that maps need no barrier; where the row has room in workgroup memory it is read once.
 */
import type { DType } from '../../dsl/dtype.ts';
import type { Rows, RowStage } from '../../fusion/kernel.ts';
import { overwritten } from '../../fusion/in-place.ts';
import { combineShares, defineAccumulator, fieldsOf, reducedText, termsOf } from './accumulator.ts';
import { coordinates, linearGrid, mainHead, type Pass } from './emit.ts';
import { writeFunction, type Of } from './function.ts';
import { join, stageModule, type Joined } from './joined.ts';
import { pointLeaves, type PointText } from './leaves.ts';
import { createModule, workgroupSize, type EmitOptions, type Module, type Shader } from './module.ts';
import { createStatements, type Statements } from './statements.ts';
import { scalarOf } from './wgsl.ts';

/** Elements that are added one after the other before their sum joins the rest. */
const BLOCK = 64;

const passes = new WeakMap<Rows, { readonly launch: Joined; readonly pass: Pass }>();

/** The dispatch of rows. */
export function rowsPass(rows: Rows): { readonly launch: Joined; readonly pass: Pass } {
  let made = passes.get(rows);
  if (!made) passes.set(rows, (made = makePass(rows)));
  return made;
}

function makePass(rows: Rows): { readonly launch: Joined; readonly pass: Pass } {
  const { outer, length, inner, team, stages } = rows;
  const launch = join(stages, structureOf(rows));
  const items = outer * inner;
  const pass: Pass = {
    variant: `rows by ${team}`,
    emit: (options) => emitRows(rows, launch, options),
    items, team, size: workgroupSize, ...linearGrid(Math.ceil((items * team) / workgroupSize)),
    rows: { outer, length, inner },
  };
  return { launch, pass };
}

/** Equal texts are equal code, for equal stages. */
const structureOf = (rows: Rows): string => [
  `rows by ${rows.team} ${isAbreast(rows) ? 'abreast ' : ''}room ${rows.room}`,
  ...rows.stages.map(({ axes, once, reads, stored }, k) => [
    axes ? `${axes.outer.join('.')}/${axes.length.join('.')}/${axes.inner.join('.')}` : 'all', Number(once), stored.map(Number).join(''),
    reads.map((r, input) => (!r ? '' : r.kind === 'left' ? `${r.stage}.${r.output}` : `kept${keptName(rows, k, input)}`)).join(),
  ].join(':')),
].join(';');

/** Neighbours in memory belong to different rows. */
const isAbreast = ({ inner }: Rows): boolean => inner > 1;

/** Arrays that are kept are numbered in the order in which they are read first. */
function keptName({ stages }: Rows, stage: number, input: number): number {
  const slots = stages.flatMap((s) => s.reads.flatMap((r) => (r?.kind === 'kept' ? [r.slot] : [])));
  const read = stages[stage].reads[input];
  return [...new Set(slots)].indexOf(read?.kind === 'kept' ? read.slot : -1);
}

interface Writer {
  readonly rows: Rows;
  readonly joined: Joined;
  readonly module: Module;
  /** Arrays of which the row is in workgroup memory by now. */
  readonly kept: Set<number>;
}

export function emitRows(rows: Rows, joined: Joined, options: EmitOptions): Shader {
  const module = createModule(joined.kernel, options, overwritten(joined));
  const w: Writer = { rows, joined, module, kept: new Set() };
  const { stages, team, room } = rows;
  const lines = [mainHead(), ...startOf(w)];
  stages.forEach((s, k) => {
    lines.push('', `  // ${s.launch.kernel.name.replace(/\s+/g, ' ')}`);
    if (s.once) lines.push(...onceLines(w, s, k));
    else if (s.launch.kernel.reduction) lines.push(...reduceLines(w, s, k));
    else lines.push(...elementLoop(w, s, k, '  '));
  });
  lines.push('}');
  return module.finish([
    joined.kernel.name,
    `${stages.length} stages row by row, ${team} invocations for each, ` + (room > 0 ? `up to ${room} elements in workgroup memory` : 'read again by every stage'),
  ], lines.join('\n'));
}

const size = ({ module }: Writer, name: 'outer' | 'length' | 'inner'): string =>
  module.param({ name, type: 'u32', value: (_, s) => s.rows![name] });

/** The row, and which of its team an invocation is. Rows beyond the last are the last one, and store nothing. */
function startOf(w: Writer): string[] {
  const { module, rows } = w;
  const items = module.param({ name: 'items', type: 'u32', value: (_, s) => s.items });
  const grid = module.param({ name: 'grid', type: 'u32', value: (_, s) => s.grid });
  const abreast = workgroupSize / rows.team;
  return [
    ...(isAbreast(rows)
      ? [`  let place = lane % ${abreast}u;`, `  let member = lane / ${abreast}u;`]
      : [`  let place = lane / ${rows.team}u;`, `  let member = lane % ${rows.team}u;`]),
    `  let row = (group.y * ${grid} + group.x) * ${abreast}u + place;`,
    `  let valid = row < ${items};`,
    `  let k = min(row, ${items} - 1u);`,
    ...(isAbreast(rows) ? [`  let o = k / ${size(w, 'inner')};`, `  let i = k % ${size(w, 'inner')};`] : ['  let o = k;', '  let i = 0u;']),
  ];
}

/** Where in an array of workgroup memory an element of the row is. */
const elementOf = ({ rows }: Writer): string =>
  (isAbreast(rows) ? `r * ${workgroupSize / rows.team}u + place` : `place * ${rows.room}u + r`);

/** An array of workgroup memory with the rows of all teams. */
function vector({ module, rows }: Writer, name: string, type: string): string {
  return module.define(name, () => `var<workgroup> ${name}: array<${type}, ${rows.room * (workgroupSize / rows.team)}>;`);
}

/** Whether a later stage reads for each element what a stage leaves. */
const isRead = ({ stages }: Rows, stage: number, output: number): boolean =>
  stages.some((s) => s.reads.some((r) => r?.kind === 'left' && r.stage === stage && r.output === output));

/** What is not read from memory. */
function ownRead(w: Writer, s: RowStage, stage: number, v: Of<'read'>): string | undefined {
  const read = s.reads[v.input];
  if (!read) return undefined;
  if (read.kind === 'kept') return `${keptArray(w, stage, v.input, v.dtype)}[${elementOf(w)}]`;
  const { stage: from, output, once } = read;
  const { dtype } = w.rows.stages[from].launch.kernel.outputs[output];
  return once ? `row${from}_${output}` : `${vector(w, `left${from}_${output}`, scalarOf(dtype))}[${elementOf(w)}]`;
}

const keptArray = (w: Writer, stage: number, input: number, dtype: DType): string =>
  vector(w, `kept${keptName(w.rows, stage, input)}`, scalarOf(dtype));

interface PointBody {
  readonly out: Statements;
  /** Of the results of the body that somebody needs. */
  readonly values: ReadonlyMap<number, string>;
}

/** The statements of a point, whose names are `r` within the row and `e` among all points, and the values of the body. */
function pointBody(w: Writer, s: RowStage, stage: number, indent: string): PointBody {
  const { kernel, inner } = s.launch;
  const module = stageModule(w.module, w.joined, stage);
  const within = s.once ? 'k' : isAbreast(w.rows)
    ? `(o * ${size(w, 'length')} + r) * ${size(w, 'inner')} + i`
    : `o * ${size(w, 'length')} + r`;
  const out = createStatements(indent, [
    `${indent}let e = ${within};`,
    ...(s.axes
      ? [
        ...coordinates(module, s.axes.outer, 'o', indent), ...coordinates(module, s.once ? [] : s.axes.length, 'r', indent),
        ...coordinates(module, s.axes.inner, 'i', indent),
      ]
      : [`${indent}let c0 = i32(e);`]),
  ]);
  const options = { module, kernel, inner, out, axes: [...s.launch.domain.keys()] };
  keepElements(w, s, stage, pointLeaves(options), out);
  const leaves = pointLeaves({ ...options, read: (v) => ownRead(w, s, stage, v) });
  const list = [...new Set([
    ...kernel.outputs.flatMap((o) => (o.from === 'body' ? [o.result] : [])), ...(kernel.reduction?.terms ?? []).map((t) => t.value),
  ])];
  const results = writeFunction(module, { results: list.map((r) => kernel.body.results[r]), effects: [] }, leaves, out);
  return { out, values: new Map(list.map((r, n) => [r, results[n]])) };
}

/** Elements that this stage is the first to read are kept, whether its body comes to need them or not. */
function keepElements(w: Writer, s: RowStage, stage: number, memory: PointText, out: Statements): void {
  s.reads.forEach((read, input) => {
    const number = keptName(w.rows, stage, input);
    if (read?.kind !== 'kept' || w.kept.has(number)) return;
    w.kept.add(number);
    const { dtype } = s.launch.kernel.inputs[input];
    const value = memory.read({ kind: 'read', input, dtype, at: undefined });
    out.add(`${keptArray(w, stage, input, dtype)}[${elementOf(w)}] = ${value};`);
  });
}

/** Stores the body's results: for later stages, and in memory. */
function storeBody(w: Writer, s: RowStage, stage: number, values: ReadonlyMap<number, string>, out: Statements): void {
  const { kernel } = s.launch;
  const module = stageModule(w.module, w.joined, stage);
  kernel.outputs.forEach((o, k) => {
    if (o.from !== 'body') return;
    const value = values.get(o.result)!;
    if (isRead(w.rows, stage, k)) out.add(`${vector(w, `left${stage}_${k}`, scalarOf(o.dtype))}[${elementOf(w)}] = ${value};`);
    if (s.stored[k]) out.add(`if (valid) { ${module.output(k)}[e] = ${value}; }`);
  });
}

/** A map over the elements of the row. */
function elementLoop(w: Writer, s: RowStage, stage: number, indent: string): string[] {
  const { out, values } = pointBody(w, s, stage, `${indent}  `);
  storeBody(w, s, stage, values, out);
  return [`${indent}for (var r = member; r < ${size(w, 'length')}; r += ${w.rows.team}u) {`, ...out.lines, `${indent}}`];
}

/** A map over rows: every invocation computes it, the first of the team stores it. */
function onceLines(w: Writer, s: RowStage, stage: number): string[] {
  const { kernel } = s.launch;
  const module = stageModule(w.module, w.joined, stage);
  const { out, values } = pointBody(w, s, stage, '    ');
  kernel.outputs.forEach((o, k) => {
    out.add(`row${stage}_${k} = ${values.get(o.result)!};`);
    if (s.stored[k]) out.add(`if (valid && member == 0u) { ${module.output(k)}[k] = row${stage}_${k}; }`);
  });
  return [...kernel.outputs.map((o, k) => `  var row${stage}_${k}: ${scalarOf(o.dtype)};`), '  {', ...out.lines, '  }'];
}

/** A reduction of the row: every invocation folds its elements, the team combines the shares, every invocation finishes. */
function reduceLines(w: Writer, s: RowStage, stage: number): string[] {
  const { launch: { kernel, inner }, axes } = s;
  const { rows: { team }, module } = w;
  const own = stageModule(module, w.joined, stage);
  const terms = termsOf(kernel), fields = fieldsOf(terms);
  // Shares of one type are in one place.
  const type = fields.map((f) => `${f.name}_${f.type}`).join('_');
  const names = { acc: `Acc_${type}`, start: `start${stage}`, combine: `combine${stage}` };
  const { acc, start, combine } = names;
  defineAccumulator(module, terms, names);
  const shares = module.define(`shares_${type}`, () => `var<workgroup> shares_${type}: array<${acc}, ${workgroupSize}>;`);
  const { out, values } = pointBody(w, s, stage, '      ');
  storeBody(w, s, stage, values, out);
  const parts = fields.map((f) => (f.role === 'position' ? 'i32(r)' : f.role === 'lost' ? '0.0f' : values.get(terms[f.term].value)!));
  out.add(`part = ${combine}(part, ${acc}(${parts.join(', ')}));`);
  const length = size(w, 'length');
  const end = createStatements('    ', [
    ...coordinates(own, axes!.outer, 'o', '    '), ...coordinates(own, axes!.inner, 'i', '    '),
  ]);
  const point = pointLeaves({
    module: own, kernel, inner, out: end, axes: [...axes!.outer, ...axes!.inner],
    read: (v) => ownRead(w, s, stage, v),
  });
  const outputs = kernel.outputs.flatMap((o, k) => (o.from === 'epilogue' ? [{ ...o, k }] : []));
  const finals = writeFunction(own, { results: outputs.map((o) => kernel.reduction!.epilogue.results[o.result]), effects: [] },
    { ...point, reduced: (v) => reducedText(module, terms, `acc${stage}`, v.index) }, end);
  outputs.forEach(({ k }, n) => {
    end.add(`row${stage}_${k} = ${finals[n]};`);
    if (s.stored[k]) end.add(`if (valid && member == 0u) { ${own.output(k)}[k] = row${stage}_${k}; }`);
  });
  return [
    `  var acc${stage} = ${start}();`,
    `  for (var r = member; r < ${length};) {`,
    `    var part = ${start}();`,
    `    let stop = min(${length}, r + ${BLOCK * team}u);`,
    `    for (; r < stop; r += ${team}u) {`,
    ...out.lines,
    '    }',
    `    acc${stage} = ${combine}(acc${stage}, part);`,
    '  }',
    `  let share${stage} = place * ${team}u + member;`,
    '  workgroupBarrier();',
    `  ${shares}[share${stage}] = acc${stage};`,
    ...combineShares(module.param({ name: 'team', type: 'u32', value: (_, n) => n.team ?? 0 }), { shares, combine, at: `share${stage}` }),
    '  workgroupBarrier();',
    `  acc${stage} = ${shares}[place * ${team}u];`,
    ...outputs.map(({ dtype, k }) => `  var row${stage}_${k}: ${scalarOf(dtype)};`),
    '  {', ...end.lines, '  }',
  ];
}
