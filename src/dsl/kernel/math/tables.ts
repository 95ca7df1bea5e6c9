/** Numbers that the math library looks up by an index known at run time only: `tables` names the functions that do. */
import type { DType } from '../../dtype.ts';

export interface Table {
  readonly dtype: DType;
  readonly values: readonly number[];
}

/** 2 / pi in hexadecimal, after the point. */
const twoOverPi = [
  'a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921c',
  'fe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980f',
  'ef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d08',
].join('');

/** `count` words of some hexadecimal digits each, the first of them starting with zeros. */
const words = (zeros: number, digits: number, count: number): number[] => Array.from({ length: count }, (_, k) =>
  parseInt(('0'.repeat(zeros) + twoOverPi).slice(k * digits, (k + 1) * digits), 16));

/**
 * Where log|gamma| is 0 left of -2, as distances from the pole at -m: at 2m - 4 below the pole, at 2m - 3 above. There is
 * none above -2. Each is the sum of two numbers.
 */
const gammaZeros: readonly (readonly [high: number, low: number])[] = [
  [-0.45702473822080064, 1.843554041574456e-17], [0, 0],
  [-0.14358088834998006, 3.862806401714152e-18], [0.2523173532725874, -2.04688991691325e-17],
  [-0.03936183974053688, 3.2731379225891636e-18], [0.04470571514140207, 8.223977942582053e-19],
  [-0.008218168322593521, -5.582665915956405e-19], [0.008455359439952277, 8.231751957350036e-19],
  [-0.0013852944531550972, -2.6295731811446077e-20], [0.0013925199191243706, -7.090441230646531e-20],
  [-0.00019833340732475162, 1.1820573401560963e-20], [0.0001984921093623021, 6.263909978492175e-21],
  [-2.48002706819597e-5, 1.0083974251164085e-21], [2.4802904179335845e-5, 3.15397713595963e-22],
  [-2.7557148226503463e-6, -5.624459871432079e-23], [2.7557490225318057e-6, -6.500300408654724e-23],
  [-2.755730136466002e-7, -2.4472526783403563e-23], [2.7557337083353163e-7, 1.4502658434955713e-23],
  [-2.5052106852407546e-8, 1.2924868620853802e-24], [2.5052109918476226e-8, -6.807394864189793e-25],
  [-2.087675687777539e-9, -4.849684877236172e-26], [2.087675709796081e-9, -8.658839215884982e-26],
  [-1.6059043830108875e-10, 7.046449983196074e-27], [1.6059043843534355e-10, 6.465141936497467e-27],
  [-1.147074559737784e-11, 4.194056116105366e-28], [1.147074559808161e-11, -7.830340218001236e-28],
  [-7.647163731803788e-13, 4.886154187641447e-29], [7.647163731835846e-13, -3.8035184915187745e-29],
  [-4.779477332386745e-14, -1.811833433216651e-30], [4.779477332388026e-14, -9.319923331229129e-31],
  [-2.811457254345498e-15, -2.2878206410005478e-32], [2.8114572543455435e-15, -8.713180440266469e-32],
];
/** Down to -10.5, which is as far as float32 comes close to them. */
const floatZeros = gammaZeros.slice(0, 18).map(([high, low]): [number, number] =>
  [Math.fround(high), Math.fround(high - Math.fround(high) + low)]);

export const tables = {
  /** Bits of 2 / pi after 12 zeros, 32 at a time. */
  twoOverPi32: { dtype: 'uint32', values: words(3, 8, 8) },
  /** Bits of 2 / pi after 48 zeros, 24 at a time. */
  twoOverPi64: { dtype: 'float64', values: words(12, 6, 50) },
  gammaZero32: { dtype: 'float32', values: floatZeros.map(([high]) => high) },
  gammaZeroLow32: { dtype: 'float32', values: floatZeros.map(([, low]) => low) },
  gammaZero64: { dtype: 'float64', values: gammaZeros.map(([high]) => high) },
  gammaZeroLow64: { dtype: 'float64', values: gammaZeros.map(([, low]) => low) },
} as const satisfies Record<string, Table>;
