/** The body of one WebAssembly function, written as a stack machine. */
import { ByteWriter } from './bytes.ts';
import { StackCheck } from './check.ts';
import { deadLocals, type Trace } from './forget.ts';
import { OPS, type Immediate, type ImmediateOf, type OpName } from './ops.ts';

export type ValType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
/** What addresses of a memory are. */
export type AddressType = 'i32' | 'i64';

export const VALTYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const satisfies Record<ValType, number>;
/** The one-letter type codes of instruction signatures. */
const LETTER = { i32: 'i', i64: 'l', f32: 'f', f64: 'd', v128: 'v' } as const satisfies Record<ValType, string>;
const letters = (types: readonly ValType[]): string => types.map((type) => LETTER[type]).join('');
const VOID = 0x40;

/** A parameter or local variable of one function. */
export interface Local {
  readonly index: number;
  readonly type: ValType;
  readonly name: string;
}

/** A block, loop or if that a branch may name; only valid inside its body. */
export interface Label {
  readonly level: number;
}

/** A function of the module, callable from functions built after it (and from itself). */
export interface Func {
  readonly index: number;
  readonly name: string;
  readonly params: readonly Local[];
  readonly results: readonly ValType[];
}

/** Arguments of `op` after the name, by kind of immediate. Memory offsets are bytes and default to 0. */
interface ImmediateArgs {
  none: []; zero: []; zeros: [];
  i32: [value: number]; i64: [value: bigint]; f32: [value: number]; f64: [value: number];
  v128: [bytes: ArrayLike<number>];
  mem: [offset?: number];
  lane: [lane: number];
  memlane: [offset: number, lane: number];
  shuffle: [lanes: ArrayLike<number>];
}
export type OpArgs<N extends OpName> = ImmediateArgs[ImmediateOf<N>];

export type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';

/** The sixteen bytes of a v128 with every lane equal to `value`. */
export function splatBytes(shape: Shape, value: number): Uint8Array {
  switch (shape) {
    case 'i8x16': return new Uint8Array(16).fill(value);
    case 'i16x8': return new Uint8Array(new Int16Array(8).fill(value).buffer);
    case 'i32x4': return new Uint8Array(new Int32Array(4).fill(value).buffer);
    case 'i64x2': return new Uint8Array(new BigInt64Array(2).fill(BigInt(value)).buffer);
    case 'f32x4': return new Uint8Array(new Float32Array(4).fill(value).buffer);
    case 'f64x2': return new Uint8Array(new Float64Array(2).fill(value).buffer);
    default: return shape satisfies never;
  }
}

export interface FuncOptions {
  /** Check operand types while emitting. */
  readonly check?: boolean;
  /** The engine shall make wider instructions of pairs: see forget.ts. */
  readonly wide?: boolean;
}

/**
 * Where V8 13 makes one wider instruction of two of these that take the halves of one register, it may have forgotten to keep
 * that register, and then ends the process.
 */
const UNPAIRABLE = /\.(extend|extmul)_(low|high)_/;

/** Writes the body of one function. */
export class FuncBuilder {
  private readonly head = new ByteWriter(64);
  private readonly body = new ByteWriter(512);
  private readonly hoisted = new Map<string, Local>();
  private readonly stack: StackCheck | undefined;
  private readonly trace: Trace[] | undefined;
  private level = 0;
  readonly wide: boolean;
  /** No instruction is `UNPAIRABLE`. */
  isPairable = true;
  readonly locals: Local[];

  /** `address`: of the memory. */
  constructor(readonly self: Func, { check = false, wide = false }: FuncOptions, readonly address: AddressType = 'i32') {
    this.wide = wide;
    this.locals = [...self.params];
    if (check) this.stack = new StackCheck(self.name, letters(self.results));
    if (wide) this.trace = [];
  }

  /** Declares a local, zero at first. Names are for people; two locals may share one. */
  local(type: ValType, name = 't'): Local {
    const local = { index: this.locals.length, type, name };
    this.locals.push(local);
    return local;
  }

  get(local: Local): void {
    this.stack?.apply('local.get', '', LETTER[local.type]);
    this.note('get', local);
    this.withIndex(0x20, local.index);
  }

  set(local: Local): void {
    this.stack?.apply(`local.set ${local.name}`, LETTER[local.type], '');
    this.withIndex(0x21, local.index);
    this.note('set', local);
  }

  tee(local: Local): void {
    this.stack?.apply(`local.tee ${local.name}`, LETTER[local.type], LETTER[local.type]);
    this.withIndex(0x22, local.index);
    this.note('set', local);
  }

  /** Any instruction of the table, with its immediates: `f.op('v128.load', 16)`, `f.op('i32x4.extract_lane', 3)`. */
  op<N extends OpName>(name: N, ...args: OpArgs<N>): void {
    const info = OPS.get(name);
    if (info === undefined) throw new Error(`unknown WebAssembly instruction '${name}'`);
    if (UNPAIRABLE.test(name)) this.isPairable = false;
    this.stack?.apply(name, this.typed(info.takes), this.typed(info.gives));
    const out = this.body;
    if (info.opcode > 0xff) {
      out.byte(info.opcode >> 12);
      out.u32(info.opcode & 0xfff);
    } else {
      out.byte(info.opcode);
    }
    writeImmediate(out, info.immediate, info.align, args);
  }

  /** A signature in which addresses are what they are here. */
  private typed(signature: string): string {
    return signature.replaceAll('a', LETTER[this.address]);
  }

  i32(value: number): void { this.op('i32.const', value); }
  i64(value: bigint): void { this.op('i64.const', value); }
  f32(value: number): void { this.op('f32.const', value); }
  f64(value: number): void { this.op('f64.const', value); }
  v128(shape: Shape, value: number): void { this.op('v128.const', splatBytes(shape, value)); }

  /**
   * A v128 constant that is loaded once at the head of the function; equal constants share one local. Engines
   * rematerialise inline constants inside loops, which costs 1.2-1.3x in tight ones.
   */
  constant(shape: Shape, value: number): Local {
    return this.constantBytes(splatBytes(shape, value), `${shape}_${value}`);
  }

  constantBytes(bytes: ArrayLike<number>, name = 'c'): Local {
    const key = Array.prototype.join.call(bytes);
    let local = this.hoisted.get(key);
    if (local === undefined) {
      local = this.local('v128', name);
      this.hoisted.set(key, local);
      this.head.byte(0xfd);
      this.head.byte(0x0c);
      this.head.raw(bytes);
      this.head.byte(0x21);
      this.head.u32(local.index);
    }
    return local;
  }

  /** Leaving by `br(label)` jumps past the end. */
  block(body: (exit: Label) => void, result?: ValType): void {
    this.control(0x02, 'block', body, result);
  }

  /** `br(label)` starts the next turn; falling out of the body leaves the loop. */
  loop(body: (again: Label) => void, result?: ValType): void {
    this.control(0x03, 'loop', body, result);
  }

  /** Takes an i32 condition from the stack. */
  if(then: (exit: Label) => void, otherwise?: (exit: Label) => void, result?: ValType): void {
    this.stack?.apply('if', 'i', '');
    this.open(0x04, 'if', result);
    const label = { level: this.level };
    then(label);
    if (otherwise !== undefined) {
      this.stack?.otherwise();
      this.trace?.push({ kind: 'else', at: this.body.length });
      this.body.byte(0x05);
      otherwise(label);
    }
    this.close();
  }

  br(label: Label): void {
    this.branch(0x0c, 'br', label);
    this.stack?.unreachable();
  }

  /** Takes an i32 condition from the stack. */
  brIf(label: Label): void {
    this.stack?.apply('br_if', 'i', '');
    this.branch(0x0d, 'br_if', label);
  }

  /** Takes an i32 selector from the stack; a selector past the list goes to `otherwise`. */
  brTable(labels: readonly Label[], otherwise: Label): void {
    this.stack?.apply('br_table', 'i', '');
    for (const label of labels) this.trace?.push({ kind: 'brIf', at: this.body.length, depth: this.depth(label) });
    const at = this.body.length;
    this.body.byte(0x0e);
    this.body.u32(labels.length);
    for (const label of labels) this.body.u32(this.depth(label));
    this.branch(undefined, 'br_table', otherwise, at);
    this.stack?.unreachable();
  }

  return(): void {
    this.stack?.leave();
    this.trace?.push({ kind: 'leave', at: this.body.length });
    this.body.byte(0x0f);
  }

  unreachable(): void {
    this.stack?.unreachable();
    this.trace?.push({ kind: 'leave', at: this.body.length });
    this.body.byte(0x00);
  }

  drop(): void {
    this.stack?.drop();
    this.body.byte(0x1a);
  }

  /** Takes a, b and an i32 condition; leaves a where the condition is not zero, else b. */
  select(): void {
    this.stack?.select();
    this.body.byte(0x1b);
  }

  call(func: Func): void {
    this.stack?.apply(`call ${func.name}`, letters(func.params.map((p) => p.type)), letters(func.results));
    this.withIndex(0x10, func.index);
  }

  /** `for (; i < end; i += step) body`, unsigned, with the condition tested before the first turn. */
  countUp(i: Local, end: Local, step: number, body: (exit: Label) => void): void {
    this.block((exit) => {
      this.loop((again) => {
        this.get(i);
        this.get(end);
        this.op('i32.ge_u');
        this.brIf(exit);
        body(exit);
        this.get(i);
        this.i32(step);
        this.op('i32.add');
        this.set(i);
        this.br(again);
      });
    });
  }

  /** The encoded body without its size: locals, hoisted constants, code. */
  finish(): Uint8Array {
    this.stack?.end();
    const body = this.code();
    const out = new ByteWriter(this.head.length + body.length + 64);
    const runs: { type: ValType; count: number }[] = [];
    for (const { type } of this.locals.slice(this.self.params.length)) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.u32(runs.length);
    for (const run of runs) {
      out.u32(run.count);
      out.byte(VALTYPE[run.type]);
    }
    out.raw(this.head.bytes());
    out.raw(body);
    out.byte(0x0b);
    return out.bytes();
  }

  /** The code, with the locals that nobody asks for any more zeroed where that was asked for. */
  private code(): Uint8Array {
    const code = this.body.bytes();
    const dead = this.trace ? deadLocals(this.trace) : [];
    if (dead.length === 0) return code;
    const zero = this.local('v128', 'zero');
    const out = new ByteWriter(2 * code.length);
    let from = 0;
    for (const { at, locals } of dead) {
      out.raw(code.subarray(from, at));
      for (const local of locals) {
        out.byte(0x20);
        out.u32(zero.index);
        out.byte(0x21);
        out.u32(local);
      }
      from = at;
    }
    out.raw(code.subarray(from));
    return out.bytes();
  }

  /** The instructions alone, for the text dump. */
  instructions(): Uint8Array {
    const out = new ByteWriter(this.head.length + this.body.length);
    out.raw(this.head.bytes());
    out.raw(this.body.bytes());
    return out.bytes();
  }

  private note(kind: 'get' | 'set', { index, type }: Local): void {
    if (type === 'v128') this.trace?.push({ kind, at: this.body.length, local: index });
  }

  private withIndex(opcode: number, index: number): void {
    this.body.byte(opcode);
    this.body.u32(index);
  }

  private control(opcode: number, kind: 'block' | 'loop', body: (label: Label) => void, result: ValType | undefined): void {
    this.open(opcode, kind, result);
    body({ level: this.level });
    this.close();
  }

  private open(opcode: number, kind: 'block' | 'loop' | 'if', result: ValType | undefined): void {
    this.stack?.open(kind, result === undefined ? '' : LETTER[result]);
    this.trace?.push({ kind, at: this.body.length });
    this.level++;
    this.body.byte(opcode);
    this.body.byte(result === undefined ? VOID : VALTYPE[result]);
  }

  private close(): void {
    this.stack?.close();
    this.trace?.push({ kind: 'end', at: this.body.length });
    this.level--;
    this.body.byte(0x0b);
  }

  private depth(label: Label): number {
    const depth = this.level - label.level;
    if (depth < 0) throw new Error(`${this.self.name}: a branch names a block that has ended`);
    return depth;
  }

  /** `at`: where its code begins. */
  private branch(opcode: number | undefined, name: string, label: Label, at = this.body.length): void {
    const depth = this.depth(label);
    this.stack?.branch(name, depth);
    this.trace?.push({ kind: name === 'br_if' ? 'brIf' : 'br', at, depth });
    if (opcode !== undefined) this.body.byte(opcode);
    this.body.u32(depth);
  }
}

/** `args` fits `kind`: `op` is typed so, which the implementation cannot see through the union. */
function writeImmediate(out: ByteWriter, kind: Immediate, align: number, args: readonly unknown[]): void {
  const [first, second] = args as readonly [number, number];
  switch (kind) {
    case 'none': return;
    case 'zero': return out.byte(0);
    case 'zeros': return out.raw([0, 0]);
    case 'i32': return out.s32(first);
    case 'i64': return out.s64(args[0] as bigint);
    case 'f32': return out.f32(first);
    case 'f64': return out.f64(first);
    case 'v128': case 'shuffle': return out.raw(args[0] as ArrayLike<number>);
    case 'lane': return out.byte(first);
    case 'mem': case 'memlane':
      out.u32(align);
      out.u32(first ?? 0);
      if (kind === 'memlane') out.byte(second);
      return;
    default: return kind satisfies never;
  }
}
