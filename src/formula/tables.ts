/** What the words of a formula mean in the kernel language. */

/** Operators of mathjs, by its names, that are operators of JavaScript. */
export const binary: Readonly<Record<string, string>> = {
  add: '+', subtract: '-', multiply: '*', divide: '/', pow: '**', dotMultiply: '*', dotDivide: '/', dotPow: '**',
  smaller: '<', smallerEq: '<=', larger: '>', largerEq: '>=', equal: '===', unequal: '!==',
  bitAnd: '&', bitOr: '|', bitXor: '^', leftShift: '<<', rightArithShift: '>>', rightLogShift: '>>>',
};

export const comparisons: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '===', '!==']);

export const unary: Readonly<Record<string, string>> = { unaryMinus: '-', unaryPlus: '+', bitNot: '~', not: '!' };

/** Functions of mathjs that `Math` has, under its name there, with the most arguments they take. */
export const mathFunctions: Readonly<Record<string, readonly [name: string, most: number]>> = {
  abs: ['abs', 1], acos: ['acos', 1], acosh: ['acosh', 1], asin: ['asin', 1], asinh: ['asinh', 1], atan: ['atan', 1], atan2: ['atan2', 2],
  atanh: ['atanh', 1], cbrt: ['cbrt', 1], ceil: ['ceil', 1], cos: ['cos', 1], cosh: ['cosh', 1], exp: ['exp', 1], expm1: ['expm1', 1],
  fix: ['trunc', 1], floor: ['floor', 1], hypot: ['hypot', Infinity], log10: ['log10', 1], log1p: ['log1p', 1], log2: ['log2', 1],
  max: ['max', Infinity], min: ['min', Infinity], pow: ['pow', 2], round: ['round', 1], sign: ['sign', 1], sin: ['sin', 1], sinh: ['sinh', 1],
  sqrt: ['sqrt', 1], tan: ['tan', 1], tanh: ['tanh', 1],
};

/** Functions of mathjs that the library has. */
export const libraryFunctions: Readonly<Record<string, string>> = { erf: 'erf', gamma: 'gamma', lgamma: 'lgamma' };

/** Names that are numbers, unless the formula declares them as parameters. */
export const constants: Readonly<Record<string, number>> = {
  pi: Math.PI, PI: Math.PI, tau: 2 * Math.PI, e: Math.E, E: Math.E, phi: (1 + Math.sqrt(5)) / 2,
  LN2: Math.LN2, LN10: Math.LN10, LOG2E: Math.LOG2E, LOG10E: Math.LOG10E, SQRT2: Math.SQRT2, SQRT1_2: Math.SQRT1_2,
  Infinity, NaN,
};
