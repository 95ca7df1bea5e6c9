import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OPS, type OpInfo } from '../../src/targets/cpu/wasm/ops.ts';
import {
  hasMemory64, ModuleBuilder, relaxedSimd, type FuncBuilder, type FuncSpec, type Local, type ModuleOptions, type OpArgs,
  type OpName, type ValType,
} from '../../src/targets/cpu/wasm/index.ts';

type Numeric = (...args: (number | bigint)[]) => number;

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const shared: ModuleOptions = { memory: { shared: true, max: 1 }, check: true, names: true };

/** One function, assembled, instantiated on `memory`. */
function build<P extends string>(
  spec: FuncSpec<P>,
  write: (f: FuncBuilder, p: Readonly<Record<P, Local>>) => void,
): Numeric {
  const module = new ModuleBuilder(shared);
  module.func('main', spec, write);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } });
  return instance.exports['main'] as Numeric;
}

const isWide = hasMemory64();
if (!isWide) console.log('\nskip: instructions on a memory with addresses of 64 bits: this engine has no memory64');

const TYPES: Readonly<Record<string, ValType>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' };

/** An immediate that is valid for any instruction of the kind. */
function sampleImmediate({ immediate }: OpInfo): readonly unknown[] {
  switch (immediate) {
    case 'none': case 'zero': case 'zeros': return [];
    case 'i32': return [-1234567];
    case 'i64': return [-(2n ** 62n)];
    case 'f32': case 'f64': return [0.5];
    case 'v128': case 'shuffle': return [Uint8Array.from({ length: 16 }, (_, i) => 31 - i)];
    case 'mem': return [300];
    case 'lane': return [1];
    case 'memlane': return [300, 1];
    default: return immediate satisfies never;
  }
}

test('every instruction of the table validates with its signature and can be read back as text', () => {
  assert.ok(relaxedSimd(), 'this engine should have relaxed SIMD');
  assert.ok(OPS.size > 400, `${OPS.size} instructions`);
  for (const info of OPS.values()) for (const memory64 of isWide ? [false, true] : [false]) {
    const module = new ModuleBuilder({ ...shared, memory: { shared: true, max: 1, memory64 } });
    const typeOf = (letter: string): ValType => (letter === 'a' ? module.address : TYPES[letter]);
    const result = typeOf(info.gives);
    module.func('main', { results: result === undefined ? [] : [result] }, (f) => {
      for (const type of info.takes) f.get(f.local(typeOf(type), type));
      f.op(info.name as OpName, ...(sampleImmediate(info) as OpArgs<OpName>));
    });
    assert.ok(WebAssembly.validate(module.bytes()), info.name);
    const text = module.toWat();
    assert.ok(text.includes(`  ${info.name}`), text);
  }
});

test('a wrong instruction name or immediate does not compile', () => {
  const module = new ModuleBuilder();
  module.func('main', {}, (f) => {
    // @ts-expect-error misspelt
    assert.throws(() => f.op('f32x4.ad'), /unknown WebAssembly instruction/);
    // @ts-expect-error the lane is missing
    const missing = (): void => f.op('f32x4.extract_lane');
    assert.type(missing, 'function');
  });
});

test('constants keep their value', () => {
  for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31), 123456789]) {
    assert.is(build({ results: ['i32'] }, (f) => f.i32(value))(), value);
    assert.is(build({ results: ['i64'] }, (f) => f.i64(BigInt(value) ** 2n))(), (BigInt(value) ** 2n) as unknown as number);
  }
  for (const value of [0.1, -0, 1e300, Infinity]) assert.is(build({ results: ['f64'] }, (f) => f.f64(value))(), value);
  assert.is(build({ results: ['f32'] }, (f) => f.f32(0.1))(), Math.fround(0.1));
});

test('a vector loop over memory', () => {
  const data = new Float32Array(memory.buffer, 64, 64).map((_, i) => i / 7);
  new Float32Array(memory.buffer, 64, 64).set(data);
  const saxpy = build({ params: { start: 'i32', end: 'i32', a: 'f32' } }, (f, { start, end, a }) => {
    const va = f.local('v128', 'a4');
    f.get(a);
    f.op('f32x4.splat');
    f.set(va);
    f.countUp(start, end, 16, () => {
      f.get(start);
      f.get(start);
      f.op('v128.load', 64);
      f.get(va);
      f.op('f32x4.mul');
      f.get(f.constant('f32x4', 0.5));
      f.op('f32x4.add');
      f.op('v128.store', 1024);
    });
  });
  saxpy(0, 256, 3);
  const expected = data.map((x) => Math.fround(Math.fround(x * 3) + 0.5));
  assert.equal(new Float32Array(memory.buffer, 1024, 64).slice(), expected);
});

test('equal constants share one local', () => {
  const module = new ModuleBuilder(shared);
  module.func('main', {}, (f) => {
    assert.is(f.constant('f32x4', 2), f.constant('f32x4', 2));
    assert.is.not(f.constant('f32x4', 2), f.constant('f64x2', 2));
  });
  assert.ok(WebAssembly.validate(module.bytes()));
});

test('structured control: if with a result, early exit, br_table, select, recursion', () => {
  const abs = build({ params: { x: 'i32' }, results: ['i32'] }, (f, { x }) => {
    f.get(x);
    f.i32(0);
    f.op('i32.lt_s');
    f.if(() => {
      f.i32(0);
      f.get(x);
      f.op('i32.sub');
    }, () => f.get(x), 'i32');
  });
  assert.equal([abs(-5), abs(7)], [5, 7]);

  const pick = build({ params: { x: 'i32' }, results: ['i32'] }, (f, { x }) => {
    f.block((other) => {
      f.block((one) => {
        f.block((zero) => {
          f.get(x);
          f.brTable([zero, one], other);
        });
        f.i32(100);
        f.return();
      });
      f.i32(101);
      f.return();
    });
    f.i32(1);
    f.i32(2);
    f.get(x);
    f.select();
  });
  assert.equal([pick(0), pick(1), pick(2), pick(-1)], [100, 101, 1, 1]);

  const module = new ModuleBuilder(shared);
  module.func('factorial', { params: { n: 'f64' }, results: ['f64'] }, (f, { n }, self) => {
    f.get(n);
    f.f64(1);
    f.op('f64.le');
    f.if(() => {
      f.f64(1);
      f.return();
    });
    f.get(n);
    f.get(n);
    f.f64(1);
    f.op('f64.sub');
    f.call(self);
    f.op('f64.mul');
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } });
  assert.is((exports['factorial'] as Numeric)(10), 3628800);
});

test('lanes, shuffles, masks and atomics do what their names say', () => {
  const vector = (f: FuncBuilder, values: number[]): void => f.op('v128.const', new Uint8Array(Int32Array.from(values).buffer));
  const lane = build({ results: ['i32'] }, (f) => {
    vector(f, [1, 2, 3, 4]);
    vector(f, [5, 6, 7, 8]);
    f.op('i8x16.shuffle', [20, 21, 22, 23, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    f.op('i32x4.extract_lane', 0);
  });
  assert.is(lane(), 6);

  const madd = build({ results: ['f32'] }, (f) => {
    for (const value of [2, 3, 4]) f.v128('f32x4', value);
    f.op('f32x4.relaxed_madd');
    f.op('f32x4.extract_lane', 2);
  });
  assert.is(madd(), 10);

  const add = build({ params: { at: 'i32' }, results: ['i32'] }, (f, { at }) => {
    f.get(at);
    f.i32(5);
    f.op('i32.atomic.rmw.add', 8);
  });
  new Int32Array(memory.buffer)[2] = 37;
  assert.is(add(0), 37);
  assert.is(new Int32Array(memory.buffer)[2], 42);

  const fill = build({ params: { at: 'i32', value: 'i32', count: 'i32' } }, (f, { at, value, count }) => {
    f.get(at);
    f.get(value);
    f.get(count);
    f.op('memory.fill');
  });
  fill(16, 7, 4);
  assert.is(new Int32Array(memory.buffer)[4], 0x07070707);
});

test('code after a branch may leave anything on the stack', () => {
  const module = new ModuleBuilder(shared);
  module.func('main', { results: ['i32'] }, (f) => {
    f.block((exit) => {
      f.br(exit);
      f.op('i32.add');
      f.drop();
    });
    f.i32(1);
    f.return();
  });
  assert.ok(WebAssembly.validate(module.bytes()));
});

const MISTAKES: readonly (readonly [string, (f: FuncBuilder) => void, RegExp])[] = [
  ['wrong operand', (f) => { f.i32(1); f.f32(1); f.op('f32.add'); f.drop(); }, /f32.add takes f, but the stack has i/],
  ['missing operand', (f) => { f.i32(1); f.op('i32.add'); }, /i32.add takes an operand of type i, but the stack is empty/],
  ['leftover', (f) => f.block(() => f.i32(1)), /the end of a block leaves i/],
  ['result without else', (f) => { f.i32(1); f.if(() => f.i32(1), undefined, 'i32'); f.drop(); }, /needs an else/],
  ['operand of the outer block', (f) => { f.i32(1); f.block(() => f.drop()); f.drop(); }, /stack is empty/],
  ['select of two types', (f) => { f.i32(1); f.f32(1); f.i32(1); f.select(); f.drop(); }, /select takes f/],
];

test('with check, mistakes are reported where they are made', () => {
  for (const [name, write, message] of MISTAKES) {
    const module = new ModuleBuilder(shared);
    assert.throws(() => { module.func('main', {}, write); module.bytes(); }, message, name);
  }
  let gone = { level: 0 };
  const module = new ModuleBuilder(shared);
  assert.throws(() => module.func('main', {}, (f) => { f.block((label) => (gone = label)); f.br(gone); }), /has ended/);
});

test('toWat names locals and indents blocks', () => {
  const module = new ModuleBuilder(shared);
  module.func('k0', { params: { i: 'i32', end: 'i32' } }, (f, { i, end }) => {
    const acc = f.local('v128', 'acc');
    f.countUp(i, end, 1, () => {
      f.get(i);
      f.op('v128.load', 32);
      f.get(f.constant('f32x4', 0.25));
      f.op('f32x4.mul');
      f.set(acc);
    });
  });
  assert.is(module.toWat(), `(func $k0 (param $i i32) (param $end i32)
  (local $acc v128) (local $f32x4_0.25 v128)
  v128.const f32x4 splat 0.25
  local.set $f32x4_0.25
  block
    loop
      local.get $i
      local.get $end
      i32.ge_u
      br_if 1
      local.get $i
      v128.load offset=32
      local.get $f32x4_0.25
      f32x4.mul
      local.set $acc
      local.get $i
      i32.const 1
      i32.add
      local.set $i
      br 0
    end
  end)`);
});

test('emission is fast', () => {
  const emit = (): number => {
    const module = new ModuleBuilder({ memory: { shared: true } });
    module.func('k0', { params: { p: 'i32' } }, (f, { p }) => {
      const x = f.local('v128');
      for (let i = 0; i < 200; i++) {
        f.get(p);
        f.op('v128.load', 16 * i);
        f.get(x);
        f.op('f32x4.add');
        f.set(x);
      }
    });
    return module.bytes().length;
  };
  for (let i = 0; i < 200; i++) emit();
  const start = performance.now();
  for (let i = 0; i < 100; i++) emit();
  console.log(`  a module of ${emit()} bytes is assembled in ${((performance.now() - start) / 100).toFixed(3)} ms`);
});

test.run();
