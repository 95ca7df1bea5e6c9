/** What methods along axes take: `(axis, options)`, or everything in one object. */
import { ArgumentError } from '../errors.ts';
import { checkOptions, type OptionNames } from './option-names.ts';

export type AxisArguments<A, O> = [axis?: A | (O & { readonly axis?: A }), options?: O];

/** Throws ArgumentError for an option that there is not, and for an axis that is given twice. */
export function axisAndOptions<A, O extends object>(
  name: string, [first, second]: AxisArguments<A, O>, names: OptionNames<O & { readonly axis?: A }>,
): { readonly axis: A | undefined; readonly options: O | undefined } {
  const isAxis = typeof first !== 'object' || first === null || Array.isArray(first);
  const given = isAxis ? second : first;
  checkOptions(name, given, names);
  const axis = (given as { readonly axis?: A } | undefined)?.axis;
  if (isAxis && first !== undefined && axis !== undefined) throw new ArgumentError(`${name}: the axis is given twice, as an argument and as an option`);
  return { axis: axis ?? (isAxis ? first as A | undefined : undefined), options: given as O | undefined };
}
