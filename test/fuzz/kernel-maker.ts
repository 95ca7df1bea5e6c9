/** Random kernels: their text, what they are given, and how they get smaller when they fail. */
import fc from 'fast-check';
import { borderModes, type BorderMode } from '../../src/dsl/border.ts';
import { type DType } from '../../src/dsl/dtype.ts';
import { random } from '../support/special.ts';
import { element, made } from './kernel-maker-expressions.ts';
import { parallelBody } from './kernel-maker-parallel.ts';
import {
  BOOL, chance, floatIn, INT, pick, SMALL, UINT, type ArrayName, type Scope, type Type, type Variable,
} from './kernel-maker-scope.ts';
import { body, code, functionOf, knowing, returning, store } from './kernel-maker-statements.ts';
import {
  blockText, closed, smallerBlock, statementText, storedIn, type Block, type Dialect, type Progress, type Statement,
} from './kernel-maker-tree.ts';

export interface Param {
  readonly name: string;
  /** An element per point, a number, an array read anywhere, neighbours, an array that is stored to, a coordinate. */
  readonly role: 'point' | 'number' | 'whole' | 'relative' | 'output' | 'coordinate';
  readonly dtype: DType;
  readonly rank: number;
}

export interface Kernel {
  readonly form: KernelForm;
  readonly params: readonly Param[];
  readonly body: Block;
  /** `return ...;` */
  readonly end: Statement;
  /** Of the arrays at points, or of a stencil's; sizes of others are made from it. */
  readonly shape: readonly number[];
  /** Of random data. */
  readonly seed: number;
  /** Of stencils. */
  readonly border: readonly BorderMode[];
  readonly cval: number;
  /** Of generalised ufuncs. */
  readonly signature: string;
  /** What it returns, where it returns something. */
  readonly results: readonly Type[];
  /** Its floats are rounded. */
  readonly smooth: boolean;
  toString(): string;
}

export const REACH = 2;

const types: { readonly [D in DType]?: Type } = {
  int32: INT, bool: BOOL, uint32: UINT, uint8: { ...INT, bound: 255 }, int16: { ...INT, bound: 2 ** 15 },
};
const typeIn = (s: Scope, dtype: DType): Type => types[dtype] ?? floatIn(s);

const letters: { readonly [R in Param['role']]: string } = {
  point: 'x', number: 'k', whole: 't', relative: 'u', output: 'o', coordinate: 'x',
};

/** How kernels are made, besides at random. */
export interface Manner {
  /** All indices stay inside. */
  readonly tame?: boolean;
  /** Floats are rounded. */
  readonly smooth?: boolean;
}

/** What is drawn from when a kernel is made. */
function scopeOf(seed: number, { tame = false, smooth = false }: Manner = {}): Scope {
  const next = random(seed);
  let names = 0;
  return {
    draw: (n) => Math.floor(next() * n), fresh: (letter) => `${letter}${names++}`,
    variables: [], arrays: [], functions: [], loops: [], returns: undefined, turns: 1, depth: 0, stores: [], reductions: [],
    unknown: undefined, tame, smooth,
  };
}

const param = (s: Scope, role: Param['role'], dtype: DType, rank = 0): Param => ({ name: s.fresh(letters[role]), role, dtype, rank });

/** The scope that a kernel begins in. */
function withParams(s: Scope, params: readonly Param[], free: boolean): Scope {
  const variables: Variable[] = [];
  const arrays: ArrayName[] = [];
  for (const { name, role, dtype, rank } of params) {
    const type = role === 'number' ? floatIn(s) : typeIn(s, dtype);
    switch (role) {
      case 'point': case 'number':
        variables.push({ name, type, free, positive: dtype === 'uint8' });
        break;
      case 'coordinate':
        variables.push({ name, type: { ...INT, bound: 64 }, free: false, positive: true });
        break;
      case 'whole':
        arrays.push({ access: 'whole', text: name, rank, type });
        for (let axis = 0; axis < rank; axis++) {
          const size = pick(s, rank === 1 ? [`${name}.length`, `${name}.shape[0]`] : [`${name}.shape[${axis}]`]);
          variables.push({ name: size, type: SMALL, free: false, positive: true });
        }
        break;
      case 'relative':
        arrays.push({ access: 'relative', text: name, reach: new Array<number>(rank).fill(REACH), type });
        break;
      case 'output': break;
      default: role satisfies never;
    }
  }
  const unknown = variables.find((v) => v.type.kind === 'int');
  const u = params.find((p) => p.role === 'relative');
  const here = u && made(INT)`${u.name}(${new Array(u.rank).fill(0).join(', ')})${u.dtype === 'int32' ? '' : ' | 0'}`;
  const kept = variables.map((v) => (v === unknown && !here ? { ...v, free: false } : v));
  return { ...s, variables: kept, arrays, unknown: here ?? (unknown && made(unknown.type)`${unknown.name}`) };
}

/** Functions before the body, which see nothing but their parameters. */
function withHelpers(s: Scope): { readonly scope: Scope; readonly statements: readonly Statement[] } {
  const statements: Statement[] = [];
  let scope = s;
  for (let k = s.draw(3) - 1; k > 0; k--) {
    const made = functionOf({ ...scope, variables: [], arrays: [], unknown: undefined }, s.fresh('h'));
    statements.push(made.statement);
    scope = { ...scope, functions: [...scope.functions, made.name] };
  }
  return { scope, statements };
}

const resultTypes = (s: Scope): readonly Type[] => [INT, INT, floatIn(s), floatIn(s), BOOL, SMALL, UINT];
const some = <T>(s: Scope, most: number, make: () => T): T[] => Array.from({ length: s.draw(most + 1) }, make);
const anyOf = (s: Scope): DType => pick(s, ['int32', 'float32', 'float32', 'bool', 'uint8', 'int16', 'uint32'] as const);
const either = (s: Scope): DType => pick(s, ['int32', 'float32'] as const);
const tables = (s: Scope, most: number): Param[] => some(s, most, () => param(s, 'whole', either(s), 1 + s.draw(2)));
const numbers = (s: Scope): Param[] => some(s, 1, () => param(s, 'number', 'float32'));

type Parts = Pick<Kernel, 'params' | 'body' | 'end'> & Partial<Kernel>;

/** A kernel that returns its results. */
function returns(s: Scope, params: readonly Param[], results: number, size = s.draw(6), extra: Partial<Kernel> = {}): Parts {
  const types = Array.from({ length: results }, () => pick(s, resultTypes(s)));
  const { scope, statements } = withHelpers(withParams({ ...s, returns: types }, params, true));
  const first = params.some((p) => p.role === 'relative') ? neighbour(scope) : { scope, statements: [] };
  const inner = body(first.scope, 1 + size);
  const all = [...statements, ...first.statements, ...inner.block.statements];
  return { params, body: { statements: all }, end: { parts: returning(inner.scope) }, results: types, ...extra };
}

/** A stencil reads at least one neighbour. */
function neighbour(s: Scope): { readonly scope: Scope; readonly statements: readonly Statement[] } {
  const u = s.arrays.find((a) => a.access === 'relative')!;
  const name = s.fresh(u.type.kind === 'int' ? 'a' : 'f');
  return { statements: [{ ...code`let ${name} = ${element({ ...s, arrays: [u] }, u.type.kind, 1)!};`, declares: [name] }], scope: knowing(s, { name, type: u.type, free: true }) };
}

const forms = {
  vectorize: (s: Scope) => returns(s, [
    param(s, 'point', 'int32'), ...some(s, 2, () => param(s, 'point', anyOf(s))), ...numbers(s), ...tables(s, 1),
  ], pick(s, [1, 1, 2, 3])),
  fromFunction: (s: Scope) => {
    const params = [param(s, 'coordinate', 'int32'), param(s, 'coordinate', 'int32'), ...tables(s, 2)];
    return returns(s, params, 1, s.draw(6), { shape: [3 + s.draw(3), 5] });
  },
  stencil: (s: Scope) => {
    const rank = 1 + s.draw(2);
    const arrays = [1, ...some(s, 1, () => 1)].map(() => param(s, 'relative', either(s), rank));
    const params = [...arrays, ...numbers(s), ...tables(s, 1)];
    const border = Array.from({ length: rank }, () => pick(s, borderModes));
    const shape = rank === 1 ? [pick(s, [5, 9, 23])] : [pick(s, [4, 5, 8]), pick(s, [4, 7, 9])];
    const edges = { border: chance(s, 2) ? border : border.map(() => border[0]), cval: s.draw(2) };
    return returns(s, params, pick(s, [1, 1, 2]), s.draw(6), { ...edges, shape });
  },
  guvectorize: (s: Scope) => subArrays(s),
  prange: (s: Scope): Parts => {
    const inputs = [param(s, 'whole', 'int32', 1), param(s, 'whole', 'float32', 2), ...numbers(s)];
    const outputs = some(s, 2, () => param(s, 'output', either(s), 1 + s.draw(2)));
    const params = [...inputs, ...outputs];
    const { scope, statements } = withHelpers(withParams(s, inputs, false));
    const inside = parallelBody(scope, inputs, outputs);
    return { params, body: { statements: [...statements, ...inside.body.statements] }, end: inside.end };
  },
} satisfies Record<string, (s: Scope) => Parts>;
export type KernelForm = keyof typeof forms;
export const kernelForms = Object.keys(forms) as KernelForm[];

// ---- generalised ufuncs ----

const signatures = ['(n)->(n)', '(n)->()', '(n),(n)->()', '(m,n),(n)->(m)', '(),(n)->(n)', '(n)->(3)', '(n)->(n),()', '(m,n)->(n,m)'];

/** How many axes each array of a signature has. */
export const ranksOf = (side: string): number[] =>
  side.slice(1, -1).split('),(').map((dims) => (dims === '' ? 0 : dims.split(',').length));

function subArrays(s: Scope): Parts {
  const signature = pick(s, signatures);
  const [before, after] = signature.split('->').map(ranksOf);
  const inputs = before.map((rank) => param(s, rank === 0 ? 'point' : 'whole', either(s), rank));
  const shape = pick(s, [[], [3], [2, 3]]);
  if (after.every((rank) => rank === 0) && chance(s, 2)) return returns(s, inputs, 1, s.draw(6), { signature, shape });
  const outputs = after.map((rank) => param(s, 'output', either(s), rank));
  const stores = outputs.map(({ name, dtype, rank }) =>
    ({ access: 'whole' as const, output: name, text: rank === 0 ? `${name}[0]` : name, rank, type: typeIn(s, dtype) }));
  const known = withParams({ ...s, returns: [] }, inputs, true);
  const { scope, statements } = withHelpers({ ...known, arrays: [...known.arrays, ...stores], stores });
  const inner = body(scope, 2 + s.draw(4));
  const stored = storedIn(inner.block);
  const rest = stores.filter((p) => !stored.includes(p.output)).map((p) => store({ ...inner.scope, stores: [p] }));
  const all = [...statements, ...inner.block.statements, ...rest];
  return { params: [...inputs, ...outputs], body: { statements: all }, end: { parts: ['return;'] }, signature, shape };
}

// ---- kernels as values ----

/** The function as text. */
export function kernelText(kernel: Pick<Kernel, 'params' | 'body' | 'end'>, dialect: Dialect = 'kernel'): string {
  const { params, body: inner, end } = kernel;
  const lines = [blockText(inner, dialect), statementText(end, dialect)].filter((t) => t !== '').join('\n');
  return `(${params.map((p) => p.name).join(', ')}) => {\n${lines.replace(/^(?=.)/gm, '  ')}\n}`;
}

const finished = (form: KernelForm, parts: Parts, seed: number): Kernel => {
  const usual = { shape: [37], border: [], cval: 0, signature: '', results: [], smooth: false };
  const kernel = { ...usual, form, seed, ...parts, params: usedParams(form, parts) };
  const { border, cval, signature, shape } = kernel;
  const about = { shape, seed, ...(border.length > 0 && { border, cval }), ...(signature !== '' && { signature }) };
  const types = kernel.params.map((p) => `${p.name}: ${p.role} ${p.dtype}${p.rank > 0 ? ` of rank ${p.rank}` : ''}`).join(', ');
  return { ...kernel, toString: () => `\n// ${form} ${JSON.stringify(about)}\n// ${types}\n${kernelText(kernel)}\n` };
};

/**
 * An array that a kernel does not touch would be taken for a number, and an output that it does not store to for an input;
 * only signatures say what they are.
 */
function usedParams(form: KernelForm, { params, body: inner, end }: Parts): readonly Param[] {
  if (form === 'guvectorize') return params;
  const text = kernelText({ params: [], body: inner, end });
  const stored = storedIn(inner);
  const used = (p: Param): boolean => ['point', 'number', 'coordinate'].includes(p.role) || new RegExp(`\\b${p.name}\\b`).test(text);
  return params.filter(used).map((p) => (p.role === 'output' && !stored.includes(p.name) ? { ...p, role: 'whole' } : p));
}

/** The kernel of a form and a seed. */
function kernelOf(form: KernelForm, seed: number, manner: Manner = {}): Kernel {
  const s = scopeOf(seed + kernelForms.indexOf(form) * 0x9e3779b1, manner);
  return finished(form, { ...forms[form](s), smooth: s.smooth }, seed);
}

/** A kernel of elements of these dtypes, and of arrays that are read anywhere. `size`: how large it may be, from 0. */
export function kernelFor(
  seed: number, size: number, points: readonly DType[], wholes: readonly { readonly dtype: DType; readonly rank: number }[],
): Kernel {
  const s: Scope = { ...scopeOf(seed), depth: 4 - Math.min(size, 2), turns: 5 };
  const params = [...points.map((dtype) => param(s, 'point', dtype)), ...wholes.map((w) => param(s, 'whole', w.dtype, w.rank))];
  return finished('vectorize', returns(s, params, 1, size), seed);
}

const names = ({ params }: Kernel): Set<string> => new Set(params.map((p) => p.name));

/** A stencil has neighbours, a kernel of arrays gives something, and all outputs of a signature are stored to. */
function isKernel({ form, params, body: inner, end }: Kernel): boolean {
  const has = (role: Param['role']): boolean => params.some((p) => p.role === role);
  switch (form) {
    case 'stencil': return has('relative');
    case 'prange': return has('output') || end.parts[0] !== 'return;';
    case 'guvectorize': return params.every((p) => p.role !== 'output' || storedIn(inner).includes(p.name));
    default: return true;
  }
}

const beginning: Progress = { round: 0, place: 0 };

interface Smaller {
  readonly kernel: Kernel;
  readonly progress: Progress;
}

function* smallerKernels(kernel: Kernel, from = beginning): Generator<Smaller> {
  const known = names(kernel);
  // The last statement sees what the body declares: they are checked as one.
  for (const { block: b, progress } of smallerBlock({ statements: [...kernel.body.statements, kernel.end] }, from)) {
    const end = b.statements.at(-1);
    if (!end || end.parts[0] !== kernel.end.parts[0] || !closed(b, known)) continue;
    const smaller = finished(kernel.form, { ...kernel, body: { statements: b.statements.slice(0, -1) }, end }, kernel.seed);
    if (isKernel(smaller)) yield { kernel: smaller, progress };
  }
}

/** Kernels that shrink as programs do, not as the numbers they were made of. */
class Kernels extends fc.Arbitrary<Kernel> {
  constructor(private readonly form: KernelForm, private readonly manner: Manner) {
    super();
  }

  override generate(random: fc.Random): fc.Value<Kernel> {
    return new fc.Value(kernelOf(this.form, random.nextInt(0, 2 ** 31 - 1), this.manner), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Kernel {
    return typeof value === 'object' && value !== null && 'body' in value;
  }

  override shrink(kernel: Kernel, from?: unknown): fc.Stream<fc.Value<Kernel>> {
    return fc.stream(smallerKernels(kernel, from as Progress | undefined)).map((s) => new fc.Value(s.kernel, s.progress));
  }
}

export const kernels = (form: KernelForm, manner: Manner = {}): fc.Arbitrary<Kernel> => new Kernels(form, manner);
