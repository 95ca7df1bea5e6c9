/** The shaders of reductions. */
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { combineShares, defineAccumulator, fieldsOf, reducedText, termsOf, type AccField, type Term } from './accumulator.ts';
import { coordinates, elementLoop, gridIndex, mainHead, packed, writeStores, type Store } from './emit.ts';
import { writeFunction, type LeafText } from './function.ts';
import { extentOf, pointLeaves } from './leaves.ts';
import { createModule, sharingSize, type EmitOptions, type Module, type Shader } from './module.ts';
import { createStatements } from './statements.ts';
import { packing } from './wgsl.ts';

export interface ReduceVariant {
  /** Folds body results (and stores the body's outputs on the way), or what the pass before left. */
  readonly source: 'body' | 'bodyStored' | 'partials';
  /** Invocations per chunk. */
  readonly team: 1 | 16 | 64;
  readonly sink: 'partials' | 'epilogue';
}

/** Elements that are added one after the other before their sum joins the rest. */
const block = 64;

/** 32-bit words of one partial result. */
export const accumulatorWords = (kernel: Kernel): number => fieldsOf(termsOf(kernel)).length;

export function emitReduce(
  kernel: Kernel, inner: Launch['inner'], variant: ReduceVariant, per: number, options: EmitOptions,
): Shader {
  const module = createModule(kernel, options);
  const w: Writer = { module, kernel, inner, terms: termsOf(kernel), fields: fieldsOf(termsOf(kernel)), team: variant.team };
  defineAccumulator(module, w.terms);
  module.define('fold', () => foldFunction(w, variant));
  const main = variant.team > 1 ? teamMain(w, variant) : variant.sink === 'partials' ? lanePartials(w) : laneEpilogue(w, per);
  const { axes } = kernel.reduction!;
  return module.finish([
    kernel.name,
    `${kernel.reduction!.terms.map((t) => t.reducer).join(', ')} over axes ${axes.join(', ')} of ${kernel.rank}: ` +
    `${variant.source === 'partials' ? 'partial results' : 'elements'} to ${variant.sink === 'partials' ? 'partial results' : 'the result'}, ` +
    `${variant.team > 1 ? `${variant.team} invocations per chunk` : 'one invocation per chunk'}`,
  ], main);
}

interface Writer {
  readonly module: Module;
  readonly kernel: Kernel;
  readonly inner: Launch['inner'];
  readonly terms: readonly Term[];
  readonly fields: readonly AccField[];
  readonly team: number;
}

const size = (module: Module, name: 'kept' | 'reduced' | 'chunk' | 'chunks' | 'items' | 'team'): string =>
  module.param({ name, type: 'u32', value: (_, s) => s[name] ?? 0 });

/** fold(k, begin, end): what kept point k gets from every team-th element of begin..end. */
function foldFunction(w: Writer, variant: ReduceVariant): string {
  const head: string[] = [];
  const body = variant.source === 'partials' ? partialBody(w) : elementBody(w, variant.source === 'bodyStored', head);
  return [
    'fn fold(k: u32, begin: u32, end: u32) -> Acc {',
    ...head,
    '  var acc = start();',
    '  for (var r = begin; r < end;) {',
    '    var part = start();',
    `    let stop = min(end, r + ${block * w.team}u);`,
    `    for (; r < stop; r += ${w.team}u) {`,
    ...body,
    '    }',
    '    acc = combine(acc, part);',
    '  }',
    '  return acc;',
    '}',
  ].join('\n');
}

const bodyIndent = '      ';

function elementBody(w: Writer, stored: boolean, head: string[]): string[] {
  const { module, kernel } = w;
  const { axes } = kernel.reduction!;
  const all = Array.from({ length: kernel.rank }, (_, k) => k);
  head.push(...coordinates(module, all.filter((k) => !axes.includes(k)), 'k', '  '));
  const out = createStatements(bodyIndent, coordinates(module, axes, 'r', bodyIndent));
  const leaves = pointLeaves({ module, kernel, inner: w.inner, out, axes: all });
  const outputs = stored ? kernel.outputs.filter((o) => o.from === 'body') : [];
  const wanted = [...w.terms.map((t) => t.value), ...outputs.map((o) => o.result)].map((k) => kernel.body.results[k]);
  const results = writeFunction(module, { results: wanted, effects: [] }, leaves, out);
  if (outputs.length > 0) {
    const index = all.slice(1).reduce((text, k) => `(${text}) * ${extentOf(module, k)} + c${k}`, 'c0');
    out.add(`let cell = ${index};`);
    outputs.forEach((o, k) => out.add(`${module.output(kernel.outputs.indexOf(o))}[cell] = ${results[w.terms.length + k]};`));
  }
  const values = w.fields.map((f) => (f.role === 'position' ? 'i32(r)' : f.role === 'lost' ? '0.0f' : results[f.term]));
  out.add(`part = combine(part, Acc(${values.join(', ')}));`);
  return out.lines;
}

/** Partials are stored field by field, then chunk by chunk, then by kept point. */
function partialBody({ module, fields }: Writer): string[] {
  const array = module.scratch('from');
  const values = fields.map((f, k) => {
    const word = `${array}[(${k}u * ${size(module, 'reduced')} + r) * ${size(module, 'kept')} + k]`;
    return f.type === 'bool' ? `${word} != 0u` : f.type === 'u32' ? word : `bitcast<${f.type}>(${word})`;
  });
  return [`${bodyIndent}part = combine(part, Acc(${values.join(', ')}));`];
}

function storePartial({ module, fields }: Writer, acc: string, indent: string): string[] {
  const array = module.scratch('to');
  return fields.map((f, k) => {
    const value = `${acc}.${f.name}`;
    const word = f.type === 'bool' ? `select(0u, 1u, ${value})` : f.type === 'u32' ? value : `bitcast<u32>(${value})`;
    return `${indent}${array}[(${k}u * ${size(module, 'chunks')} + chunk) * ${size(module, 'kept')} + k] = ${word};`;
  });
}

/** The statements of the epilogue at kept point `at`, and what it stores. */
function epilogue(w: Writer, acc: string, at: string, indent: string): { lines: string[]; stores: Store[] } {
  const { module, kernel } = w;
  const { axes, epilogue: fn } = kernel.reduction!;
  const kept = Array.from({ length: kernel.rank }, (_, k) => k).filter((k) => !axes.includes(k));
  const out = createStatements(indent, coordinates(module, kept, at, indent));
  const outputs = kernel.outputs.filter((o) => o.from === 'epilogue');
  const point = pointLeaves({ module, kernel, inner: w.inner, out, axes: kept });
  const leaves: LeafText = { ...point, reduced: (v) => reducedText(module, w.terms, acc, v.index) };
  return { lines: out.lines, stores: writeStores(module, kernel, outputs, fn, leaves, out) };
}

/** One invocation per kept point: folds all of it and finishes it. */
function laneEpilogue(w: Writer, per: number): string {
  return elementLoop(w.module, per, (indent) => {
    const { lines, stores } = epilogue(w, 'acc', 'i', indent);
    return { lines: [`${indent}let acc = fold(i, 0u, ${size(w.module, 'reduced')});`, ...lines], stores };
  });
}

/** One invocation per kept point and chunk; neighbours have neighbouring kept points. */
function lanePartials(w: Writer): string {
  const { module } = w;
  const [kept, chunk] = [size(module, 'kept'), size(module, 'chunk')];
  return [
    mainHead(),
    `  let i = ${gridIndex(module)};`,
    `  if (i >= ${size(module, 'items')}) { return; }`,
    `  let k = i % ${kept};`,
    `  let chunk = i / ${kept};`,
    `  let begin = chunk * ${chunk};`,
    `  let acc = fold(k, begin, min(begin + ${chunk}, ${size(module, 'reduced')}));`,
    ...storePartial(w, 'acc', '  '),
    '}',
  ].join('\n');
}

/** A team of invocations per kept point and chunk: each folds its share, then the shares combine as a tree. */
function teamMain(w: Writer, variant: ReduceVariant): string {
  const { module, team } = w;
  module.define('shares', () => `var<workgroup> shares: array<Acc, ${sharingSize}>;`);
  const partial = variant.sink === 'partials';
  const items = size(module, 'items');
  const begin = partial ? `chunk * ${size(module, 'chunk')}` : '0u';
  const end = partial ? `min(begin + ${size(module, 'chunk')}, ${size(module, 'reduced')})` : size(module, 'reduced');
  const lines = [
    mainHead(sharingSize),
    `  let item = (${gridIndex(module, sharingSize)}) / ${team}u;`,
    `  let member = lane % ${team}u;`,
    ...(partial
      ? [`  let k = item / ${size(module, 'chunks')};`, `  let chunk = item % ${size(module, 'chunks')};`]
      : ['  let k = item;']),
    `  let begin = ${begin};`,
    `  let end = select(0u, ${end}, item < ${items});`,
    '  shares[lane] = fold(k, begin + member, end);',
    ...combineShares(size(module, 'team'), { shares: 'shares', combine: 'combine', at: 'lane' }),
    `  if (member == 0u && item < ${items}) {`,
    '    let acc = shares[lane];',
  ];
  if (partial) {
    lines.push(...storePartial(w, 'acc', '    '));
  } else {
    const { lines: body, stores } = epilogue(w, 'acc', 'k', '    ');
    lines.push(...body, ...stores.map(({ index, output, value }) => {
      const array = module.output(index);
      // Packed outputs are finished here only when there is a single kept point: it is alone in its word.
      return packing(output.dtype) > 1 ? `    ${array}[0] = ${packed(value, output.dtype, 'k')};` : `    ${array}[k] = ${value};`;
    }));
  }
  return [...lines, '  }', '}'].join('\n');
}
