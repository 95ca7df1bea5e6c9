/** Two copies of the library in one program share nothing: arrays of one mean nothing to the other, which can say so. */

const BRAND = Symbol.for('weftjs array');

/** Marks the arrays of this copy. */
export function brand(prototype: object): void {
  Object.defineProperty(prototype, BRAND, { value: true });
}

/** Whether something is an array of some copy; the caller knows that it is none of its own. */
export const isOfOtherCopy = (x: unknown): boolean => typeof x === 'object' && x !== null && BRAND in x;

export const OTHER_COPY = 'an array of another copy of weftjs, which cannot be used here; have the program load the library once, or pass on what its data() gives';
