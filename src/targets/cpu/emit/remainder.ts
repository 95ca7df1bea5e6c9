/** Remainders of floats: JavaScript's `%` exactly, and Python's `mod` and `floorDiv` on top of it, as ops.ts defines them. */
import { InternalError } from '../../../errors.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Code } from './code.ts';
import type { OpContext, RegOp } from './ops.ts';
import { LOW_HALVES, upper } from './lanes.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';

type Family = Extract<OpName, 'rem' | 'mod' | 'floorDiv'>;

/** In double precision: operands of 24 bits and quotients of up to 29 bits make exact products. */
export const float32Remainder = (op: Family): RegOp => (o, a, b) => {
  const { c } = o;
  const halves = [[a, b], [upper(c, a), upper(c, b)]].map(([x, y]) => {
    const [wideX, wideY] = [x, y].map((v) => c.x('f64x2.promote_low_f32x4', [v]));
    const r = quickRemainder(o, wideX, wideY);
    return c.x('f32x4.demote_f64x2_zero', [finish(c, op, wideX, wideY, r)]);
  });
  return c.x('i8x16.shuffle', halves, LOW_HALVES);
};

export const float64Remainder = (op: Family): RegOp => (o, a, b) => finish(o.c, op, a, b, exactRemainder(o, a, b));

function quickRemainder(o: OpContext, a: Local, b: Local): Local {
  const { c } = o;
  const [sizeA, sizeB] = [a, b].map((v) => c.x('f64x2.abs', [v]));
  const q = c.x('f64x2.trunc', [c.x('f64x2.div', [a, b])]);
  const r = c.x('f64x2.sub', [a, c.x('f64x2.mul', [q, b])]);
  // A quotient that was rounded up to an integer leaves a remainder of the other sign: one |b| too far.
  const signA = c.x('v128.and', [a, c.f.constant('f64x2', -0)]);
  const over = c.x('f64x2.lt', [c.x('v128.xor', [r, signA]), c.f.constant('f64x2', 0)]);
  const back = c.x('v128.and', [c.x('v128.or', [sizeB, signA]), over]);
  const fixed = c.x('f64x2.abs', [c.x('f64x2.add', [r, back])]);
  const result = c.f.local('v128', 'remainder');
  c.raw('v128.or', [fixed, signA]);
  c.f.set(result);
  const moderate = c.x('v128.and', [
    c.x('f64x2.lt', [sizeA, c.x('f64x2.mul', [sizeB, c.f.constant('f64x2', 2 ** 29)])]),
    c.x('f64x2.lt', [sizeB, c.f.constant('f64x2', Infinity)]),
  ]);
  c.raw('i64x2.all_true', [moderate]);
  c.f.op('i32.eqz');
  c.f.if(() => {
    c.f.get(exactRemainder(o, a, b));
    c.f.set(result);
  });
  return result;
}

/** Lane by lane through the exact function. */
function exactRemainder({ c, fmod }: OpContext, a: Local, b: Local): Local {
  if (!fmod) throw new InternalError('the remainder function is missing from the module');
  const lane = (k: number): void => {
    c.raw('f64x2.extract_lane', [a], k);
    c.raw('f64x2.extract_lane', [b], k);
    c.f.call(fmod);
  };
  lane(0);
  c.f.op('f64x2.splat');
  lane(1);
  c.f.op('f64x2.replace_lane', 1);
  const out = c.f.local('v128', 'remainder');
  c.f.set(out);
  return out;
}

/** From the remainder of truncated division to the op asked for. */
function finish(c: Code, op: Family, a: Local, b: Local, r: Local): Local {
  if (op === 'rem') return r;
  const k = (v: number): Local => c.f.constant('f64x2', v);
  const negative = (v: Local): Local => c.x('f64x2.lt', [v, k(0)]);
  const nonZero = c.x('f64x2.ne', [r, k(0)]);
  const opposite = c.x('v128.and', [nonZero, c.x('v128.xor', [negative(r), negative(b)])]);
  if (op === 'mod') {
    const moved = c.x('f64x2.add', [r, c.x('v128.and', [b, opposite])]);
    return c.x('v128.bitselect', [moved, c.x('v128.and', [b, k(-0)]), nonZero]);
  }
  const quotient = c.x('f64x2.div', [a, b]);
  const even = c.x('f64x2.div', [c.x('f64x2.sub', [a, r]), b]);
  // (a - r) / b is an integer but for rounding; half up, as Math.round.
  const low = c.x('f64x2.floor', [even]);
  const up = c.x('f64x2.ge', [c.x('f64x2.sub', [even, low]), k(0.5)]);
  const whole = c.x('v128.or', [c.x('f64x2.add', [low, c.x('v128.and', [up, k(1)])]), c.x('v128.and', [even, k(-0)])]);
  const floored = c.x('f64x2.sub', [whole, c.x('v128.and', [opposite, k(1)])]);
  return c.x('v128.bitselect', [floored, quotient, c.x('f64x2.ne', [b, k(0)])]);
}

/** Adds `fmod` to a module: shift and subtract on the bits, as C libraries do it. */
export function remainderFunction(module: ModuleBuilder): Func {
  return module.func('fmod', { params: { x: 'f64', y: 'f64' }, results: ['f64'], export: false }, (f, { x, y }) => {
    const [a, b, expA, expB, sign] = ['a', 'b', 'expA', 'expB', 'sign'].map((name) => f.local('i64', name));
    const MAGNITUDE = 0x7fff_ffff_ffff_ffffn;
    const FRACTION = 0x000f_ffff_ffff_ffffn;
    const HIDDEN = 0x0010_0000_0000_0000n;
    const INFINITY = 0x7ff0_0000_0000_0000n;
    const bits = (from: Local, to: Local): void => {
      f.get(from);
      f.op('i64.reinterpret_f64');
      f.i64(MAGNITUDE);
      f.op('i64.and');
      f.set(to);
    };
    bits(x, a);
    bits(y, b);
    f.get(x);
    f.op('i64.reinterpret_f64');
    f.i64(~MAGNITUDE);
    f.op('i64.and');
    f.set(sign);

    // NaN for x infinite or NaN, y zero or NaN.
    f.get(a); f.i64(INFINITY); f.op('i64.ge_s');
    f.get(b); f.op('i64.eqz'); f.op('i32.or');
    f.get(b); f.i64(INFINITY); f.op('i64.gt_s'); f.op('i32.or');
    f.if(() => { f.f64(NaN); f.return(); });
    f.get(a); f.get(b); f.op('i64.lt_s');
    f.if(() => { f.get(x); f.return(); });

    /** Splits |v| into an exponent and a fraction with its leading bit at 52. */
    const split = (v: Local, exponent: Local): void => {
      f.get(v); f.i64(52n); f.op('i64.shr_u'); f.set(exponent);
      f.get(exponent);
      f.op('i64.eqz');
      f.if(() => {
        f.get(v); f.op('i64.clz'); f.i64(11n); f.op('i64.sub'); f.set(exponent);
        f.get(v); f.get(exponent); f.op('i64.shl'); f.set(v);
        f.i64(1n); f.get(exponent); f.op('i64.sub'); f.set(exponent);
      }, () => {
        f.get(v); f.i64(FRACTION); f.op('i64.and'); f.i64(HIDDEN); f.op('i64.or'); f.set(v);
      });
    };
    split(a, expA);
    split(b, expB);
    /** a -= b where it stays positive. */
    const reduce = (): void => {
      f.get(a); f.get(b); f.op('i64.ge_s');
      f.if(() => { f.get(a); f.get(b); f.op('i64.sub'); f.set(a); });
    };
    f.block((exit) => f.loop((again) => {
      f.get(expA); f.get(expB); f.op('i64.le_s');
      f.brIf(exit);
      reduce();
      f.get(a); f.i64(1n); f.op('i64.shl'); f.set(a);
      f.get(expA); f.i64(1n); f.op('i64.sub'); f.set(expA);
      f.br(again);
    }));
    reduce();
    f.get(a);
    f.op('i64.eqz');
    f.if(() => { f.get(sign); f.op('f64.reinterpret_i64'); f.return(); });
    // Normalise: the leading bit back to 52, or as far as the smallest exponent allows.
    f.get(a); f.op('i64.clz'); f.i64(11n); f.op('i64.sub'); f.set(b);
    f.get(a); f.get(b); f.op('i64.shl'); f.set(a);
    f.get(expA); f.get(b); f.op('i64.sub'); f.set(expA);
    f.get(expA); f.i64(0n); f.op('i64.gt_s');
    f.if(() => {
      f.get(a); f.i64(HIDDEN); f.op('i64.sub');
      f.get(expA); f.i64(52n); f.op('i64.shl'); f.op('i64.or'); f.set(a);
    }, () => {
      f.get(a); f.i64(1n); f.get(expA); f.op('i64.sub'); f.op('i64.shr_u'); f.set(a);
    });
    f.get(a); f.get(sign); f.op('i64.or'); f.op('f64.reinterpret_i64');
  });
}
