/**
 * Checks that an array graph is legal: what the planner may take for granted. Throws InternalError, since no program of a
 * user should get this far with a fault. On with `configure({ validate: true })`, and in the random tests.
 */
import { InternalError } from '../errors.ts';
import { borderRules } from './border.ts';
import { topological, type Expr, type LoopExpr, type MapExpr, type NestExpr, type StencilExpr, type ViewExpr } from './expr.ts';
import { validateFn } from './kernel/validate.ts';
import { reducerInfo } from './reducers.ts';
import { sameShape, showShape, sizeOf } from './shape.ts';

export function validateGraph(roots: readonly Expr[]): void {
  for (const e of topological(roots)) {
    const problem = problemOf(e);
    if (problem) throw new InternalError(`${e.kind} node of ${e.dtype} ${showShape(e.shape)}: ${problem}`);
  }
}

function problemOf(e: Expr): string | undefined {
  switch (e.kind) {
    case 'source': case 'carry': case 'fill': return e.src.length > 0 ? 'a leaf has sources' : undefined;
    case 'map': return functionProblem(e) ?? (pointwise(e).every((s) => sameShape(s.shape, e.shape)) ? undefined : 'a source has another shape');
    case 'view': return viewProblem(e);
    case 'reduce': {
      const [x] = e.src;
      const kept = x.shape.filter((_, k) => !e.axes.includes(k));
      if (!sameShape(kept, e.shape)) return `reducing axes ${showShape(e.axes)} of ${showShape(x.shape)} does not give this shape`;
      return reducerInfo(e.reducer).combine === 'or' && x.dtype !== 'bool' ? 'reduces by truth what is not bool' : undefined;
    }
    case 'contract': {
      if (e.src.length !== 2 || e.src.some((s) => s.dtype !== e.dtype || !sameShape(s.shape, e.src[0].shape))) return 'two sources of one shape and this dtype are multiplied';
      const kept = e.src[0].shape.filter((_, k) => !e.axes.includes(k));
      return sameShape(kept, e.shape) ? undefined : `adding up axes ${showShape(e.axes)} of ${showShape(e.src[0].shape)} does not give this shape`;
    }
    case 'stencil': return functionProblem(e) ?? stencilProblem(e);
    case 'loop': return loopProblem(e);
    case 'nest': return nestProblem(e);
    default: return e satisfies never;
  }
}

function functionProblem(e: MapExpr | StencilExpr): string | undefined {
  if (e.fn.inputs.length !== e.src.length) return `the function has ${e.fn.inputs.length} inputs for ${e.src.length} sources`;
  if (e.fn.effects.length > 0 || e.fn.outputs.length > 0) return 'the function stores';
  return inputProblem(e) ?? (e.fn.results[e.result]?.dtype === e.dtype ? undefined : 'the result of the function has another dtype');
}

/** What holds for the sources that are inputs of the function. */
function inputProblem({ fn, src }: MapExpr | StencilExpr | NestExpr): string | undefined {
  validateFn(fn);
  if (fn.uniforms.length > 0) return 'the function has uniforms';
  for (const [k, { dtype, whole }] of fn.inputs.entries()) {
    if (src[k].dtype !== dtype) return 'a source has another dtype than the function reads';
    if (whole !== undefined && src[k].shape.length !== whole) return `a source of rank ${src[k].shape.length} that the function reads with ${whole} indices`;
  }
  return undefined;
}

/** The sources that are read at points of the domain. */
const pointwise = (e: MapExpr | StencilExpr): readonly Expr[] => e.src.filter((_, k) => e.fn.inputs[k].whole === undefined);

/** The corners of an affine view are inside its source, so all of it is. */
function viewProblem(e: ViewExpr): string | undefined {
  const [x] = e.src;
  if (x.dtype !== e.dtype) return 'a view changes the dtype';
  if (e.view.kind === 'reshape') return sizeOf(x.shape) === sizeOf(e.shape) ? undefined : 'a reshape changes the number of elements';
  if (sizeOf(e.shape) === 0) return undefined;
  const outside = e.view.axes.some((m, k) => {
    const last = m.from < 0 ? m.offset : m.offset + m.scale * (e.shape[m.from] - 1);
    return Math.min(m.offset, last) < 0 || Math.max(m.offset, last) >= x.shape[k];
  });
  return outside ? `a view reads outside its source of shape ${showShape(x.shape)}` : undefined;
}

/** Arrays have this shape, and along shrinking axes the reach of the neighbourhood more; scalars have this shape. */
function stencilProblem(e: StencilExpr): string | undefined {
  const full = e.shape.map((n, k) => (borderRules[e.border[k]].shrinks ? n + e.hi[k] - e.lo[k] : n));
  return pointwise(e).every((s) => sameShape(s.shape, full) || sameShape(s.shape, e.shape)) ? undefined : 'a source does not fit the neighbourhood';
}

function nestProblem(e: NestExpr): string | undefined {
  const { fn, src, domain } = e;
  const initial = src.slice(fn.inputs.length);
  if (initial.length !== fn.outputs.length) return `the function has ${fn.inputs.length} inputs and ${fn.outputs.length} outputs for ${src.length} sources`;
  if (fn.results.length > 0) return 'the function has results besides what it stores';
  if (fn.inputs.some((slot) => slot.whole === undefined)) return 'an input that is not whole';
  if (fn.rank !== 0 && fn.rank !== domain.length) return `a function of rank ${fn.rank} over ${showShape(domain)}`;
  for (const [k, { dtype, whole }] of fn.outputs.entries()) {
    if (initial[k].dtype !== dtype || initial[k].shape.length !== whole) return `output ${k} starts with another dtype or rank than the function stores`;
  }
  const own = initial[e.result];
  if (own?.dtype !== e.dtype || !sameShape(own.shape, e.shape)) return 'the output starts with another dtype or shape';
  return inputProblem(e);
}

function loopProblem(e: LoopExpr): string | undefined {
  const fits = [e.src, e.next].every((list) => list.length === e.carries.length
    && list.every((s, k) => s.dtype === e.carries[k].dtype && sameShape(s.shape, e.carries[k].shape)));
  return fits ? undefined : 'a state changes its shape or dtype';
}
