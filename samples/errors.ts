/** A mistake in what the user asked for: shown as its message alone, without a stack. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}
