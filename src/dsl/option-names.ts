/** Options by name: one that is misspelt would be ignored, and the result be another one than was asked for. */
import { ArgumentError } from '../errors.ts';

/** The names of options of type `O`: the compiler sees to it that they are all there. */
export type OptionNames<O> = Readonly<Record<keyof O, true>>;

const listed = (names: OptionNames<never>): string => Object.keys(names).join(', ');

/** Throws ArgumentError for what is no object of options, and for an option that there is not. */
export function checkOptions(label: string, given: object | undefined, names: OptionNames<never>): void {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw new ArgumentError(`${label}: expected an object of options (${listed(names)}), got ${JSON.stringify(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(names, name)) throw new ArgumentError(`${label}: unknown option '${name}'; options are ${listed(names)}`);
  }
}
