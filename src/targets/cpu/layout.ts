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

/** An array as the domain walks it: bytes from its start to its first point, and from point to point along each axis. */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** All parameters but addresses and scalars, which differ from run to run. */
export interface LayoutValues {
  readonly geometry: Geometry;
  readonly sizes: readonly number[];
  readonly inputs: readonly Walk[];
  readonly outputs: readonly Walk[];
}

/** The words of the parameters. Where an address belongs there is the offset that is to be added to it. */
export function parameterWords(spec: LayoutSpec, { geometry, sizes, inputs, outputs }: LayoutValues): Int32Array {
  const walks = [...inputs, ...outputs].flatMap(({ offset, strides }) => [offset, ...strides]);
  const words = new Int32Array(layoutOf(spec).bytes / 4);
  words.set([...GEOMETRY.map((name) => geometry[name]), ...sizes, ...walks]);
  return words;
}

const bits = new Int32Array(2);
const asFloat32 = new Float32Array(bits.buffer);
const asFloat64 = new Float64Array(bits.buffer);

/** Writes a scalar into four words, the value in every lane. */
export function writeUniform(words: Int32Array, at: number, d: DType, value: number): void {
  if (d === 'float64') asFloat64[0] = value;
  else if (d === 'float32') asFloat32[0] = value;
  else bits[0] = dtypes[d].kind === 'bool' ? -(value !== 0) : value | 0;
  for (let k = 0; k < 4; k++) words[at + k] = bits[d === 'float64' ? k % 2 : 0];
}
