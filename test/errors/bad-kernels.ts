/**
 * Kernels outside the language: each row is the text of a function and the whole message it gets. A triangle in the text, which
 * is no part of it, is where the caret points.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { spy } from '../support/spy.ts';

export type Call = (f: (...args: never[]) => unknown) => unknown;

export interface Bad {
  readonly text: string;
  readonly problem: string;
  readonly hint: string | undefined;
  /** Where the function is not to be made of the text. */
  readonly f?: (...args: never[]) => unknown;
}
export const bad = (text: string, problem: string, hint?: string): Bad => ({ text, problem, hint });

/** The function that a text stands for. `wf` is the library, as it would be imported. */
export const functionOf = (text: string): never => {
  // eslint-disable-next-line no-new-func
  return new Function('wf', `return (${text.replace('▸', '')});`)(wf) as never;
};

/** The message: the problem, the line with a caret below the place, the hint. */
export function messageOf({ text, problem, hint }: Bad, kernel: string): string {
  const before = text.slice(0, text.indexOf('▸')).split('\n');
  const line = text.replace('▸', '').split('\n')[before.length - 1];
  const gutter = `${before.length} | `;
  const caret = `${' '.repeat(gutter.length + before[before.length - 1].length)}^`;
  return [`${problem} in kernel '${kernel}'`, `${gutter}${line}`, caret, ...(hint ? [hint] : [])].join('\n');
}

const good = wf.vectorize((x: number) => { let s = 0; for (let i = 0; i < x; i++) s += i; return s; });

/** What is thrown; afterwards nothing is left behind, and good kernels work as before. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  const before = spy.buffers;
  let thrown: unknown;
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  assert.is(spy.buffers, before, 'buffers alive');
  const kept = good(wf.array([0, 1, 4, 5]));
  assert.equal(await kept.array({ target: 'spy' }), [0, 0, 6, 10]);
  kept.dispose();
  return thrown;
}

/** A test per kernel; `kernel` is its name in messages. */
export function badKernels(title: string, kernel: string, call: Call, rows: readonly Bad[]): void {
  const test = suite(title);
  for (const row of rows) {
    test(row.text, async () => {
      const f = row.f ?? functionOf(row.text);
      // Twice: nothing of the first attempt is remembered.
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await thrownBy(() => call(f));
        assert.instance(error, wf.KernelError, `threw ${String(error)}`);
        assert.is((error as Error).message, messageOf(row, /^▸?function (\w+)/.exec(row.text)?.[1] ?? kernel));
      }
    });
  }
  test.run();
}

export type Refused = readonly [label: string, error: new (...args: never[]) => Error, message: string, call: () => unknown];

/** Calls that do not fit their kernel. */
export function refusals(title: string, rows: readonly Refused[]): void {
  const test = suite(title);
  for (const [label, kind, message, call] of rows) {
    test(label, async () => {
      const error = await thrownBy(call);
      assert.instance(error, kind, `threw ${String(error)}`);
      assert.is((error as Error).message, message);
    });
  }
  test.run();
}
