/**
 * The math library: every transcendental op as a function of primitive ops, written in the kernel language and lowered like
 * a user's kernel, on first use. Targets that have an op themselves may ignore it.
 *
 * Functions stay within 2 ULP, in float32 and float64; pow, erf, erfc, gamma and lgamma within 4. README.md has the largest
 * errors known, which test/math measures. Trigonometric functions take arguments of every size. Fused multiply-add keeps
 * this, reassociation does not.
 */
import { InternalError } from '../../../errors.ts';
import { opInfo, setSpecialMeaning, type OpName } from '../../ops.ts';
import { libraryKernel, type KernelFunction } from '../index.ts';
import { contracted } from '../contractions.ts';
import { inline, inlineAll, sameLeaves } from '../copy.ts';
import { Builder, type Fn, type Value } from '../ir.ts';
import { valuesIn } from '../walk.ts';
import * as exponential32 from './float32-exponential.ts';
import * as hyperbolic32 from './float32-hyperbolic.ts';
import * as power32 from './float32-power.ts';
import * as special32 from './float32-special.ts';
import * as trigonometry32 from './float32-trigonometry.ts';
import * as exponential64 from './float64-exponential.ts';
import * as hyperbolic64 from './float64-hyperbolic.ts';
import * as power64 from './float64-power.ts';
import * as special64 from './float64-special.ts';
import * as trigonometry64 from './float64-trigonometry.ts';
import { numberFunction } from './numbers.ts';

type LibraryDType = 'float32' | 'float64';
type Functions = Readonly<Partial<Record<OpName, KernelFunction>>>;

interface Library {
  readonly functions: Functions;
  readonly helpers: Readonly<Record<string, KernelFunction>>;
}

const merge = (...parts: readonly Library[]): Library => ({
  functions: Object.assign({}, ...parts.map((p) => p.functions)) as Functions,
  helpers: Object.assign({}, ...parts.map((p) => p.helpers)) as Library['helpers'],
});

const libraries: Readonly<Record<LibraryDType, Library>> = {
  float32: merge(exponential32, power32, trigonometry32, hyperbolic32, special32),
  float64: merge(exponential64, power64, trigonometry64, hyperbolic64, special64),
};

const lowered = new Map<string, Fn>();

/**
 * The op as an `Fn` of rank 0 with one `dtype` input per operand, or undefined when targets have the op themselves. `fused`: with
 * fused multiply-add.
 */
export function libraryFn(op: OpName, dtype: LibraryDType, fused = false): Fn | undefined {
  const { functions, helpers } = libraries[dtype];
  const f = functions[op];
  if (!f) return undefined;
  const key = `${op} ${dtype}${fused ? ' fused' : ''}`;
  let fn = lowered.get(key);
  if (!fn) {
    const kernel = libraryKernel(op, f, dtype, helpers);
    fn = expandMath(fused ? contracted(kernel) : kernel, fused);
    if (fn.inputs.length !== opInfo(op).arity) throw new InternalError(`math library: ${key} has the wrong number of parameters`);
    lowered.set(key, fn);
  }
  return fn;
}

const onNumbers = new Map<OpName, (...args: number[]) => number>();

setSpecialMeaning((op, x) => {
  let f = onNumbers.get(op);
  if (!f) onNumbers.set(op, f = numberFunction(libraryFn(op, 'float64') ?? missing(op)));
  return f(x);
});

const missing = (op: OpName): never => {
  throw new InternalError(`math library: ${op} is missing`);
};

/** The same function with every op of the library replaced by its definition: only primitive ops are left. */
export function expandMath(fn: Fn, fused = false): Fn {
  const definition = (v: Value): Fn | undefined =>
    (v.kind === 'op' && (v.dtype === 'float32' || v.dtype === 'float64') ? libraryFn(v.op, v.dtype, fused) : undefined);
  if (!valuesIn(fn).some(definition)) return fn;
  const builder = new Builder();
  const { results, effects } = inlineAll(builder, fn.results, fn.effects, {
    ...sameLeaves(builder),
    op: (v, args) => {
      const body = definition(v);
      return body && inline(builder, body.results, { read: (input) => args[input] })[0];
    },
  });
  return builder.fn(fn.name, { ...fn, results, effects });
}
