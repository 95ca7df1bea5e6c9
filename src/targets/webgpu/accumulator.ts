/** Accumulators of reductions: what is kept of the elements so far, and how two of them become one. */
import { InternalError } from '../../errors.ts';
import type { DType } from '../../dsl/dtype.ts';
import { isArgReducer, reducerInfo, type ReducerName } from '../../dsl/reducers.ts';
import type { Kernel, Term as KernelTerm } from '../../fusion/kernel.ts';
import type { Module } from './module.ts';
import { scalarOf, type Scalar } from './wgsl.ts';

/** A field of the accumulator: a term's value, the position that goes with it, or what a float sum has lost to rounding. */
export interface AccField {
  readonly name: string;
  readonly type: Scalar;
  readonly term: number;
  readonly role: 'value' | 'position' | 'lost';
}

export interface Term extends KernelTerm { readonly dtype: DType }

export const termsOf = (kernel: Kernel): Term[] =>
  kernel.reduction!.terms.map((t) => ({ ...t, dtype: kernel.body.results[t.value].dtype }));

export const fieldsOf = (terms: readonly Term[]): AccField[] => terms.flatMap((t, k): AccField[] => {
  const value: AccField = { name: `t${k}`, type: scalarOf(t.dtype), term: k, role: 'value' };
  if (isArgReducer(t.reducer)) return [value, { name: `t${k}_at`, type: 'i32', term: k, role: 'position' }];
  return t.reducer === 'sum' && !t.plain && value.type === 'f32' ? [value, { name: `t${k}_lost`, type: 'f32', term: k, role: 'lost' }] : [value];
});

/** What an accumulator and its functions are called. */
export interface AccNames {
  readonly acc: string;
  readonly start: string;
  readonly combine: string;
}

/** A struct, what it starts with, and how two of them become one. Accumulators of equal fields may share their struct. */
export function defineAccumulator(
  module: Module, terms: readonly Term[], { acc, start, combine }: AccNames = { acc: 'Acc', start: 'start', combine: 'combine' },
): void {
  const fields = fieldsOf(terms);
  module.define(acc, () => `struct ${acc} { ${fields.map((f) => `${f.name}: ${f.type}`).join(', ')} }`);
  const identity = fields.map((f) => {
    if (f.role === 'position') return '2147483647i';
    if (f.role === 'lost') return '0.0f';
    const { reducer, dtype } = terms[f.term];
    return module.constant(reducerInfo(reducer).identity(dtype), dtype);
  });
  module.define(start, () => `fn ${start}() -> ${acc} { return ${acc}(${identity.join(', ')}); }`);
  const lines: string[] = [];
  const values = fields.map((f) => {
    const { reducer, dtype } = terms[f.term];
    if (f.role === 'lost') {
      module.param({ name: 'zero', type: 'u32', value: () => 0 });
      return `a.${f.name} + b.${f.name} + ${module.helper('roundingOf')}(a.t${f.term}, b.t${f.term})`;
    }
    if (!isArgReducer(reducer)) return combineText(module, reducer, dtype, `a.${f.name}`, `b.${f.name}`);
    if (f.role === 'value') {
      const before = module.helper(`${reducer === 'argMin' ? 'firstLess' : 'firstGreater'}_${scalarOf(dtype)}`);
      lines.push(`  let first${f.term} = ${before}(a.${f.name}, a.${f.name}_at, b.${f.name}, b.${f.name}_at);`);
    }
    return `select(b.${f.name}, a.${f.name}, first${f.term})`;
  });
  module.define(combine, () => [
    `fn ${combine}(a: ${acc}, b: ${acc}) -> ${acc} {`, ...lines, `  return ${acc}(${values.join(', ')});`, '}',
  ].join('\n'));
}

function combineText(module: Module, reducer: ReducerName, dtype: DType, a: string, b: string): string {
  const { combine } = reducerInfo(reducer);
  switch (combine) {
    case 'add': return `${a} + ${b}`;
    case 'mul': return `${a} * ${b}`;
    case 'or': return `${a} || ${b}`;
    case 'and': return `${a} && ${b}`;
    case 'min': case 'max': {
      if (dtype === 'bool') return combine === 'min' ? `${a} && ${b}` : `${a} || ${b}`;
      return `${scalarOf(dtype) === 'f32' ? module.helper(`${combine}_f32`) : combine}(${a}, ${b})`;
    }
    default: throw new InternalError(`no WGSL for a reduction by ${combine}`);
  }
}

/** The result of a reduction, from the accumulator of all elements. */
export function reducedText(module: Module, terms: readonly Term[], acc: string, index: number): string {
  const value = `${acc}.t${index}`;
  if (isArgReducer(terms[index].reducer)) return `${value}_at`;
  const losing = fieldsOf(terms).some((f) => f.term === index && f.role === 'lost');
  return losing ? `${module.helper('withLost')}(${value}, ${value}_lost)` : value;
}

/**
 * Combines the shares of a team in the share of its first member, eight at a time: two barriers, where a binary tree has
 * six. The width comes from the params because a loop over barriers that a compiler unrolls takes it seconds. `at`: where the
 * share of an invocation is; those of a team lie side by side.
 */
export const combineShares = (
  team: string, { shares, combine, at }: { readonly shares: string; readonly combine: string; readonly at: string },
): string[] => [
  `  for (var width = ${team}; width > 1u;) {`,
  '    let left = max(width / 8u, 1u);',
  '    workgroupBarrier();',
  '    if (member < left) {',
  `      var acc = ${shares}[${at}];`,
  `      for (var next = left; member + next < width; next += left) { acc = ${combine}(acc, ${shares}[${at} + next]); }`,
  `      ${shares}[${at}] = acc;`,
  '    }',
  '    width = left;',
  '  }',
];
