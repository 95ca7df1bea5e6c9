/**
 * Operand types on the stack while a function is written, one letter each: the validation algorithm of the
 * WebAssembly specification's appendix.
 */

interface Frame {
  readonly kind: 'block' | 'loop' | 'if' | 'function';
  readonly result: string;
  readonly height: number;
  unreachable: boolean;
  /** An `if` that has seen its else. */
  hasElse: boolean;
}

const ANY = '?';

export class StackCheck {
  private readonly types: string[] = [];
  private readonly frames: Frame[] = [];

  constructor(private readonly functionName: string, result: string) {
    this.push('function', result);
  }

  private push(kind: Frame['kind'], result: string): void {
    this.frames.push({ kind, result, height: this.types.length, unreachable: false, hasElse: false });
  }

  private get frame(): Frame {
    const frame = this.frames.at(-1);
    if (frame === undefined) throw this.error('code after the end');
    return frame;
  }

  private error(message: string): Error {
    return new Error(`wasm function '${this.functionName}': ${message}`);
  }

  private pop(expected: string, what: string): string {
    const { height, unreachable } = this.frame;
    if (this.types.length === height) {
      if (unreachable) return expected;
      throw this.error(`${what} takes an operand of type ${expected}, but the stack is empty`);
    }
    const type = this.types.pop() as string;
    if (type !== expected && type !== ANY && expected !== ANY) throw this.error(`${what} takes ${expected}, but the stack has ${type}`);
    return type;
  }

  apply(what: string, takes: string, gives: string): void {
    for (let i = takes.length - 1; i >= 0; i--) this.pop(takes.charAt(i), what);
    for (const type of gives) this.types.push(type);
  }

  drop(): void {
    this.pop(ANY, 'drop');
  }

  select(): void {
    this.pop('i', 'select');
    const second = this.pop(ANY, 'select');
    const first = this.pop(second, 'select');
    this.types.push(first === ANY ? second : first);
  }

  open(kind: 'block' | 'loop' | 'if', result: string): void {
    this.push(kind, result);
  }

  otherwise(): void {
    this.closeBody();
    this.frame.hasElse = true;
    this.frame.unreachable = false;
  }

  close(): void {
    const frame = this.frame;
    this.closeBody();
    if (frame.kind === 'if' && frame.result !== '' && !frame.hasElse) throw this.error('an if with a result needs an else');
    this.frames.pop();
    for (const type of frame.result) this.types.push(type);
  }

  private closeBody(): void {
    const { kind, result, height } = this.frame;
    this.apply(`the end of a ${kind}`, result, '');
    if (this.types.length !== height) throw this.error(`the end of a ${kind} leaves ${this.types.slice(height).join('')} on the stack`);
  }

  /** A branch to the label `depth` levels out carries that block's result (a loop's label carries nothing). */
  branch(what: string, depth: number): void {
    const target = this.frames.at(-1 - depth);
    if (target === undefined) throw this.error(`${what} leaves the function`);
    const carried = target.kind === 'loop' ? '' : target.result;
    this.apply(what, carried, carried);
  }

  leave(): void {
    this.apply('return', this.frames[0]?.result ?? '', '');
    this.unreachable();
  }

  unreachable(): void {
    this.types.length = this.frame.height;
    this.frame.unreachable = true;
  }

  /** Checks that every block is closed and the result is on the stack. Idempotent. */
  end(): void {
    if (this.frames.length === 0) return;
    if (this.frames.length > 1) throw this.error('a block is still open');
    this.closeBody();
    this.frames.pop();
  }
}
