/**
 * The WebAssembly instructions a code generator needs, as data: name, stack signature, immediate, opcode.
 *
 * One row holds a run of neighbouring opcodes that share a prefix, a signature and a kind of immediate;
 * `_` skips a number the standard leaves unused. The names become the type `OpName`, so that a misspelt
 * instruction does not compile. Signatures use i = i32, l = i64, f = f32, d = f64, v = v128, and a = an address or a size of
 * memory, which is i32 or i64 as the memory is.
 */
export type Immediate =
  | 'none' | 'i32' | 'i64' | 'f32' | 'f64' | 'v128' // constants
  | 'mem' | 'lane' | 'memlane' | 'shuffle' // addresses (a byte offset), lanes, both, sixteen lanes
  | 'zero' | 'zeros'; // one or two fixed memory indices

type Row = readonly [space: string, signature: string, opcode: number, names: string, immediate: Immediate];

/** Opcodes past one byte are written as prefix * 0x1000 + number: 0xfd0e4 is SIMD instruction 0xe4. */
const ROWS = [
  ['i32', 'a>i', 0x28, 'load', 'mem'], ['i64', 'a>l', 0x29, 'load', 'mem'],
  ['f32', 'a>f', 0x2a, 'load', 'mem'], ['f64', 'a>d', 0x2b, 'load', 'mem'],
  ['i32', 'a>i', 0x2c, 'load8_s load8_u load16_s load16_u', 'mem'],
  ['i64', 'a>l', 0x30, 'load8_s load8_u load16_s load16_u load32_s load32_u', 'mem'],
  ['i32', 'ai>', 0x36, 'store', 'mem'], ['i64', 'al>', 0x37, 'store', 'mem'],
  ['f32', 'af>', 0x38, 'store', 'mem'], ['f64', 'ad>', 0x39, 'store', 'mem'],
  ['i32', 'ai>', 0x3a, 'store8 store16', 'mem'], ['i64', 'al>', 0x3c, 'store8 store16 store32', 'mem'],
  ['memory', '>a', 0x3f, 'size', 'zero'],
  ['i32', '>i', 0x41, 'const', 'i32'], ['i64', '>l', 0x42, 'const', 'i64'],
  ['f32', '>f', 0x43, 'const', 'f32'], ['f64', '>d', 0x44, 'const', 'f64'],
  ['i32', 'i>i', 0x45, 'eqz', 'none'],
  ['i32', 'ii>i', 0x46, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'none'],
  ['i64', 'l>i', 0x50, 'eqz', 'none'],
  ['i64', 'll>i', 0x51, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'none'],
  ['f32', 'ff>i', 0x5b, 'eq ne lt gt le ge', 'none'], ['f64', 'dd>i', 0x61, 'eq ne lt gt le ge', 'none'],
  ['i32', 'i>i', 0x67, 'clz ctz popcnt', 'none'],
  ['i32', 'ii>i', 0x6a, 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr', 'none'],
  ['i64', 'l>l', 0x79, 'clz ctz popcnt', 'none'],
  ['i64', 'll>l', 0x7c, 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr', 'none'],
  ['f32', 'f>f', 0x8b, 'abs neg ceil floor trunc nearest sqrt', 'none'],
  ['f32', 'ff>f', 0x92, 'add sub mul div min max copysign', 'none'],
  ['f64', 'd>d', 0x99, 'abs neg ceil floor trunc nearest sqrt', 'none'],
  ['f64', 'dd>d', 0xa0, 'add sub mul div min max copysign', 'none'],
  ['i32', 'l>i', 0xa7, 'wrap_i64', 'none'],
  ['i32', 'f>i', 0xa8, 'trunc_f32_s trunc_f32_u', 'none'], ['i32', 'd>i', 0xaa, 'trunc_f64_s trunc_f64_u', 'none'],
  ['i64', 'i>l', 0xac, 'extend_i32_s extend_i32_u', 'none'],
  ['i64', 'f>l', 0xae, 'trunc_f32_s trunc_f32_u', 'none'], ['i64', 'd>l', 0xb0, 'trunc_f64_s trunc_f64_u', 'none'],
  ['f32', 'i>f', 0xb2, 'convert_i32_s convert_i32_u', 'none'], ['f32', 'l>f', 0xb4, 'convert_i64_s convert_i64_u', 'none'],
  ['f32', 'd>f', 0xb6, 'demote_f64', 'none'],
  ['f64', 'i>d', 0xb7, 'convert_i32_s convert_i32_u', 'none'], ['f64', 'l>d', 0xb9, 'convert_i64_s convert_i64_u', 'none'],
  ['f64', 'f>d', 0xbb, 'promote_f32', 'none'],
  ['i32', 'f>i', 0xbc, 'reinterpret_f32', 'none'], ['i64', 'd>l', 0xbd, 'reinterpret_f64', 'none'],
  ['f32', 'i>f', 0xbe, 'reinterpret_i32', 'none'], ['f64', 'l>d', 0xbf, 'reinterpret_i64', 'none'],
  ['i32', 'i>i', 0xc0, 'extend8_s extend16_s', 'none'], ['i64', 'l>l', 0xc2, 'extend8_s extend16_s extend32_s', 'none'],

  // Saturating conversions and bulk memory.
  ['i32', 'f>i', 0xfc000, 'trunc_sat_f32_s trunc_sat_f32_u', 'none'],
  ['i32', 'd>i', 0xfc002, 'trunc_sat_f64_s trunc_sat_f64_u', 'none'],
  ['i64', 'f>l', 0xfc004, 'trunc_sat_f32_s trunc_sat_f32_u', 'none'],
  ['i64', 'd>l', 0xfc006, 'trunc_sat_f64_s trunc_sat_f64_u', 'none'],
  ['memory', 'aaa>', 0xfc00a, 'copy', 'zeros'], ['memory', 'aia>', 0xfc00b, 'fill', 'zero'],

  // SIMD: memory, constants, lanes.
  ['v128', 'a>v', 0xfd000, 'load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u load8_splat load16_splat load32_splat load64_splat', 'mem'],
  ['v128', 'av>', 0xfd00b, 'store', 'mem'],
  ['v128', '>v', 0xfd00c, 'const', 'v128'],
  ['i8x16', 'vv>v', 0xfd00d, 'shuffle', 'shuffle'], ['i8x16', 'vv>v', 0xfd00e, 'swizzle', 'none'],
  ['i8x16', 'i>v', 0xfd00f, 'splat', 'none'], ['i16x8', 'i>v', 0xfd010, 'splat', 'none'],
  ['i32x4', 'i>v', 0xfd011, 'splat', 'none'], ['i64x2', 'l>v', 0xfd012, 'splat', 'none'],
  ['f32x4', 'f>v', 0xfd013, 'splat', 'none'], ['f64x2', 'd>v', 0xfd014, 'splat', 'none'],
  ['i8x16', 'v>i', 0xfd015, 'extract_lane_s extract_lane_u', 'lane'], ['i8x16', 'vi>v', 0xfd017, 'replace_lane', 'lane'],
  ['i16x8', 'v>i', 0xfd018, 'extract_lane_s extract_lane_u', 'lane'], ['i16x8', 'vi>v', 0xfd01a, 'replace_lane', 'lane'],
  ['i32x4', 'v>i', 0xfd01b, 'extract_lane', 'lane'], ['i32x4', 'vi>v', 0xfd01c, 'replace_lane', 'lane'],
  ['i64x2', 'v>l', 0xfd01d, 'extract_lane', 'lane'], ['i64x2', 'vl>v', 0xfd01e, 'replace_lane', 'lane'],
  ['f32x4', 'v>f', 0xfd01f, 'extract_lane', 'lane'], ['f32x4', 'vf>v', 0xfd020, 'replace_lane', 'lane'],
  ['f64x2', 'v>d', 0xfd021, 'extract_lane', 'lane'], ['f64x2', 'vd>v', 0xfd022, 'replace_lane', 'lane'],
  ['v128', 'av>v', 0xfd054, 'load8_lane load16_lane load32_lane load64_lane', 'memlane'],
  ['v128', 'av>', 0xfd058, 'store8_lane store16_lane store32_lane store64_lane', 'memlane'],
  ['v128', 'a>v', 0xfd05c, 'load32_zero load64_zero', 'mem'],

  // SIMD: comparisons and bits.
  ['i8x16', 'vv>v', 0xfd023, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'none'],
  ['i16x8', 'vv>v', 0xfd02d, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'none'],
  ['i32x4', 'vv>v', 0xfd037, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'none'],
  ['i64x2', 'vv>v', 0xfd0d6, 'eq ne lt_s gt_s le_s ge_s', 'none'],
  ['f32x4', 'vv>v', 0xfd041, 'eq ne lt gt le ge', 'none'], ['f64x2', 'vv>v', 0xfd047, 'eq ne lt gt le ge', 'none'],
  ['v128', 'v>v', 0xfd04d, 'not', 'none'], ['v128', 'vv>v', 0xfd04e, 'and andnot or xor', 'none'],
  ['v128', 'vvv>v', 0xfd052, 'bitselect', 'none'], ['v128', 'v>i', 0xfd053, 'any_true', 'none'],

  // SIMD: integers.
  ['i8x16', 'v>v', 0xfd060, 'abs neg popcnt', 'none'], ['i8x16', 'v>i', 0xfd063, 'all_true bitmask', 'none'],
  ['i8x16', 'vv>v', 0xfd065, 'narrow_i16x8_s narrow_i16x8_u', 'none'], ['i8x16', 'vi>v', 0xfd06b, 'shl shr_s shr_u', 'none'],
  ['i8x16', 'vv>v', 0xfd06e, 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u _ _ min_s min_u max_s max_u _ avgr_u', 'none'],
  ['i16x8', 'v>v', 0xfd07c, 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u', 'none'],
  ['i32x4', 'v>v', 0xfd07e, 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u', 'none'],
  ['i16x8', 'v>v', 0xfd080, 'abs neg', 'none'], ['i16x8', 'vv>v', 0xfd082, 'q15mulr_sat_s', 'none'],
  ['i16x8', 'v>i', 0xfd083, 'all_true bitmask', 'none'], ['i16x8', 'vv>v', 0xfd085, 'narrow_i32x4_s narrow_i32x4_u', 'none'],
  ['i16x8', 'v>v', 0xfd087, 'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u', 'none'],
  ['i16x8', 'vi>v', 0xfd08b, 'shl shr_s shr_u', 'none'],
  ['i16x8', 'vv>v', 0xfd08e, 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u _ mul min_s min_u max_s max_u _ avgr_u', 'none'],
  ['i16x8', 'vv>v', 0xfd09c, 'extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u', 'none'],
  ['i32x4', 'v>v', 0xfd0a0, 'abs neg', 'none'], ['i32x4', 'v>i', 0xfd0a3, 'all_true bitmask', 'none'],
  ['i32x4', 'v>v', 0xfd0a7, 'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u', 'none'],
  ['i32x4', 'vi>v', 0xfd0ab, 'shl shr_s shr_u', 'none'],
  ['i32x4', 'vv>v', 0xfd0ae, 'add _ _ sub _ _ _ mul min_s min_u max_s max_u dot_i16x8_s', 'none'],
  ['i32x4', 'vv>v', 0xfd0bc, 'extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u', 'none'],
  ['i64x2', 'v>v', 0xfd0c0, 'abs neg', 'none'], ['i64x2', 'v>i', 0xfd0c3, 'all_true bitmask', 'none'],
  ['i64x2', 'v>v', 0xfd0c7, 'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u', 'none'],
  ['i64x2', 'vi>v', 0xfd0cb, 'shl shr_s shr_u', 'none'], ['i64x2', 'vv>v', 0xfd0ce, 'add _ _ sub _ _ _ mul', 'none'],
  ['i64x2', 'vv>v', 0xfd0dc, 'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u', 'none'],

  // SIMD: floats and conversions.
  ['f32x4', 'v>v', 0xfd067, 'ceil floor trunc nearest', 'none'], ['f64x2', 'v>v', 0xfd074, 'ceil floor', 'none'],
  ['f64x2', 'v>v', 0xfd07a, 'trunc', 'none'], ['f64x2', 'v>v', 0xfd094, 'nearest', 'none'],
  ['f32x4', 'v>v', 0xfd0e0, 'abs neg _ sqrt', 'none'], ['f32x4', 'vv>v', 0xfd0e4, 'add sub mul div min max pmin pmax', 'none'],
  ['f64x2', 'v>v', 0xfd0ec, 'abs neg _ sqrt', 'none'], ['f64x2', 'vv>v', 0xfd0f0, 'add sub mul div min max pmin pmax', 'none'],
  ['f32x4', 'v>v', 0xfd05e, 'demote_f64x2_zero', 'none'], ['f64x2', 'v>v', 0xfd05f, 'promote_low_f32x4', 'none'],
  ['i32x4', 'v>v', 0xfd0f8, 'trunc_sat_f32x4_s trunc_sat_f32x4_u', 'none'],
  ['f32x4', 'v>v', 0xfd0fa, 'convert_i32x4_s convert_i32x4_u', 'none'],
  ['i32x4', 'v>v', 0xfd0fc, 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero', 'none'],
  ['f64x2', 'v>v', 0xfd0fe, 'convert_low_i32x4_s convert_low_i32x4_u', 'none'],

  // Relaxed SIMD: results may differ between machines.
  ['i8x16', 'vv>v', 0xfd100, 'relaxed_swizzle', 'none'],
  ['i32x4', 'v>v', 0xfd101, 'relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero', 'none'],
  ['f32x4', 'vvv>v', 0xfd105, 'relaxed_madd relaxed_nmadd', 'none'], ['f64x2', 'vvv>v', 0xfd107, 'relaxed_madd relaxed_nmadd', 'none'],
  ['i8x16', 'vvv>v', 0xfd109, 'relaxed_laneselect', 'none'], ['i16x8', 'vvv>v', 0xfd10a, 'relaxed_laneselect', 'none'],
  ['i32x4', 'vvv>v', 0xfd10b, 'relaxed_laneselect', 'none'], ['i64x2', 'vvv>v', 0xfd10c, 'relaxed_laneselect', 'none'],
  ['f32x4', 'vv>v', 0xfd10d, 'relaxed_min relaxed_max', 'none'], ['f64x2', 'vv>v', 0xfd10f, 'relaxed_min relaxed_max', 'none'],

  // Threads.
  ['memory', 'ai>i', 0xfe000, 'atomic.notify', 'mem'], ['memory', 'ail>i', 0xfe001, 'atomic.wait32', 'mem'],
  ['atomic', '>', 0xfe003, 'fence', 'zero'],
  ['i32', 'a>i', 0xfe010, 'atomic.load', 'mem'], ['i32', 'ai>', 0xfe017, 'atomic.store', 'mem'],
  ['i32', 'ai>i', 0xfe01e, 'atomic.rmw.add', 'mem'], ['i32', 'ai>i', 0xfe025, 'atomic.rmw.sub', 'mem'],
  ['i32', 'ai>i', 0xfe02c, 'atomic.rmw.and', 'mem'], ['i32', 'ai>i', 0xfe033, 'atomic.rmw.or', 'mem'],
  ['i32', 'ai>i', 0xfe03a, 'atomic.rmw.xor', 'mem'], ['i32', 'ai>i', 0xfe041, 'atomic.rmw.xchg', 'mem'],
  ['i32', 'aii>i', 0xfe048, 'atomic.rmw.cmpxchg', 'mem'],
] as const satisfies readonly Row[];

type Words<S extends string> = S extends `${infer Head} ${infer Tail}` ? Head | Words<Tail> : S;
type RowIndex = Extract<keyof typeof ROWS, `${number}`>;
type RowNames<R extends Row> = `${R[0]}.${Exclude<Words<R[3]>, '_'>}`;
type Kinds = { [I in RowIndex as RowNames<(typeof ROWS)[I]>]: (typeof ROWS)[I][4] };

/** Every instruction that `FuncBuilder.op` accepts. */
export type OpName = keyof Kinds;
/** The kind of immediate that an instruction takes. */
export type ImmediateOf<N extends OpName> = Kinds[N];

export interface OpInfo {
  readonly name: string;
  readonly opcode: number;
  /** Operand and result types, one letter each. */
  readonly takes: string;
  readonly gives: string;
  readonly immediate: Immediate;
  /** log2 of the bytes accessed, for memory instructions: the natural alignment. */
  readonly align: number;
}

/** log2 of the bytes that a memory instruction touches, read from its name ('load16x4' is eight bytes). */
function alignment(space: string, name: string): number {
  const match = /(?:load|store)(\d+)?(x)?/.exec(name);
  if (match?.[2]) return 3;
  if (match?.[1]) return Math.log2(Number(match[1]) / 8);
  return space === 'v128' ? 4 : space.endsWith('64') ? 3 : 2;
}

function expand(): ReadonlyMap<string, OpInfo> {
  const table = new Map<string, OpInfo>();
  for (const [space, signature, first, names, immediate] of ROWS as readonly Row[]) {
    const [takes = '', gives = ''] = signature.split('>');
    names.split(' ').forEach((word, i) => {
      if (word === '_') return;
      const name = `${space}.${word}`;
      table.set(name, { name, opcode: first + i, takes, gives, immediate, align: alignment(space, word) });
    });
  }
  return table;
}

/** The expanded instruction table, keyed by name. */
export const OPS: ReadonlyMap<string, OpInfo> = expand();
