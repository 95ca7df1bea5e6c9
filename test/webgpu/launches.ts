/** Kernels and launches written by hand, so that the target is tested without the planner. */
import { Builder, type Slot, type Value } from '../../src/dsl/kernel/ir.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf, stridesOf, type Shape } from '../../src/dsl/shape.ts';
import type { InnerStride, Kernel, KernelOutput, Launch } from '../../src/fusion/kernel.ts';

/** Where an input is: strides (0 broadcasts) and offset; dense over the domain when left out. */
export interface Where {
  readonly dtype: DType;
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

const innerOf = (stride: number): InnerStride => (stride === 1 ? 'unit' : stride === 0 ? 'zero' : 'strided');

function launchOf(spec: MapSpec, kernel: Omit<Kernel, 'key' | 'inputs' | 'uniforms' | 'rank' | 'name'>): Launch {
  const rank = spec.domain.length;
  const inputs = spec.inputs.map((w, slot) => ({ slot, offset: w.offset ?? 0, strides: w.strides ?? stridesOf(spec.domain) }));
  const inner = inputs.map((a) => innerOf(a.strides[rank - 1]));
  const r = kernel.reduction;
  const outputs = kernel.outputs.map((o) => `${o.from}${o.result}${o.dtype}`).join();
  const key = `${rank}|${kernel.body.key}|${r ? `${r.axes.join()}|${r.terms.map((t) => t.reducer + t.value).join()}|${r.epilogue.key}` : ''}|${outputs}`;
  const full: Kernel = { ...kernel, name: 'test', rank, inputs: slots(spec.inputs), uniforms: slots(spec.uniforms ?? []), key };
  return {
    kernel: full, domain: spec.domain, inputs, inner, outputs: kernel.outputs.map((_, k) => spec.inputs.length + k),
    uniforms: (spec.uniforms ?? []).map((u) => u.value), code: `${key}|${inner.join()}`,
  };
}

const slots = (list: readonly { readonly dtype: DType }[]): Slot[] => list.map((s, k) => ({ name: `x${k}`, dtype: s.dtype }));

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

/** Elements of each output. */
export const outputSizes = ({ kernel, domain }: Launch): number[] => kernel.outputs.map((o) =>
  sizeOf(o.from === 'body' ? domain : domain.filter((_, k) => !kernel.reduction!.axes.includes(k))));
