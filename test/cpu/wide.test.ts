/** Vectors of 256 bits: what is emitted for them, that V8 makes them, and that results are the same bits. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TypedArray } from '../../src/dsl/dtype.ts';
import * as wf from '../../src/index.ts';
import { wideProblem } from '../../src/targets/cpu/wide.ts';
import { deadLocals, type Trace } from '../../src/targets/cpu/wasm/forget.ts';
import { ModuleBuilder } from '../../src/targets/cpu/wasm/index.ts';
import { sameBits } from '../support/machine.ts';

const test = suite('vectors of 256 bits');
const why = wideProblem();
if (why) console.log(`\nskip: vectors of 256 bits: wide ${why}`);

/** A trace from words, such as 'loop set1 get1 brIf0 end'; code positions are numbers of words. */
const traceOf = (text: string): Trace[] => text.split(' ').map((word, at): Trace => {
  const [, kind, number] = /^([a-zA-Z]+)(\d*)$/.exec(word)!;
  if (kind === 'get' || kind === 'set') return { kind, at, local: Number(number) };
  if (kind === 'br' || kind === 'brIf') return { kind, at, depth: Number(number) };
  return { kind: kind as 'loop', at };
});

const dead = (text: string): string => deadLocals(traceOf(text)).map(({ at, locals }) => `${at}:${locals.join()}`).join(' ');

const deaths: readonly [title: string, trace: string, expected: string][] = [
  ['what a turn leaves behind is zeroed at its end', 'block loop set1 get1 brIf0 end end', '4:1'],
  ['what the next turn starts with is kept', 'block loop get1 set1 brIf0 end end get1', ''],
  ['what is asked for after the loop is kept', 'block loop set1 brIf0 end end get1', ''],
  ['of an arm, what nobody asks for after it', 'if set1 get1 else set2 end get2', '3:1'],
  ['nothing outside of loops and arms', 'set1 get1 set2', ''],
  ['not where the way that stays asks for it', 'block loop set1 brIf1 get1 br0 end end', '5:1'],
  ['before a loop that sets it anew', 'set1 get1 loop set1 get1 brIf0 end', '2:1 5:1'],
];
for (const [title, trace, expected] of deaths) test(title, () => assert.is(dead(trace), expected));

test('zeroing dead locals changes no result', () => {
  const sums = [false, true].map((wide) => {
    const module = new ModuleBuilder({ check: true });
    module.func('sum', { params: { n: 'i32' }, results: ['i32'], wide }, (f, { n }) => {
      const [total, square] = [f.local('v128'), f.local('v128')];
      f.block((exit) => f.loop((again) => {
        f.get(n);
        f.op('i32.eqz');
        f.brIf(exit);
        f.get(n); f.op('i32x4.splat'); f.set(square);
        f.get(square); f.get(square); f.op('i32x4.mul'); f.set(square);
        f.get(total); f.get(square); f.op('i32x4.add'); f.set(total);
        f.get(n); f.i32(1); f.op('i32.sub'); f.set(n);
        f.br(again);
      }));
      f.get(total);
      f.op('i32x4.extract_lane', 2);
    });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } });
    return { result: (exports.sum as (n: number) => number)(10), size: module.bytes().length, wide: module.wide };
  });
  assert.equal(sums.map((s) => [s.result, s.wide]), [[385, false], [385, true]]);
  assert.ok(sums[1].size > sums[0].size, 'nothing was zeroed');
});

test('what V8 cannot be trusted with is not compiled so', () => {
  const module = new ModuleBuilder();
  module.func('k0', { wide: true }, (f) => {
    f.v128('i16x8', 3);
    f.op('i32x4.extend_low_i16x8_s');
    f.drop();
  });
  assert.is(module.wide, false);
});

// ---- programs ----

const count = 5003;
const x = wf.array(Float32Array.from({ length: count }, (_, k) => Math.sin(k) * 3));
const y = wf.array(Float32Array.from({ length: count }, (_, k) => 0.25 + Math.cos(k) ** 2));
const x64 = x.asType('float64'), n = x.mul(1000).asType('int32'), u = n.asType('uint8');
await wf.evaluate([x64, n, u], { target: 'cpu' });
const polynomial = wf.vectorize((v: number) => ((((v * 0.1 + 0.2) * v + 0.3) * v + 0.4) * v + 0.5) * v + 0.6);
const escape = wf.vectorize((cr: number, ci: number) => {
  let [zr, zi] = [0, 0];
  for (let k = 0; k < 60; k++) {
    if (zr * zr + zi * zi > 4) return k;
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
  }
  return 60;
});
const julia = wf.vectorize((re: number, im: number) => {
  let [zr, zi] = [re, im];
  for (let k = 0; k < 200; k++) {
    if (zr * zr + zi * zi > 4) return k;
    [zr, zi] = [zr * zr - zi * zi - 0.4, 2 * zr * zi + 0.6];
  }
  return 200;
});
const side = 512, steps = Float32Array.from({ length: side }, (_, k) => -1.5 + 3 * k / side);
const line = wf.array(steps, { shape: [1, side] }), column = wf.array(steps, { shape: [side, 1] });
const branches = wf.vectorize((v: number) => {
  if (v < 0) return v * v;
  if (v < 1) return Math.sqrt(v);
  return Math.exp(-v);
});
const blur = wf.stencil((v: wf.Neighbors2) => {
  let sum = 0;
  for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) sum += v(i, j) ** 2.2;
  return (sum / 9) ** (1 / 2.2);
}, { border: 'reflect' });
const grid = wf.array(Float32Array.from({ length: 61 * 83 }, (_, k) => 1 + Math.sin(k)), { shape: [61, 83] });
const softmax = (a: wf.WeftArray): wf.WeftArray => {
  const e = a.sub(a.max(1, { keepDims: true })).exp();
  return e.div(e.sum(1, { keepDims: true }));
};

/** `is`: whether it pays for kernels; `parts`: they hold what V8 makes no wider instructions of. */
interface Case {
  readonly make: () => readonly wf.WeftArray[];
  readonly is: boolean;
  readonly parts?: true;
}

const programs: Readonly<Record<string, Case>> = {
  'a polynomial': { make: () => [polynomial(x)], is: true },
  'exponentials, logarithms, sines': { make: () => [x.exp(), y.log(), x.sin(), x.tanh()], is: true },
  'a power with a remainder': { make: () => [y.pow(x).mod(1)], is: true, parts: true },
  'every way of rounding': { make: () => [x.floor(), x.ceil(), x.trunc(), x.round(), x64.floor(), x64.round()], is: true, parts: true },
  'float64': { make: () => [x64.exp(), polynomial(x64), x64.abs().add(1).log()], is: true },
  // V8 13.6 flips more than the sign, depending on the registers that it finds.
  'signs of float64': {
    make: () => [
      x64.neg(), x64.floor().neg(), x64.mul(0.1).exp().floor().neg(), x64.sub(x64.ceil()).neg().exp(),
      x64.neg().maximum(x64.round().neg()),
    ],
    is: true, parts: true,
  },
  'int32': { make: () => [n.mul(n).add(7).maximum(-5), n.sub(3).abs()], is: true },
  'bytes, which are left alone': { make: () => [u.mul(3).add(1).asType('float32')], is: false },
  'lanes that leave a loop one by one': { make: () => [escape(x, y)], is: false },
  // V8 13.6 makes garbage of the upper halves of this one.
  'a loop that begins with what is the same in a row': { make: () => [julia(line, column)], is: false },
  'arms that some lanes take': { make: () => [branches(x)], is: true },
  'a stencil': { make: () => [blur(grid)], is: true },
  'steps side by side': { make: () => [wf.iterate(grid, 5, (a) => blur(a))], is: true },
  'softmax': { make: () => [softmax(grid)], is: true },
  'a light sum, which is left alone': { make: () => [x.mul(y).sum()], is: false },
  'heavy sums': { make: () => [x.exp().sum(), x.sin().mul(y.log()).exp().sum()], is: true },
  'heavy sums of several': { make: () => [branches(x).sum(), polynomial(x).max(), x.exp().argMax()], is: true, parts: true },
  'sums by columns': { make: () => [grid.exp().sum(0)], is: true },
};

function computed(make: () => readonly wf.WeftArray[]): { readonly values: TypedArray[]; readonly text: string } {
  const arrays = make();
  const text = wf.explain([...arrays], { target: 'cpu', level: 4 });
  const values = arrays.map((a) => a.dataSync({ target: 'cpu' }) as TypedArray);
  arrays.forEach((a) => a.dispose());
  return { values, text };
}

for (const [name, { make, is }] of Object.entries(programs)) {
  test(`${name}: the same bits`, () => {
    const narrow = computed(make);
    wf.configure({ wide: true });
    try {
      const wide = computed(make);
      wide.values.forEach((v, k) => assert.ok(sameBits(v, narrow.values[k]), `${name}, result ${k}`));
      assert.is(/in vectors of 256 bits/.test(wide.text), is && why === undefined, wide.text);
      assert.not.match(narrow.text, /256 bits/);
    } finally {
      wf.configure({ wide: false });
    }
  });
}

test('explain says what the option came to', () => {
  wf.configure({ wide: true });
  try {
    const [first] = wf.explain([polynomial(x)], { target: 'cpu' }).split('\n');
    if (why) assert.ok(first.includes(`(wide ${why})`), first);
    else assert.match(first, /of 128 and 256 bits/);
  } finally {
    wf.configure({ wide: false });
  }
});

test('the option may change between evaluations of one expression', () => {
  const expected = polynomial(x).dataSync({ target: 'cpu' });
  try {
    for (const wide of [true, false, true]) {
      wf.configure({ wide });
      using again = polynomial(x.add(0));
      assert.equal(again.dataSync({ target: 'cpu' }), expected);
    }
  } finally {
    wf.configure({ wide: false });
  }
});

const merged = Object.entries(programs).filter(([, { is, parts }]) => is && !parts);

/** This file again, with V8 telling what it does; what a kernel becomes is printed between lines that name it. */
if (process.env.WEFT_TEST_WIDE) {
  process.getBuiltinModule('node:v8').setFlagsFromString('--trace-wasm-revectorize');
  wf.configure({ wide: true, threads: 1 });
  for (const [name, { make }] of merged) {
    console.log(`\n## ${name}`);
    make().forEach((a) => a.dataSync({ target: 'cpu' }));
  }
  process.exit();
}

if (!why) {
  test('V8 makes wider instructions of every kernel that it pays for', () => {
    // Into a file: what V8 itself prints would get lost on its way through a pipe.
    const folder = mkdtempSync(path.join(tmpdir(), 'weft-'));
    const file = path.join(folder, 'trace'), out = openSync(file, 'w');
    const env = { ...process.env, WEFT_TEST_WIDE: '1' };
    spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { env, stdio: ['ignore', out, 'inherit'] });
    closeSync(out);
    const stdout = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    const parts = stdout.split('\n## ').slice(1);
    assert.is(parts.length, merged.length);
    for (const part of parts) assert.match(part, /Decide to vectorize/, part.split('\n')[0]);
  });
}

test.after(() => wf.closeTargets());
test.run();
