/** Where the functions are measured: numbers of every size, the ends of their branches, and where it is hard. */
import { float32OfBits, neighbours, sequence, type FloatDType } from './accuracy.ts';
import type { MathName } from './exact.ts';
import { hardCases } from './hard-cases.ts';

/** Pairs, as two lists of one length; one list for functions of one argument. */
export type Samples = readonly (readonly number[])[];

const binary: ReadonlySet<MathName> = new Set<MathName>(['pow', 'atan2', 'hypot']);
export const arityOf = (name: MathName): 1 | 2 => (binary.has(name) ? 2 : 1);

/** Where the branches of one function or another meet, and where results over- and underflow. */
const edges: Readonly<Record<FloatDType, readonly number[]>> = {
  float32: [
    0, 1, 2, 3, 0.25, 0.5, 0.625, 0.75, 0.8, 1.75, 2.42, 2.5, 2.75, 2.8, 3.25, 3.75, 8, 10.5, 2 ** -12, 2 ** -24, 2 ** -25,
    2 ** -126, 2 ** -149, Math.SQRT2, Math.SQRT1_2, Math.SQRT2 - 1, 1 - Math.SQRT1_2, Math.PI / 4, Math.PI / 2, Math.PI, 1e5,
    102943, 65536, 4096, 10, 26, 35.04, 42, 87.33, 88.72, 89.4, 103.97, 126, 127, 128, 149, 150, 2 ** 100, 3.4028234e38,
    -2.4570247, -2.7476826, -3.1435809, -3.955294, -4.0393618, -4.9915447, -5.008218, -6.001385, -7.0001984, -9.000003,
  ],
  float64: [
    1, 2, 3, 0.25, 0.5, 0.625, 0.6744, 0.75, 0.8, 1.75, 2.42, 2.5, 2.75, 2.8, 3.25, 3.75, 8, 17.5, 2 ** -24, 2 ** -53, 2 ** -54,
    2 ** -1022, 2 ** -1070, Math.SQRT2, Math.SQRT1_2, Math.SQRT2 - 1, 1 - Math.SQRT1_2, Math.PI / 4, Math.PI / 2, Math.PI, 1e5,
    1.6e9, 2 ** 28, 22, 40, 171.6, 180, 708, 709.78, 745.1, 1023, 1024, 1074, 2 ** 100, 1e300, Number.MAX_VALUE,
    -2.4570247382208006, -2.7476826467274127, -3.1435808883499802, -3.955294284858598, -4.039361839740537, -4.991544640560048,
    -5.008218168322593, -6.001385294453155, -7.0001983334073245, -9.000002755714823, -12.000000002087676, -17.000000000000004,
  ],
};

/** Doubles that are near a multiple of pi/2 for their size (Kahan; Muller, Elementary Functions). */
const nearTurns = [6381956970095103 * 2 ** 797, 5.319372648326541e255, 6381956970095103, 1.0e22, 16367173 * 2 ** 72];

function* manyFloats(): Generator<number> {
  for (let bits = 0; bits < 2 ** 32; bits += 40009) yield float32OfBits(bits);
  // Multiples of pi/2, where trigonometric functions cancel; halves of whole numbers, where exponents round.
  for (let n = 1; n < 65536; n += 7) yield n * Math.PI / 2;
  for (let n = -300; n < 300; n++) yield n / 2 * Math.LN2;
}

/** A double of the range of a function, both signs; half of them near 1, where branches meet. */
function doubles(name: MathName, random: () => number, k: number): number {
  const size = (largest: number) => (k % 2 ? random() * Math.min(3, largest) : largest * 2 ** (-50 * random() ** 2));
  const signed = (largest: number) => (random() < 0.5 ? -1 : 1) * size(largest);
  switch (name) {
    case 'exp': case 'expm1': case 'sinh': case 'cosh': return signed(708);
    case 'exp2': return signed(1020);
    case 'log': case 'log2': case 'log10': return k % 2 ? random() * 3 : 2 ** (random() * 2000 - 1000);
    case 'log1p': return k % 2 ? random() * 2 - 1 : size(1e9);
    case 'sin': case 'cos': case 'tan': {
      const quarters = Math.round(random() * 1e9 * random() ** 4);
      return [signed(1e5), signed(1.6e9), quarters * Math.PI / 2, 10 ** (random() * 308)][k % 4];
    }
    case 'asin': case 'acos': case 'atanh': return signed(1);
    case 'tanh': return signed(25);
    case 'acosh': return 1 + size(1e9);
    case 'cbrt': return signed(1e300);
    case 'erf': return signed(6);
    case 'erfc': return [random() * 26, random() * 3, signed(6)][k % 3];
    case 'gamma': return [random() * 171, random() * 10 - 5, -random() * 184, random() * 3][k % 4];
    case 'lgamma': return [10 ** (random() * 300), random() * 12 - 4, -random() * 18, -random() * 1000][k % 4];
    default: return signed(1e12);
  }
}

function pair(name: MathName, random: () => number, k: number, dtype: FloatDType): readonly [number, number] {
  const reach = dtype === 'float32' ? 60 : 500;
  const any = (largest: number) => (random() - 0.5) * 2 * largest;
  if (name !== 'pow') return k % 3 ? [any(4), any(4)] : [any(4) * 2 ** any(reach), any(4) * 2 ** any(reach)];
  if (k % 3 === 0) return [1 + any(0.05), any(dtype === 'float32' ? 1700 : 14000)];
  const base = k % 3 === 1 ? 2 ** any(reach) : random() * 4;
  return [base, any(dtype === 'float32' ? 126 : 1020) / Math.log2(base)];
}

const transpose = (rows: readonly (readonly number[])[], arity: number): Samples =>
  Array.from({ length: arity }, (_, k) => rows.map((row) => row[k]));

/** Arguments of a function: `count` of its range, all edges with their neighbours, the hard cases with theirs. */
export function samplesOf(name: MathName, dtype: FloatDType, count: number): Samples {
  const random = sequence(name.length * 31 + name.charCodeAt(0));
  const round = dtype === 'float32' ? Math.fround : (x: number) => x;
  const hard = (hardCases[dtype][name] ?? []).map((row) => row.map(round));
  const pairs = () => Array.from({ length: count }, (_, k) => pair(name, random, k, dtype).map(round));
  if (arityOf(name) === 2) return transpose([...hard, ...pairs()], 2);
  const reach = dtype === 'float32' ? 20 : 1;
  const special = [...hard.map(([x]) => x), ...edges[dtype], ...(['sin', 'cos', 'tan'].includes(name) ? nearTurns : [])].map(round);
  const around = special.flatMap((x) => neighbours(x, dtype, reach)).flatMap((x) => (dtype === 'float32' ? [x, -x] : [x]));
  const own = dtype === 'float32' ? [...manyFloats()].map(round) : Array.from({ length: count }, (_, k) => doubles(name, random, k));
  return [[...around, ...own]];
}
