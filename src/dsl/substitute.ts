/** A graph with some of its nodes replaced. */
import { makeExpr, topological, type Expr } from './expr.ts';
import { fromKernel, kernelOf, type PlainKernel } from './plainly.ts';

/** The roots, with the nodes in `by` replaced wherever they are used, in bodies of loops too. What does not use them is kept. */
export function substitute(roots: readonly Expr[], by: ReadonlyMap<Expr, Expr>): Expr[] {
  const made = new Map<Expr, Expr>(by);
  const now = (e: Expr): Expr => made.get(e) ?? e;
  const all = (list: readonly Expr[]): Expr[] => list.map(now);
  for (const e of topological(roots, (node) => by.has(node))) {
    if (made.has(e)) continue;
    const src = all(e.src);
    if (e.kind !== 'loop') {
      if (same(src, e.src)) continue;
      const copy = makeExpr({ ...e, src });
      const kernel = kernelOf(e);
      made.set(e, kernel ? fromKernel(copy, moved(kernel, all)) : copy);
      continue;
    }
    const next = all(e.next);
    const host = e.host && { ...e.host, until: e.host.until && now(e.host.until) };
    if (same(src, e.src) && same(next, e.next) && host?.until === e.host?.until) continue;
    made.set(e, makeExpr({ ...e, src, next, host }));
  }
  return all(roots);
}

const same = (a: readonly Expr[], b: readonly Expr[]): boolean => a.every((e, k) => e === b[k]);

const moved = (kernel: PlainKernel, all: (list: readonly Expr[]) => Expr[]): PlainKernel =>
  (kernel.kind === 'whole' ? { ...kernel, sources: all(kernel.sources) } : kernel);
