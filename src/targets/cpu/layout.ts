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
  /** In bytes. */
  readonly outputStride: (output: number, axis: number) => number;
  readonly planeBase: (plane: number) => number;
  /** Sixteen bytes: the value in every lane. */
  readonly uniform: (index: number) => number;
  readonly bytes: number;
}

export function layoutOf({ rank, inputs, outputs, planes, uniforms }: LayoutSpec): Layout {
  const sizes = 4 * GEOMETRY.length;
  const firstInput = sizes + 4 * rank;
  const firstOutput = firstInput + 4 * inputs * (rank + 1);
  const firstPlane = firstOutput + 4 * outputs * (rank + 1);
  const firstUniform = Math.ceil((firstPlane + 4 * planes) / 16) * 16;
  return {
    geometry: (name) => 4 * GEOMETRY.indexOf(name),
    size: (axis) => sizes + 4 * axis,
    inputBase: (input) => firstInput + 4 * input * (rank + 1),
    stride: (input, axis) => firstInput + 4 * (input * (rank + 1) + 1 + axis),
    outputBase: (output) => firstOutput + 4 * output * (rank + 1),
    outputStride: (output, axis) => firstOutput + 4 * (output * (rank + 1) + 1 + axis),
    planeBase: (plane) => firstPlane + 4 * plane,
    uniform: (index) => firstUniform + 16 * index,
    bytes: firstUniform + 16 * uniforms.length,
  };
}

/** An array as the domain walks it: the address of its first point, and bytes from point to point along each axis. */
export interface Walk {
  readonly base: number;
  readonly strides: readonly number[];
}

/** What is written for one launch. */
export interface LayoutValues {
  readonly geometry: Geometry;
  readonly sizes: readonly number[];
  readonly inputs: readonly Walk[];
  readonly outputs: readonly Walk[];
  readonly planes: readonly number[];
  readonly uniforms: readonly number[];
}

/** Writes the parameters at `address` of `buffer`. Addresses above 2^31 wrap into the sign bit, as wasm reads them. */
export function writeLayout(buffer: ArrayBufferLike, address: number, spec: LayoutSpec, values: LayoutValues): void {
  const arrays = (spec.inputs + spec.outputs) * (spec.rank + 1) + spec.planes;
  const words = new Int32Array(buffer, address, GEOMETRY.length + spec.rank + arrays);
  let at = 0;
  const put = (v: number): void => { words[at++] = v; };
  GEOMETRY.forEach((name) => put(values.geometry[name]));
  values.sizes.forEach(put);
  for (const { base, strides } of [...values.inputs, ...values.outputs]) {
    put(base);
    strides.forEach(put);
  }
  values.planes.forEach(put);
  const layout = layoutOf(spec);
  values.uniforms.forEach((value, k) => writeUniform(buffer, address + layout.uniform(k), spec.uniforms[k], value));
}

function writeUniform(buffer: ArrayBufferLike, address: number, d: DType, value: number): void {
  if (d === 'float64') new Float64Array(buffer, address, 2).fill(value);
  else if (d === 'float32') new Float32Array(buffer, address, 4).fill(value);
  else new Int32Array(buffer, address, 4).fill(dtypes[d].kind === 'bool' ? -(value !== 0) : value | 0);
}
