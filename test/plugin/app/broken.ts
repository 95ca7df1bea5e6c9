/** Kernels with errors: prints what Weft says of each. */
import * as wf from 'weftjs';

const RATE: unknown = 'a quarter';
const attempts: Record<string, () => unknown> = {
  outside: () => wf.stencil((u: wf.Neighbors1): number =>
    // a comment, and types
    (u(-1) as number)! * (RATE as number)),
  declared: () => wf.stencil(declared),
  uncompiled: () => wf.stencil([(u: wf.Neighbors1) => u(0)].map((f) => f)[0]),
};
function declared(u: wf.Neighbors1, k: number = 2) {
  return u(0) * k;
}

const x = wf.array([1, 2, 3]);
const messages: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await ((attempt() as (...args: unknown[]) => wf.WeftArray)(x)).array();
  } catch (error) {
    messages[name] = (error as Error).message;
  }
}
console.log(JSON.stringify(messages));
