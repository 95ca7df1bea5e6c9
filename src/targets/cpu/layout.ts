/** The parameters of one launch in the heap: where each number is, for the emitted code and for who writes them. */
import { dtypes, type DType } from '../../dsl/dtype.ts';

/** What the layout depends on. */
export interface LayoutSpec {
  readonly rank: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Partial results of a reduction: one array per plane. */
  readonly planes: number;
  readonly uniforms: readonly DType[];
}

/** Numbers that say how the domain is cut into blocks; see blocks.ts. */
export const GEOMETRY = ['columnBlocks', 'columnsPerBlock', 'rowBlocks', 'rowsPerBlock', 'rows', 'keptPerBlock', 'kept', 'chunks', 'planeLength'] as const;
export type GeometryName = (typeof GEOMETRY)[number];
export type Geometry = Readonly<Record<GeometryName, number>>;

/** Byte offsets from the address of the parameters. */
export interface Layout {
  readonly geometry: (name: GeometryName) => number;
  readonly size: (axis: number) => number;
  readonly inputBase: (input: number) => number;
  /** In bytes. */
  readonly stride: (input: number, axis: number) => number;
  readonly outputBase: (output: number) => number;
  readonly planeBase: (plane: number) => number;
  /** Sixteen bytes: the value in every lane. */
  readonly uniform: (index: number) => number;
  readonly bytes: number;
}

export function layoutOf({ rank, inputs, outputs, planes, uniforms }: LayoutSpec): Layout {
  const sizes = 4 * GEOMETRY.length;
  const firstInput = sizes + 4 * rank;
  const firstOutput = firstInput + 4 * inputs * (rank + 1);
  const firstPlane = firstOutput + 4 * outputs;
  const firstUniform = Math.ceil((firstPlane + 4 * planes) / 16) * 16;
  return {
    geometry: (name) => 4 * GEOMETRY.indexOf(name),
    size: (axis) => sizes + 4 * axis,
    inputBase: (input) => firstInput + 4 * input * (rank + 1),
    stride: (input, axis) => firstInput + 4 * (input * (rank + 1) + 1 + axis),
    outputBase: (output) => firstOutput + 4 * output,
    planeBase: (plane) => firstPlane + 4 * plane,
    uniform: (index) => firstUniform + 16 * index,
    bytes: firstUniform + 16 * uniforms.length,
  };
}

/** What is written for one launch. */
export interface LayoutValues {
  readonly geometry: Geometry;
  readonly sizes: readonly number[];
  readonly inputs: readonly { readonly base: number; readonly strides: readonly number[] }[];
  readonly outputs: readonly number[];
  readonly planes: readonly number[];
  readonly uniforms: readonly number[];
}

/** Writes the parameters at `address` of `buffer`. Addresses above 2^31 wrap into the sign bit, as wasm reads them. */
export function writeLayout(buffer: ArrayBufferLike, address: number, spec: LayoutSpec, values: LayoutValues): void {
  const words = new Int32Array(buffer, address, GEOMETRY.length + spec.rank + spec.inputs * (spec.rank + 1) + spec.outputs + spec.planes);
  let at = 0;
  const put = (v: number): void => { words[at++] = v; };
  GEOMETRY.forEach((name) => put(values.geometry[name]));
  values.sizes.forEach(put);
  values.inputs.forEach(({ base, strides }) => [base, ...strides].forEach(put));
  values.outputs.forEach(put);
  values.planes.forEach(put);
  const layout = layoutOf(spec);
  values.uniforms.forEach((value, k) => writeUniform(buffer, address + layout.uniform(k), spec.uniforms[k], value));
}

function writeUniform(buffer: ArrayBufferLike, address: number, d: DType, value: number): void {
  if (d === 'float64') new Float64Array(buffer, address, 2).fill(value);
  else if (d === 'float32') new Float32Array(buffer, address, 4).fill(value);
  else new Int32Array(buffer, address, 4).fill(dtypes[d].kind === 'bool' ? -(value !== 0) : value | 0);
}
