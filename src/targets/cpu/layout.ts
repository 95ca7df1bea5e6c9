/** The parameters of one launch in the heap: where each number is, for the emitted code and for who writes them. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { putAddress } from './memory.ts';

/** What the layout depends on. */
export interface LayoutSpec {
  readonly rank: number;
  readonly inputs: readonly ArraySpec[];
  readonly outputs: readonly ArraySpec[];
  /** Partial results of a reduction: one array per plane. */
  readonly planes: number;
  readonly uniforms: readonly DType[];
  /** Addresses, and distances in bytes, have 64 bits. */
  readonly memory64: boolean;
}

export interface ArraySpec {
  /** Number of strides. */
  readonly axes: number;
  /** A whole array is walked along its own axes, and has its sizes beside the strides; others along those of the domain. */
  readonly whole: boolean;
  /** Of a ring there is a mask behind the rest. */
  readonly ring?: boolean;
}

/** Numbers that say how the domain is cut into blocks; see blocks.ts. */
export const GEOMETRY = ['columnBlocks', 'columnsPerBlock', 'rowBlocks', 'rowsPerBlock', 'rows', 'keptPerBlock', 'kept', 'chunks', 'planeLength'] as const;
export type GeometryName = (typeof GEOMETRY)[number];
export type Geometry = Readonly<Record<GeometryName, number>>;

/** Byte offsets from the address of the parameters. */
export interface Layout {
  readonly geometry: (name: GeometryName) => number;
  readonly size: (axis: number) => number;
  /** The columns that are computed: from the first up to the last. */
  readonly firstColumn: number;
  readonly lastColumn: number;
  /** What is added to a coordinate along which a ring goes round, to tell units beyond the ends from those they are. */
  readonly round: number;
  readonly inputs: readonly ArrayLayout[];
  readonly outputs: readonly ArrayLayout[];
  readonly planeBase: (plane: number) => number;
  /** Sixteen bytes: the value in every lane. */
  readonly uniform: (index: number) => number;
  /** Sixteen bytes of zeros: what an empty array is read from. */
  readonly zeros: number;
  readonly bytes: number;
}

export interface ArrayLayout {
  readonly base: number;
  /** In bytes. */
  readonly stride: (axis: number) => number;
  /** Of whole arrays. */
  readonly size: (axis: number) => number;
  /** Of rings. */
  readonly mask: number;
}

/** Words that an address takes. */
export const addressWords = (memory64: boolean): 1 | 2 => (memory64 ? 2 : 1);

export function layoutOf({ rank, inputs, outputs, planes, uniforms, memory64 }: LayoutSpec): Layout {
  const address = 4 * addressWords(memory64);
  const sizes = 4 * GEOMETRY.length;
  const columns = sizes + 4 * rank;
  let at = columns + 12;
  const arrays = [...inputs, ...outputs].map((spec): ArrayLayout => {
    const base = at;
    const sizes = base + address * (1 + spec.axes);
    const mask = sizes + (spec.whole ? 4 * spec.axes : 0);
    at = mask + (spec.ring ? 4 : 0);
    return { base, stride: (axis) => base + address * (1 + axis), size: (axis) => sizes + 4 * axis, mask };
  });
  const firstPlane = at;
  const firstUniform = Math.ceil((firstPlane + address * planes) / 16) * 16;
  const zeros = firstUniform + 16 * uniforms.length;
  return {
    geometry: (name) => 4 * GEOMETRY.indexOf(name),
    size: (axis) => sizes + 4 * axis,
    firstColumn: columns,
    lastColumn: columns + 4,
    round: columns + 8,
    inputs: arrays.slice(0, inputs.length),
    outputs: arrays.slice(inputs.length),
    planeBase: (plane) => firstPlane + address * plane,
    uniform: (index) => firstUniform + 16 * index,
    zeros,
    bytes: zeros + 16,
  };
}

/** An array as it is walked: bytes from its start to its first element, and from element to element along each axis. */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
  /** Of a whole array. */
  readonly sizes?: readonly number[];
  /** Of a ring, in which coordinates along an axis come round: what they are and-ed with. */
  readonly mask?: number;
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
  const walks = [...inputs, ...outputs].flatMap(({ offset, strides, sizes: own = [], mask }) =>
    [...bytesAsWords([offset, ...strides], spec.memory64), ...own, ...mask === undefined ? [] : [mask]]);
  const words = new Int32Array(layoutOf(spec).bytes / 4);
  words.set([...GEOMETRY.map((name) => geometry[name]), ...sizes, 0, sizes.at(-1)!, 0, ...walks]);
  return words;
}

/** Addresses and distances as words of parameters. */
export function bytesAsWords(list: readonly number[], memory64: boolean): readonly number[] {
  if (!memory64) return list;
  const words = new Int32Array(2 * list.length);
  list.forEach((bytes, k) => putAddress(words, 2 * k, bytes));
  return [...words];
}

const bits = new Int32Array(2);
const asFloat32 = new Float32Array(bits.buffer);
const asFloat64 = new Float64Array(bits.buffer);

/** Writes a scalar into four words, the value in every lane. */
export function writeUniform(words: Int32Array, at: number, d: DType, value: number): void {
  if (d === 'float64') asFloat64[0] = value;
  else if (d === 'float32') asFloat32[0] = value;
  else bits[0] = integerLanes(d, value);
  for (let k = 0; k < 4; k++) words[at + k] = bits[d === 'float64' ? k % 2 : 0];
}

function integerLanes(d: DType, value: number): number {
  if (d === 'bool') return -(value !== 0);
  const { bits: width } = dtypes[d];
  // The low bits again and again: times 0x01010101, or 0x00010001.
  return width === 32 ? value | 0 : Math.imul(value & (2 ** width - 1), width === 8 ? 0x01010101 : 0x00010001);
}
