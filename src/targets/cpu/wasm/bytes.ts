/** A growing byte buffer with the encodings WebAssembly uses. */

const scratch = new DataView(new ArrayBuffer(8));

export class ByteWriter {
  private buffer: Uint8Array;
  private end = 0;

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.end;
  }

  /** What was written so far; a view, valid until the next write. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.end);
  }

  private reserve(count: number): void {
    if (this.end + count <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.end + count));
    grown.set(this.bytes());
    this.buffer = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.end++] = value;
  }

  /** Unsigned LEB128, for values below 2^32. */
  u32(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.buffer[this.end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.end++] = rest;
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    this.reserve(5);
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.buffer[this.end++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.buffer[this.end++] = rest & 0x7f;
  }

  /** Signed LEB128 of a 64-bit integer. */
  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -0x40n || rest > 0x3fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  f32(value: number): void {
    scratch.setFloat32(0, value, true);
    this.copyScratch(4);
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.copyScratch(8);
  }

  private copyScratch(count: number): void {
    this.reserve(count);
    for (let i = 0; i < count; i++) this.buffer[this.end++] = scratch.getUint8(i);
  }

  raw(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** A length-prefixed UTF-8 string. */
  name(text: string): void {
    this.sized(new TextEncoder().encode(text));
  }

  /** Bytes preceded by their count. */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A module section: id, size, contents. */
  section(id: number, write: (content: ByteWriter) => void): void {
    const content = new ByteWriter();
    write(content);
    this.byte(id);
    this.sized(content.bytes());
  }
}
