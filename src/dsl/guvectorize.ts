/** Functions of sub-arrays: generalised ufuncs. */
import { ArgumentError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { asDType, promote, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { argumentAt, scalarFill } from './bind.ts';
import { count, lowerKernel, usageOf, type KernelFunction, type KernelParam } from './kernel/index.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { fromKernel } from './plainly.ts';
import { broadcastShapes } from './shape.ts';
import { parseSignature, resolveDimensions, type Dimension } from './signature.ts';
import { broadcastView, reshapeView } from './views.ts';

export interface GuvectorizeOptions {
  /** Outer variables of the kernel. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Of the outputs: one for all, or one each. Default: what the inputs' dtypes meet in. */
  readonly dtype?: DType | readonly DType[];
}

/** One array, or a list where the signature names several outputs. */
type Outputs<S extends string> = S extends `${string}->${infer O}` ? (O extends `${string},${string}(${string}` ? WeftArray[] : WeftArray) : WeftArray | WeftArray[];

/**
 * Makes an array function from a kernel of sub-arrays, described by a layout signature as NumPy's: `(m,n),(n)->(m)` takes a
 * matrix and a vector to a vector. Axes before those of the signature are looped over, in parallel, and broadcast. The kernel
 * gets one parameter per input and per output and stores into the outputs, which start as zeros; where all outputs are scalars,
 * `()`, it may return them instead. A scalar output that is a parameter is stored to as `out[0]`.
 *
 * @param signature names or sizes of the dimensions of every input and output
 * @param kernel e.g. (x: wf.Vec, out: wf.MutVec) => { ... }
 * @throws ArgumentError for a signature or parameters that do not fit; ShapeError when arrays do not fit the signature
 * @example
 * const cumulate = wf.guvectorize('(n)->(n)', (x: wf.Vec, out: wf.MutVec) => {
 *   let sum = 0;
 *   for (let i = 0; i < x.length; i++) {
 *     sum += x[i];
 *     out[i] = sum;
 *   }
 * });
 * await cumulate([[1, 2, 3], [10, 20, 30]]).array(); // [[1, 3, 6], [10, 30, 60]]
 *
 * const dot = wf.guvectorize('(n),(n)->()', (a: wf.Vec, b: wf.Vec) => {
 *   let sum = 0;
 *   for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
 *   return sum;
 * });
 * await dot([[1, 2], [3, 4]], [1, 10]).array(); // [21, 43]
 */
export function guvectorize<S extends string, P extends readonly unknown[], R>(
  signature: S, kernel: (...args: P) => R, options: GuvectorizeOptions = {},
): (...inputs: ArrayInput[]) => Outputs<S> {
  if (typeof kernel !== 'function') throw new ArgumentError(`guvectorize: the kernel must be a function, got ${typeof kernel}`);
  checkOptions('guvectorize', options, { constants: true, dtype: true } satisfies OptionNames<GuvectorizeOptions>);
  const f = kernel as unknown as KernelFunction;
  const parsed = parseSignature(signature);
  const { inputs: inDims, outputs: outDims } = parsed;
  const usage = usageOf(f, 'guvectorize', options.constants);
  const returns = usage.length === inDims.length;
  if (!returns && usage.length !== inDims.length + outDims.length) {
    throw new ArgumentError(`guvectorize: the signature '${signature}' has ${count(inDims.length, 'input', 'inputs')} and ${count(outDims.length, 'output', 'outputs')}, the kernel ${count(usage.length, 'parameter', 'parameters')}`);
  }
  if (returns && outDims.some((d) => d.length > 0)) throw new ArgumentError(`guvectorize: '${signature}' has outputs that are arrays: the kernel needs a parameter for each, to store into`);
  const names = usage.map((u) => u.name);
  const forgotten = usage.slice(inDims.length).find((u) => !u.written);
  if (forgotten) throw new ArgumentError(`guvectorize: the kernel stores nothing into ${forgotten.name}, which is an output of '${signature}'; assign its elements: ${forgotten.name}[0] = ...`);

  const call = (...args: readonly unknown[]): WeftArray | WeftArray[] => {
    if (args.length !== inDims.length) throw new ArgumentError(`guvectorize: '${signature}' takes ${count(inDims.length, 'array', 'arrays')}, got ${args.length}`);
    const given = inDims.map((_, k) => argumentAt(args, { ...usage[k], path: [k] }, 'guvectorize'));
    const arrays = given.map((a, k) => (isNumber(a) && inDims[k].length === 0 ? undefined : arrayNode(a, `guvectorize: ${names[k]}`)));
    // A number takes the dtype of the arrays beside it.
    const beside = arrays.flatMap((n) => (n ? [n.dtype] : [])).reduce<DType | undefined>((a, b) => (a ? promote(a, b) : b), undefined) ?? 'float32';
    const nodes = arrays.map((n, k) => n ?? scalarFill(given[k] as number | boolean, beside));
    const sizes = resolveDimensions(parsed, nodes.map((n) => n.shape), names);
    const loop = broadcastShapes(nodes.map((n, k) => n.shape.slice(0, n.shape.length - inDims[k].length)), 'guvectorize');
    const core = (dims: readonly Dimension[]): number[] => dims.map((d) => (typeof d === 'number' ? d : sizes.get(d)!));
    // A domain has an axis; of a call without loop axes it has one point.
    const domain = loop.length > 0 ? loop : [1];
    const lead = loop.length;
    const dtypes = outputDTypes(options.dtype, nodes, outDims.length);
    const asInput = (n: Expr, k: number): { readonly node: Expr; readonly param: KernelParam } => {
      const scalar = inDims[k].length === 0;
      const shape = [...loop, ...(scalar ? [1] : core(inDims[k]))];
      const node = broadcastView(scalar ? reshapeView(n, [...n.shape, 1]) : n, shape);
      return { node, param: { kind: scalar && usage[k].indexed === undefined ? 'element' : 'whole', dtype: n.dtype, rank: shape.length, lead } };
    };
    const inputs = nodes.map(asInput);
    const shapes = outDims.map((dims) => [...loop, ...(dims.length === 0 ? [1] : core(dims))]);
    const outputs = returns ? [] : shapes.map((shape, k): KernelParam => ({ kind: 'output', dtype: dtypes[k], rank: shape.length, lead }));
    const params = [...inputs.map((i) => i.param), ...outputs];
    const plainly = { kind: 'points' as const, f, usage, params };
    const { fn } = lowerKernel(f, params, { rank: domain.length, constants: options.constants, label: 'guvectorize' });
    const src = inputs.map((i) => i.node);
    if (returns) {
      if (fn.results.length !== outDims.length) throw new ArgumentError(`guvectorize: '${signature}' has ${count(outDims.length, 'output', 'outputs')}, the kernel returns ${count(fn.results.length, 'value', 'values')}`);
      return one(fn.results.map((r, result) => {
        const made = reshapeView(fromKernel(makeExpr({ kind: 'map', fn, result, shape: domain, dtype: r.dtype, src }), plainly), loop);
        return wrap(options.dtype === undefined ? made : castExpr(made, dtypes[result]));
      }));
    }
    if (fn.results.length > 0) throw new ArgumentError(`guvectorize: the kernel returns a value although it has parameters for the outputs of '${signature}'; store into them, or leave them out`);
    const initial = shapes.map((shape, k) => fillExpr(0, dtypes[k], shape));
    return one(shapes.map((shape, result) => {
      const made = fromKernel(makeExpr({ kind: 'nest', fn, result, domain, shape, dtype: dtypes[result], src: [...src, ...initial] }), plainly);
      return wrap(outDims[result].length === 0 ? reshapeView(made, loop) : made);
    }));
  };
  return call as unknown as (...inputs: ArrayInput[]) => Outputs<S>;
}

const isNumber = (a: unknown): a is number | boolean => typeof a === 'number' || typeof a === 'boolean';
const one = (arrays: WeftArray[]): WeftArray | WeftArray[] => (arrays.length === 1 ? arrays[0] : arrays);

function outputDTypes(option: GuvectorizeOptions['dtype'], inputs: readonly Expr[], wanted: number): DType[] {
  if (Array.isArray(option)) {
    if (option.length !== wanted) throw new ArgumentError(`guvectorize: ${count(option.length, 'dtype', 'dtypes')} for ${count(wanted, 'output', 'outputs')}`);
    return option.map((d) => asDType(d, 'guvectorize: dtype'));
  }
  const common = option === undefined ? inputs.map((n) => n.dtype).reduce(promote) : asDType(option as DType, 'guvectorize: dtype');
  return new Array<DType>(wanted).fill(common);
}
