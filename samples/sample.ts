/**
 * What a sample is. Every pipeline states the same computation twice, once as a Weft program and once as
 * the plain loops a careful author would write, so that results can be compared and times mean something.
 */
import type * as wf from '../src/index.ts';

export const SIZE_NAMES = ['small', 'default'] as const;
export type SizeName = (typeof SIZE_NAMES)[number];

export const TARGETS = ['cpu', 'webgpu'] as const;
export type Target = (typeof TARGETS)[number];

/** A value read back: the dtypes the samples use. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** A typed array and the shape it stands for, row-major. */
export interface Tensor {
  readonly data: Values;
  readonly shape: readonly number[];
}

/** An 8-bit picture; `rgb` has three bytes per pixel, row after row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export type Parameters = Readonly<Record<string, number>>;

/** Where image pipelines get their photograph, no wider than asked for. */
export interface Source {
  photo(maxWidth: number): Promise<Picture>;
}

/** How two results are compared: by their largest difference, by how many cells take another value, or not (and why not). */
export type Tolerance = { readonly largest: number } | { readonly share: number } | { readonly ignored: string };

type Inputs = Readonly<Record<string, Tensor>>;
type ArraysOf<I extends Inputs> = { readonly [K in keyof I]: wf.WeftArray };

/** A pipeline as its file writes it. `P` are its numbers, `I` its input arrays by name. */
export interface Recipe<P extends Parameters, I extends Inputs> {
  readonly name: string;
  readonly title: string;
  readonly describe: string;
  readonly sizes: Readonly<Record<SizeName, P>>;
  /** Options the command line may change, with the range in which they make sense. */
  readonly options?: Readonly<Partial<Record<keyof P & string, Range>>>;
  /** One entry for each result. */
  readonly tolerances: readonly Tolerance[];
  inputs(parameters: P, source: Source): I | Promise<I>;
  weft(arrays: ArraysOf<I>, parameters: P): readonly wf.WeftArray[];
  plainJs(inputs: I, parameters: P): readonly Values[];
  picture(results: readonly Values[], inputs: I, parameters: P): Picture | null;
  /** The sizes that matter, where the largest input does not tell them. */
  size?(parameters: P): string;
  /** What the results say, in a line, where a picture does not. */
  summary?(results: readonly Values[], parameters: P): string;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

/** A recipe with its inputs made: what the runner measures. */
export interface Prepared {
  /** The sizes that matter, e.g. `1280 x 1920, 200 steps`. */
  readonly size: string;
  readonly inputs: Inputs;
  readonly tolerances: readonly Tolerance[];
  weft(arrays: Readonly<Record<string, wf.WeftArray>>): readonly wf.WeftArray[];
  plainJs(): readonly Values[];
  picture(results: readonly Values[]): Picture | null;
  summary(results: readonly Values[]): string | null;
}

/** A recipe whose own types are closed over, so that all samples fit in one list. */
export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly describe: string;
  readonly options: Readonly<Record<string, Range>>;
  /** The numbers it runs with unless told otherwise. */
  defaults(size: SizeName): Parameters;
  prepare(size: SizeName, overrides: Parameters, source: Source): Promise<Prepared>;
}

/**
 * Makes a sample from a recipe.
 *
 * @example
 * export const twice = sample({ name: 'twice', ..., weft: ({ x }) => [x.mul(2)] });
 */
export function sample<P extends Parameters, I extends Inputs>(recipe: Recipe<P, I>): Sample {
  const options: Record<string, Range> = {};
  for (const [name, range] of Object.entries<Range | undefined>(recipe.options ?? {})) {
    if (range !== undefined) options[name] = range;
  }
  return {
    name: recipe.name,
    title: recipe.title,
    describe: recipe.describe,
    options,
    defaults: (size) => recipe.sizes[size],
    async prepare(size, overrides, source) {
      const parameters: P = { ...recipe.sizes[size], ...overrides };
      const inputs = await recipe.inputs(parameters, source);
      return {
        size: recipe.size?.(parameters) ?? describeSize(inputs, parameters),
        inputs,
        tolerances: recipe.tolerances,
        // The runner made one array for each name in `inputs`, which is what ArraysOf<I> says.
        weft: (arrays) => recipe.weft(arrays as ArraysOf<I>, parameters),
        plainJs: () => recipe.plainJs(inputs, parameters),
        picture: (results) => recipe.picture(results, inputs, parameters),
        summary: (results) => recipe.summary?.(results, parameters) ?? null,
      };
    },
  };
}

function describeSize(inputs: Inputs, parameters: Parameters): string {
  const largest = Object.values(inputs).reduce((a, b) => (b.data.length > a.data.length ? b : a));
  const details = ['steps', 'radius'].flatMap((key) => {
    const value = parameters[key];
    return value === undefined ? [] : [key === 'steps' ? `${value} steps` : `r ${value}`];
  });
  return [largest.shape.join(' x '), ...details].join(', ');
}
