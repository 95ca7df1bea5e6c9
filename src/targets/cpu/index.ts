/** The cpu target: WebAssembly SIMD on all threads. */
export { createCpuTarget } from './cpu.ts';
