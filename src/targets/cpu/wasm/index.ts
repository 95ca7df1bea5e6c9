/**
 * A small WebAssembly assembler for code generators.
 *
 * A function is written as a stack machine: `f.get(x); f.get(y); f.op('f32x4.add'); f.set(z)`. Instruction names
 * and their immediates are checked by the type system (see ops.ts), locals are declared by name, and branches
 * name the block they leave, so nobody counts depths. With `check: true` every instruction is also checked against
 * the types on the stack, and a mistake is reported where it was emitted rather than by the engine afterwards.
 */
import { ByteWriter } from './bytes.ts';
import { FuncBuilder, VALTYPE, type AddressType, type Func, type Local, type ValType } from './func.ts';
import { dumpFunction } from './text.ts';

export type { OpName } from './ops.ts';
export {
  FuncBuilder, splatBytes, type AddressType, type Func, type Label, type Local, type OpArgs, type Shape, type ValType,
} from './func.ts';

/** The most pages that a memory may have: 4 GiB, or 16. */
const MOST_PAGES = { i32: 65536, i64: 262144 } as const satisfies Record<AddressType, number>;
/** Flags of a memory's limits. */
const HAS_MAX = 1, IS_SHARED = 2, IS_64 = 4;

export interface ModuleOptions {
  /** The imported memory, `env.memory`. `memory64`: its addresses have 64 bits. */
  memory?: { shared?: boolean; memory64?: boolean; min?: number; max?: number };
  /** Check operand types while emitting (for tests and debugging). */
  check?: boolean;
  /** Write the name section, so that stack traces and tools show function and local names. */
  names?: boolean;
}

interface Built {
  readonly func: Func;
  readonly typeIndex: number;
  readonly exported: boolean;
  readonly builder: FuncBuilder;
}

export interface FuncSpec<P extends string> {
  params?: Readonly<Record<P, ValType>>;
  results?: readonly ValType[];
  /** Exported under its name unless false. */
  export?: boolean;
  /** The engine shall make wider instructions of pairs of its v128 instructions, where it can be told to. */
  wide?: boolean;
}

/** Collects functions and encodes them as one module. */
export class ModuleBuilder {
  private readonly types = new Map<string, { index: number; params: readonly ValType[]; results: readonly ValType[] }>();
  private readonly functions: Built[] = [];

  /** Of addresses in its memory. */
  readonly address: AddressType;

  constructor(private readonly options: ModuleOptions = {}) {
    this.address = options.memory?.memory64 ? 'i64' : 'i32';
  }

  /** Adds a function; `write` gets the builder, the parameters by name, and the function itself (for recursion). */
  func<P extends string = never>(
    name: string,
    spec: FuncSpec<P>,
    write: (f: FuncBuilder, params: Readonly<Record<P, Local>>, self: Func) => void,
  ): Func {
    const entries = Object.entries<ValType>(spec.params ?? {});
    const params = entries.map(([paramName, type], index): Local => ({ index, type, name: paramName }));
    const results = spec.results ?? [];
    const func: Func = { index: this.functions.length, name, params, results };
    // The engine sees neighbours where addresses have 32 bits.
    const wide = spec.wide && this.address === 'i32';
    const builder = new FuncBuilder(func, { check: this.options.check, wide }, this.address);
    const typeIndex = this.typeIndex(params.map((p) => p.type), results);
    this.functions.push({ func, typeIndex, exported: spec.export ?? true, builder });
    write(builder, Object.fromEntries(params.map((p) => [p.name, p])) as Record<P, Local>, func);
    return func;
  }

  private typeIndex(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params}>${results}`;
    let type = this.types.get(key);
    if (type === undefined) {
      type = { index: this.types.size, params, results };
      this.types.set(key, type);
    }
    return type.index;
  }

  /** Some function is meant to be, and the engine can be trusted with all. */
  get wide(): boolean {
    return this.functions.some(({ builder }) => builder.wide) && this.functions.every(({ builder }) => builder.isPairable);
  }

  /** The encoded module. Instantiate it with `{ env: { memory } }`. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(2048);
    out.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    out.section(1, (s) => {
      s.u32(this.types.size);
      for (const { params, results } of this.types.values()) {
        s.byte(0x60);
        s.sized(Uint8Array.from(params, (t) => VALTYPE[t]));
        s.sized(Uint8Array.from(results, (t) => VALTYPE[t]));
      }
    });
    out.section(2, (s) => this.memoryImport(s));
    out.section(3, (s) => {
      s.u32(this.functions.length);
      for (const { typeIndex } of this.functions) s.u32(typeIndex);
    });
    const exported = this.functions.filter((f) => f.exported);
    out.section(7, (s) => {
      s.u32(exported.length);
      for (const { func } of exported) {
        s.name(func.name);
        s.byte(0x00);
        s.u32(func.index);
      }
    });
    out.section(10, (s) => {
      s.u32(this.functions.length);
      for (const { builder } of this.functions) s.sized(builder.finish());
    });
    // An engine that has compiled these very bytes before takes what it made of them then.
    if (this.wide) out.section(0, (s) => s.name('wide'));
    if (this.options.names) out.section(0, (s) => this.nameSection(s));
    return out.bytes().slice();
  }

  private memoryImport(s: ByteWriter): void {
    const { shared = false, min = 1, max = shared ? MOST_PAGES[this.address] : undefined } = this.options.memory ?? {};
    s.u32(1);
    s.name('env');
    s.name('memory');
    s.byte(0x02);
    s.byte((shared ? IS_SHARED : 0) | (max === undefined ? 0 : HAS_MAX) | (this.address === 'i64' ? IS_64 : 0));
    s.u32(min);
    if (max !== undefined) s.u32(max);
  }

  private nameSection(s: ByteWriter): void {
    s.name('name');
    s.section(1, (names) => {
      names.u32(this.functions.length);
      for (const { func } of this.functions) {
        names.u32(func.index);
        names.name(func.name);
      }
    });
    s.section(2, (names) => {
      names.u32(this.functions.length);
      for (const { func, builder } of this.functions) {
        names.u32(func.index);
        names.u32(builder.locals.length);
        for (const local of builder.locals) {
          names.u32(local.index);
          names.name(local.name);
        }
      }
    });
  }

  /** A readable dump of every function, in the style of the WebAssembly text format. */
  toWat(): string {
    const names = this.functions.map((f) => f.func.name);
    return this.functions.map(({ func, builder }) => dumpFunction(func, builder.locals, builder.instructions(), names)).join('\n\n');
  }
}

/** Whether the engine runs relaxed SIMD, that is fused multiply-add. Turns it on where a flag can (Node 20). */
export function relaxedSimd(): boolean {
  relaxed ??= detectRelaxedSimd();
  return relaxed;
}
let relaxed: boolean | undefined;

function detectRelaxedSimd(): boolean {
  const probe = new ModuleBuilder();
  probe.func('probe', { results: ['v128'] }, (f) => {
    for (let i = 0; i < 3; i++) f.v128('f32x4', i);
    f.op('f32x4.relaxed_madd');
  });
  const bytes = probe.bytes();
  if (WebAssembly.validate(bytes)) return true;
  const node = globalThis.process?.versions?.node;
  // Node 22 and later know relaxed SIMD without a flag, and some print a warning when given an old one.
  if (node === undefined || Number.parseInt(node) !== 20) return false;
  globalThis.process.getBuiltinModule?.('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(bytes);
}

/** Whether the engine has memories whose addresses have 64 bits. */
export function hasMemory64(): boolean {
  return (memory64 ??= WebAssembly.validate(new ModuleBuilder({ memory: { memory64: true } }).bytes()));
}
let memory64: boolean | undefined;
