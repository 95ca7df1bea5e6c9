/** Reads encoded function bodies back into text, so that `explain({ code: true })` can show them. */
import { OPS, type OpInfo } from './ops.ts';
import type { Func, Local } from './func.ts';

const BY_OPCODE: ReadonlyMap<number, OpInfo> = new Map([...OPS.values()].map((info) => [info.opcode, info]));
const CONTROL: Readonly<Record<number, string>> = {
  0x00: 'unreachable', 0x02: 'block', 0x03: 'loop', 0x04: 'if', 0x05: 'else', 0x0b: 'end', 0x0c: 'br', 0x0d: 'br_if',
  0x0e: 'br_table', 0x0f: 'return', 0x10: 'call', 0x1a: 'drop', 0x1b: 'select', 0x20: 'local.get', 0x21: 'local.set', 0x22: 'local.tee',
};
const RESULT: Readonly<Record<number, string>> = { 0x7f: ' (result i32)', 0x7e: ' (result i64)', 0x7d: ' (result f32)', 0x7c: ' (result f64)', 0x7b: ' (result v128)' };

class ByteReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get more(): boolean {
    return this.at < this.bytes.length;
  }

  byte(): number {
    return this.view.getUint8(this.at++);
  }

  leb(signed: boolean): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return signed ? BigInt.asIntN(Number(shift), value) : value;
    }
  }

  u32(): number {
    return Number(this.leb(false));
  }

  take(count: number): Uint8Array {
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }
}

/** A v128 constant, as floats when that is the shorter reading, else as hexadecimal words. */
function vectorText(bytes: Uint8Array): string {
  const words = [...new Uint32Array(bytes.buffer)];
  if (words.every((w) => w === words[0])) {
    const value = new Float32Array(bytes.buffer)[0] as number;
    const text = String(Number(value.toPrecision(8)));
    return words[0] !== 0 && Math.abs(value) > 1e-30 && text.length < 14 ? `f32x4 splat ${text}` : `i32x4 splat 0x${(words[0] as number).toString(16)}`;
  }
  return `i32x4 ${words.map((w) => `0x${w.toString(16)}`).join(' ')}`;
}

function immediateText(info: OpInfo, r: ByteReader): string {
  const float = (count: number): string => {
    const view = new DataView(r.take(count).buffer);
    return ` ${count === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)}`;
  };
  switch (info.immediate) {
    case 'none': return '';
    case 'zero': r.byte(); return '';
    case 'zeros': r.take(2); return '';
    case 'i32': case 'i64': return ` ${r.leb(true)}`;
    case 'f32': return float(4);
    case 'f64': return float(8);
    case 'v128': return ` ${vectorText(r.take(16))}`;
    case 'shuffle': return ` ${r.take(16).join(' ')}`;
    case 'lane': return ` ${r.byte()}`;
    case 'mem': case 'memlane': {
      r.u32();
      const offset = r.u32();
      return (offset === 0 ? '' : ` offset=${offset}`) + (info.immediate === 'memlane' ? ` ${r.byte()}` : '');
    }
    default: return info.immediate satisfies never;
  }
}

/** Locals by name; a name used twice gets the index appended. */
function localNames(locals: readonly Local[]): string[] {
  const seen = new Map<string, number>();
  for (const { name } of locals) seen.set(name, (seen.get(name) ?? 0) + 1);
  return locals.map(({ name, index }) => `$${name}${(seen.get(name) ?? 0) > 1 ? `_${index}` : ''}`);
}

/** One function as text, indented by block. */
export function dumpFunction(func: Func, locals: readonly Local[], code: Uint8Array, functionNames: readonly string[]): string {
  const names = localNames(locals);
  const declare = (word: string, list: readonly Local[]): string => list.map((l) => ` (${word} ${names[l.index]} ${l.type})`).join('');
  const lines = [`(func $${func.name}${declare('param', func.params)}${func.results.map((t) => ` (result ${t})`).join('')}`];
  const own = locals.slice(func.params.length);
  if (own.length > 0) lines.push(` ${declare('local', own)}`);
  const r = new ByteReader(code);
  let depth = 1;
  while (r.more) {
    const first = r.byte();
    const control = CONTROL[first];
    if (first === 0x0b || first === 0x05) depth--;
    const indent = '  '.repeat(depth);
    if (control !== undefined) {
      lines.push(indent + control + controlText(first, r, names, functionNames));
      if ((first >= 0x02 && first <= 0x05)) depth++;
      continue;
    }
    const info = BY_OPCODE.get(first >= 0xfc ? first * 0x1000 + r.u32() : first);
    if (info === undefined) throw new Error(`cannot read instruction 0x${first.toString(16)}`);
    lines.push(indent + info.name + immediateText(info, r));
  }
  return `${lines.join('\n')})`;
}

function controlText(opcode: number, r: ByteReader, locals: readonly string[], functions: readonly string[]): string {
  switch (opcode) {
    case 0x02: case 0x03: case 0x04: return RESULT[r.byte()] ?? '';
    case 0x0c: case 0x0d: return ` ${r.u32()}`;
    case 0x0e: return ` ${Array.from({ length: r.u32() + 1 }, () => r.u32()).join(' ')}`;
    case 0x10: return ` $${functions[r.u32()]}`;
    case 0x20: case 0x21: case 0x22: return ` ${locals[r.u32()]}`;
    default: return '';
  }
}
