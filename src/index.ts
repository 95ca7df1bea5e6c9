/** Weft: arrays as lazy graphs, fused into WebAssembly threads or WebGPU. Public exports only. */
import './dsl/methods.ts';
import './dsl/contract-methods.ts';
import './runtime.ts';

export { evaluate, explain, where, WeftArray, type ArrayInput } from './dsl/array.ts';
export { alloc, arange, array, eye, full, linspace, ones, zeros } from './dsl/create.ts';
export {
  add, atan2, bitwiseAnd, bitwiseOr, bitwiseXor, div, eq, floorDiv, ge, gt, hypot, le, leftShift, logicalAnd, logicalOr,
  logicalXor, lt, maximum, minimum, mod, mul, ne, pow, rem, rightShift, sub,
} from './dsl/functions.ts';
export { guvectorize, type GuvectorizeOptions } from './dsl/guvectorize.ts';
export { bincount, histogram, type BincountOptions, type HistogramOptions } from './dsl/histogram.ts';
export { iterate } from './dsl/iterate.ts';
export type { IterateOptions } from './dsl/iterate-options.ts';
export { scatterAdd } from './dsl/scatter.ts';
export { scope } from './dsl/scope.ts';
export { compress, nonZero } from './dsl/select.ts';
export { topK, type SearchOptions, type SortOptions, type TopKOptions } from './dsl/sort.ts';
export { gather, takeAlongAxis } from './dsl/take.ts';
export { unique, uniqueAll, type Unique } from './dsl/unique.ts';
export { dot, matmul, tensorDot, vecDot } from './dsl/contract-methods.ts';
export type { ContractOptions, PairedAxes } from './dsl/contract.ts';
export { correlate, type CorrelateOptions, type Weights } from './dsl/correlate.ts';
export { einsum } from './dsl/einsum.ts';
export { fromFunction, type FromFunctionOptions } from './dsl/from-function.ts';
export { kernel, type KernelFunctionOptions, type KernelResult } from './dsl/parallel.ts';
export type { Mat, MutMat, MutTensor3, MutVec, Tensor3, Vec } from './dsl/kernel-types.ts';
export { f32, f64, i32, prange, u32 } from './dsl/plain.ts';
export { erf, erfc, gamma, lgamma } from './dsl/special.ts';
export {
  stencil,
  type BorderOptions, type Neighbors, type Neighbors1, type Neighbors2, type Neighbors3, type Neighbors4, type Range,
  type StencilCall, type StencilOptions,
} from './dsl/stencil.ts';
export { reduce, vectorize, type ReduceWithOptions, type Ufunc, type VectorizeOptions } from './dsl/vectorize.ts';
export type { UfuncMethods, UfuncReduceOptions } from './dsl/ufunc.ts';
export type { BorderMode } from './dsl/border.ts';
export { dtypes, promote, type ArrayOf, type DType, type TypedArray, type ViewOf } from './dsl/dtype.ts';
export type { EvaluateOptions, ExplainOptions, FusionOptions, PlanningOptions } from './dsl/evaluator.ts';
export type {
  BufferReport, DecisionReport, FusionReport, KernelReport, LoopReport, NodeReport, PlanReport, RefusalReport, SweepReport, Times,
} from './dsl/reports.ts';
export type { ArrayOptions, NestedArray } from './dsl/literal.ts';
export type { Axes, ReduceOptions, SumOptions, VarOptions } from './dsl/reduce.ts';
export type { ScanOptions } from './dsl/scan.ts';
export type { SliceRange } from './dsl/views.ts';
export * from './errors.ts';
export { memory } from './memory.ts';
export { configure, type Options } from './options.ts';
export { profile } from './profiling/profile.ts';
export type {
  EvaluationProfile, KernelProfile, Limits, PartProfile, PhaseProfile, Profile, ProfileOptions, Roofline, RunProfile, Trace,
  TraceEvent,
} from './profiling/types.ts';
export { closeTargets, registerTarget } from './targets/registry.ts';
export type { DeviceBuffer, GraphTarget, Job, MemoryUse, PlanTarget, Target, TargetFactory, TargetOptions } from './targets/target.ts';
