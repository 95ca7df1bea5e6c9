/** Kernels and launches written by hand, so that the target is tested without the planner. */
import { Builder, type Effect, type Slot, type Value } from '../../src/dsl/kernel/ir.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf, stridesOf, type Shape } from '../../src/dsl/shape.ts';
import type { Access, InnerStride, Kernel, KernelOutput, Launch } from '../../src/fusion/kernel.ts';

/** Where an input is: strides (0 broadcasts) and offset; dense over the domain, or over its own sizes, when left out. */
export interface Where {
  readonly dtype: DType;
  /** Of an input that is read anywhere, by `gather`. */
  readonly sizes?: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

export interface MapSpec {
  readonly domain: Shape;
  readonly inputs: readonly Where[];
  readonly uniforms?: readonly { readonly dtype: DType; readonly value: number }[];
  /** The results of the body. */
  body(b: Builder): readonly Value[];
}

export interface ReduceSpec extends MapSpec {
  readonly axes: readonly number[];
  readonly terms: readonly ReducerName[];
  /** Body results that are stored too. */
  readonly store?: readonly number[];
  /** From the reduced values to what is stored; those values themselves when left out. */
  epilogue?(b: Builder, reduced: readonly Value[]): readonly Value[];
}

export interface NestSpec extends Omit<MapSpec, 'body'> {
  /** Outputs. The slots of the initial elements come after all others. */
  readonly stored: readonly { readonly dtype: DType; readonly sizes: readonly number[]; readonly initial?: boolean }[];
  /** Made with the builder that it is given, or all with another one. */
  effects(b: Builder): readonly Effect[];
  readonly builder?: Builder;
}

const innerOf = (stride: number): InnerStride => (stride === 1 ? 'unit' : stride === 0 ? 'zero' : 'strided');

function launchOf(spec: Omit<MapSpec, 'body'>, kernel: Omit<Kernel, 'key' | 'inputs' | 'uniforms' | 'rank' | 'name'>): Launch {
  const rank = spec.domain.length;
  const inputs = spec.inputs.map(({ offset = 0, sizes, strides = stridesOf(sizes ?? spec.domain) }, slot): Access =>
    ({ slot, offset, strides, ...(sizes && { sizes }) }));
  const inner = inputs.map(({ strides }) => innerOf(strides[strides.length - 1]));
  const r = kernel.reduction;
  const outputs = kernel.outputs.map((o) => `${o.from}${o.result}${o.dtype}`).join();
  for (const fn of r ? [kernel.body, r.epilogue] : [kernel.body]) validateFn(fn);
  const key = `${kernel.schedule}${rank}|${kernel.body.key}|${r ? `${r.axes.join()}|${r.terms.map((t) => t.reducer + t.value).join()}|${r.epilogue.key}` : ''}|${outputs}`;
  const full: Kernel = { ...kernel, name: 'test', rank, inputs: slots(spec.inputs), uniforms: slots(spec.uniforms ?? []), key };
  return {
    kernel: full, domain: spec.domain, inputs, inner, outputs: kernel.outputs.map((_, k) => spec.inputs.length + k),
    uniforms: (spec.uniforms ?? []).map((u) => u.value), code: `${key}|${inner.join()}`,
  };
}

const slots = (list: readonly { readonly dtype: DType; readonly sizes?: readonly number[] }[]): Slot[] =>
  list.map(({ dtype, sizes }, k) => ({ name: `x${k}`, dtype, ...(sizes && { whole: sizes.length }) }));

/** Stores every result of the body over the domain. */
export function mapLaunch(spec: MapSpec): Launch {
  const b = new Builder();
  const results = spec.body(b);
  const body = b.fn('body', { rank: spec.domain.length, inputs: slots(spec.inputs), uniforms: slots(spec.uniforms ?? []), results });
  const outputs: KernelOutput[] = results.map((v, result) => ({ dtype: v.dtype, from: 'body', result }));
  return launchOf(spec, { schedule: 'map', body, reduction: undefined, outputs });
}

/** Reduces the body's results, cast to what each reducer accumulates; term k takes result k (or the only one). */
export function reduceLaunch(spec: ReduceSpec): Launch {
  const b = new Builder();
  const results = [...spec.body(b)];
  const plain = results.length;
  const terms = spec.terms.map((reducer, k) => {
    const value = results[Math.min(k, plain - 1)];
    results.push(b.cast(value, reducerInfo(reducer).accumulator(value.dtype)));
    return { reducer, value: results.length - 1, dtype: reducerInfo(reducer).result(value.dtype) };
  });
  const lists = { inputs: slots(spec.inputs), uniforms: slots(spec.uniforms ?? []) };
  const body = b.fn('body', { rank: spec.domain.length, ...lists, results });
  const e = new Builder();
  const reduced = terms.map((t, k) => e.reduced(k, t.dtype));
  const epilogue = e.fn('epilogue', { rank: spec.domain.length, ...lists, results: spec.epilogue?.(e, reduced) ?? reduced });
  const outputs: KernelOutput[] = [
    ...epilogue.results.map((v, result) => ({ dtype: v.dtype, from: 'epilogue' as const, result })),
    ...(spec.store ?? []).map((result) => ({ dtype: results[result].dtype, from: 'body' as const, result })),
  ];
  return launchOf(spec, {
    schedule: 'reduce', body, outputs,
    reduction: { axes: spec.axes, terms: terms.map(({ reducer, value }) => ({ reducer, value })), epilogue },
  });
}

/** Performs the effects at every point of the domain. */
export function nestLaunch(spec: NestSpec): Launch {
  const b = spec.builder ?? new Builder();
  const lists = { inputs: slots(spec.inputs), uniforms: slots(spec.uniforms ?? []), outputs: slots(spec.stored) };
  const body = b.fn('body', { rank: spec.domain.length, ...lists, results: [], effects: spec.effects(b) });
  const outputs = spec.stored.map(({ dtype }, result): KernelOutput => ({ dtype, from: 'effects', result }));
  let free = spec.inputs.length + spec.stored.length;
  const stored = spec.stored.map(({ sizes, initial }) => ({ sizes, initial: initial ? free++ : undefined }));
  return { ...launchOf(spec, { schedule: 'nest', body, reduction: undefined, outputs }), stored };
}

/** Elements of each output. */
export const outputSizes = ({ kernel, domain, stored }: Launch): number[] => kernel.outputs.map((o, k) => {
  switch (o.from) {
    case 'body': return sizeOf(domain);
    case 'epilogue': return sizeOf(domain.filter((_, axis) => !kernel.reduction!.axes.includes(axis)));
    case 'effects': return sizeOf(stored![k].sizes);
    default: return o.from satisfies never;
  }
});
