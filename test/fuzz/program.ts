/** Random programs: raw numbers from fast-check become a list of steps, each Weft source text and the call it stands for. */
import fc from 'fast-check';
import type * as wf from '../../src/index.ts';
import type { Maker } from './maker.ts';
import { makers } from './steps.ts';
import type { Info } from './values.ts';

/** One statement: `const [outputs] = source`. */
export interface Step {
  readonly source: string;
  readonly outputs: readonly Info[];
  readonly make: (values: readonly wf.WeftArray[]) => readonly wf.WeftArray[];
}

/** What a maker sees: the values so far, and numbers to decide by. */
export interface Context {
  readonly values: readonly Info[];
  /** An integer from 0 to n - 1. */
  draw(n: number): number;
  /** Position of one of the values that fit; undefined when none does. */
  pick(fits?: (x: Info) => boolean): number | undefined;
  readonly float64: boolean;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly values: readonly Info[];
  /** Positions of the values that are asked for. */
  readonly roots: readonly number[];
  readonly float64: boolean;
  toString(): string;
}

interface Raw { readonly op: string; readonly n: readonly number[] }
/** By name; `source` makes a value from nothing. */
type Makers = Readonly<Record<string, Maker>> & { readonly source: Maker };

function contextOf(values: readonly Info[], n: readonly number[], float64: boolean): Context {
  let next = 0;
  const draw = (limit: number): number => n[next++ % n.length] % Math.max(1, limit);
  const pick = (fits: (x: Info) => boolean = () => true): number | undefined => {
    const found = values.flatMap((x, k) => (fits(x) ? [k] : []));
    // Later values are likelier: programs get deep.
    return found.length === 0 ? undefined : found[found.length - 1 - Math.min(draw(found.length), draw(found.length))];
  };
  return { values, draw, pick, float64 };
}

function programOf(
  makers: Makers, first: readonly number[], raws: readonly Raw[], rootNumbers: readonly number[], float64: boolean,
): Program {
  const steps: Step[] = [];
  const values: Info[] = [];
  for (const { op, n } of [{ op: 'source', n: first }, ...raws]) {
    const step = makers[op](contextOf(values, n, float64));
    if (!step) continue;
    steps.push(step);
    values.push(...step.outputs);
  }
  const roots = [...new Set([values.length - 1, ...rootNumbers.map((r) => r % values.length)])];
  return { steps, values, roots, float64, toString: () => textOf(steps, roots) };
}

function textOf(steps: readonly Step[], roots: readonly number[]): string {
  let next = 0;
  const lines = steps.map(({ source, outputs }) => {
    const names = outputs.map(() => `v${next++}`);
    const what = outputs.map((o) => `${o.dtype} [${o.shape.join()}]${o.error > 0 ? ` ±${o.error.toPrecision(2)}` : ''}`).join(', ');
    return `const ${names.length > 1 ? `[${names.join(', ')}]` : names[0]} = ${source}; // ${what}`;
  });
  return `\n${[...lines, `await wf.evaluate([${roots.map((r) => `v${r}`).join(', ')}]);`].join('\n')}\n`;
}

/**
 * Positions of the values that depend on the order of a sum that rounds: fusing a view into it may change the order. All
 * others have the same bits however the program is cut.
 */
export function orderDependent({ steps, values }: Program): Set<number> {
  const found = new Set<number>();
  let next = 0;
  for (const { source, outputs } of steps) {
    const uses = [...source.matchAll(/\bv(\d+)\b/g)].some(([, k]) => found.has(Number(k)));
    for (let k = 0; k < outputs.length; k++, next++) {
      if (uses || (values[next].error > 0 && /\.(sum|mean|var)\(/.test(source))) found.add(next);
    }
  }
  return found;
}

/** The arrays of all values, each made from those before. */
export function buildAll(program: Program): wf.WeftArray[] {
  const values: wf.WeftArray[] = [];
  for (const step of program.steps) values.push(...step.make(values));
  return values;
}

const rawOf = (table: Makers, number: fc.Arbitrary<number>): fc.Arbitrary<Raw> => fc.record({
  op: fc.constantFrom(...Object.keys(table).flatMap((name) => new Array<string>(table[name].weight).fill(name))),
  n: fc.array(number, { minLength: 8, maxLength: 8 }),
});

const small = fc.nat({ max: 2 ** 16 });

/** Programs of up to `size` steps. */
export const programs = (size: number): fc.Arbitrary<Program> => fc
  .tuple(fc.array(rawOf(makers, small), { minLength: 1, maxLength: size, size: 'max' }), fc.array(small, { maxLength: 3 }), fc.nat({ max: 7 }))
  .map(([raws, roots, special]) => programOf(makers, [0, 7, 3, 0, 5, 2, 6, 1], raws, roots, special === 7));

/** The same of other steps, without a liking for small numbers. */
export function evenPrograms(size: number, table: Makers): fc.Arbitrary<Program> {
  const even = fc.noBias(small);
  const numbers = fc.array(even, { minLength: 8, maxLength: 8 });
  return fc
    .tuple(numbers, fc.array(rawOf(table, even), { minLength: 1, maxLength: size, size: 'max' }), fc.array(even, { maxLength: 3 }), fc.nat({ max: 7 }))
    .map(([first, raws, roots, special]) => programOf(table, first, raws, roots, special === 7));
}
