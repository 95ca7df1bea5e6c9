/**
 * Every error a user can meet. One class per kind of mistake, so that `instanceof` and `error.code` both work;
 * a message names the argument, the shapes or dtypes concerned, and the way out.
 * @example
 * let code = '';
 * try {
 *   wf.array([1, 2]).add([1, 2, 3]);
 * } catch (error) {
 *   if (error instanceof wf.WeftError) code = error.code;
 * }
 * code; // 'shape'
 */
export class WeftError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WeftError';
    this.code = code;
  }
}

/** Said in full, so that the declarations of the package name nothing that only Node's types have. */
type Kind = new (message: string, options?: ErrorOptions) => WeftError;

const kind = (name: string, code: string): Kind =>
  class extends WeftError {
    constructor(message: string, options?: ErrorOptions) {
      super(code, message, options);
      this.name = name;
    }
  };

/** Shapes that do not fit together, an axis out of range, a reshape that changes the number of elements. */
export class ShapeError extends kind('ShapeError', 'shape') {}
/** An unknown dtype, a dtype the operation or the target does not take, a number that does not fit. */
export class DTypeError extends kind('DTypeError', 'dtype') {}
/** Any other argument that is wrong: an unknown option, border mode or target name. */
export class ArgumentError extends kind('ArgumentError', 'argument') {}
/** Use of an array after `dispose()`, or of a graph that depends on one. */
export class DisposedError extends kind('DisposedError', 'disposed') {}
/** A target is missing, was lost, or ran out of something. */
export class TargetError extends kind('TargetError', 'target') {}
/** The heap or the device has no room for what was asked. Nothing was changed. */
export class OutOfMemoryError extends kind('OutOfMemoryError', 'memory') {}
/** A loop was stopped by its signal; `cause` is the signal's reason. The name is that of the web's own AbortError. */
export class AbortError extends kind('AbortError', 'aborted') {}
/** A validator between two levels found an illegal program: a defect of Weft, not of the user's program. */
export class InternalError extends kind('InternalError', 'internal') {}

/** Where in a kernel: `line` (from 1) and `column` (from 0) in its text; `file` says where that text starts, when it is known. */
interface KernelPlace {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly name?: string;
  readonly file?: { readonly path: string; readonly line: number; readonly column: number };
}

/**
 * A kernel function outside the language: carries the place so that the message can point at it. `line` and `column` count
 * in `file` where the file is known, else in the kernel's own text.
 */
export class KernelError extends WeftError {
  readonly file: string | undefined;
  readonly line: number;
  readonly column: number;
  /** `hint` says what to write instead. */
  constructor(problem: string, at: KernelPlace, hint?: string) {
    const line = at.line + (at.file ? at.file.line - 1 : 0);
    const column = at.column + (at.file && at.line === 1 ? at.file.column : 0);
    super('kernel', describe(problem, at, line, column, hint));
    this.name = 'KernelError';
    this.file = at.file?.path;
    this.line = line;
    this.column = column;
  }
}

function describe(problem: string, at: KernelPlace, line: number, column: number, hint?: string): string {
  const text = at.source.split('\n')[at.line - 1] ?? '';
  const gutter = `${line} | `;
  const caret = ' '.repeat(gutter.length + at.column) + '^';
  const where = (at.name ? ` in kernel '${at.name}'` : '') + (at.file ? ` (${at.file.path}:${line}:${column + 1})` : '');
  return `${problem}${where}\n${gutter}${text}\n${caret}${hint ? `\n${hint}` : ''}`;
}
