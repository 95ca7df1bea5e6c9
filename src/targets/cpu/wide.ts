/**
 * Vectors of 256 bits. WebAssembly has none; V8 makes them of two v128 instructions that are alike and work on neighbours, if
 * told to by an experimental flag, and where it does not see that it costs something (`wasm/forget.ts`). This says where that
 * is possible, and for which kernels it pays.
 */
import type { ModuleBuilder } from './wasm/index.ts';
import { canChooseCompiler, nodeVersion } from './threads/platform.ts';

/** The first version of Node whose V8 knows the instructions that kernels are made of. */
const FIRST_NODE = 24;

let problem: string | undefined | null = null;

/** Why there are no vectors of 256 bits here; undefined where there are. */
export function wideProblem(): string | undefined {
  if (problem === null) problem = findProblem();
  return problem;
}

function findProblem(): string | undefined {
  const version = nodeVersion();
  if (version === undefined || version < FIRST_NODE) return `needs Node ${FIRST_NODE} or later`;
  if (!canChooseCompiler()) return 'this process was started with other flags for its compilers';
  if (globalThis.process.arch !== 'x64') return 'needs an x64 processor with AVX2';
  return hasAvx2() ? undefined : 'needs a processor with AVX2';
}

/** Where nobody says, the processor is taken to have it: without, V8 leaves the code as it is. */
function hasAvx2(): boolean {
  try {
    const text = globalThis.process.getBuiltinModule('node:fs').readFileSync('/proc/cpuinfo', 'utf8');
    return /^flags\s*:.*\bavx2\b/m.test(text);
  } catch {
    return true;
  }
}

/**
 * A reduction pays if its body costs more than this, in adds: where lanes meet, pairs have to be taken apart again. What is
 * stored always does, or waits for memory either way.
 */
const WORTH_TAKING_APART = 5;

export const paysReduced = (cost: number): boolean => cost > WORTH_TAKING_APART;

/** A kernel or a sweep, ready to be emitted. */
export interface ForVectors {
  /** Equal codes are equal modules. */
  readonly code: string;
  /** It is meant for vectors of 256 bits. */
  readonly paired: boolean;
  /** Always the same. */
  readonly emit: () => { readonly module: ModuleBuilder };
}

/** Says whether V8 can be trusted with what is meant for vectors of 256 bits. */
export type Judge = (made: ForVectors) => boolean;

export const isWide: Judge = ({ emit }) => emit().module.wide;

/** What is made for vectors of 256 bits, if they are asked for, pay, and V8 can be trusted with the module; else for 128. */
export function widest<T extends ForVectors>(asked: boolean, make: (paired: boolean) => T, canBe: Judge): T {
  const paired = asked ? make(true) : undefined;
  return paired?.paired && canBe(paired) ? paired : make(false);
}

const probe = new Uint8Array(64);
let clear: ((bytes: Uint8Array) => unknown) | undefined;

/**
 * To be called after wide code. It leaves the upper halves of registers in use, with which the instructions that V8's own C++ is
 * made of take many times as long: `Math.exp`, `Math.pow`, `parseFloat`. What Node calls here clears them, in 0.02 us.
 */
export function clearUpperHalves(): void {
  clear ??= globalThis.process.getBuiltinModule('node:buffer').isAscii;
  clear(probe);
}
