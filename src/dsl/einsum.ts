/**
 * Einstein sums: the notation, and the order in which several operands are contracted. Pair by pair, as opt_einsum's greedy
 * search does it (Smith and Gray 2018): the pair with the least work first.
 */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { contractDType, contractPair, type ContractOptions, type Label, type Labelled } from './contract.ts';
import type { DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { type Expr } from './expr.ts';
import { reduceExpr } from './reduce.ts';
import { showShape } from './shape.ts';
import { axis } from './view.ts';
import { transposeView, viewExpr } from './views.ts';

/**
 * Products of arrays, summed over axes: `'ij,jk->ik'` is the product of two matrices. Each operand has a letter for each of
 * its axes; axes of one letter go together, and letters that are not right of the arrow are summed over. Without an arrow the
 * result has the letters that occur once, in alphabetical order. A letter twice in one operand takes the diagonal. `...`
 * stands for any further axes, which broadcast. More than two operands are contracted in pairs, cheapest first.
 *
 * @param subscripts spaces count for nothing
 * @param operands arrays, and at the end options
 * @returns an array with an axis for each letter of the result; narrow integers and bool are added up in 32 bits, wrapping
 * @throws ArgumentError for subscripts that do not fit the operands; ShapeError where axes of one letter have different sizes
 * (a size of 1 goes with any)
 *
 * Accuracy: that of `matmul` for every pair.
 * @example
 * const a = wf.array([[1, 2], [3, 4]]), b = wf.array([[1, 0], [2, 1]]);
 * await wf.einsum('ij,jk->ik', a, b).array(); // [[5, 2], [11, 4]]
 * await wf.einsum('ii', a).item(); // 5
 * await wf.einsum('ij,ij->i', a, b).array(); // [1, 10]
 * await wf.einsum('i,ij,j', [1, 2], a, [1, 1]).item(); // 17
 */
export function einsum(subscripts: string, ...operands: readonly ArrayInput[]): WeftArray;
export function einsum(subscripts: string, ...operandsAndOptions: readonly [...ArrayInput[], ContractOptions]): WeftArray;
export function einsum(subscripts: string, ...rest: readonly (ArrayInput | ContractOptions)[]): WeftArray {
  const last = rest.at(-1);
  const options = isOptions(last) ? last : undefined;
  const operands = (options ? rest.slice(0, -1) : rest) as readonly ArrayInput[];
  return wrap(einsumExpr(subscripts, operands.map((x, k) => arrayNode(x, `einsum: operand ${k}`)), options));
}

const isOptions = (x: ArrayInput | ContractOptions | undefined): x is ContractOptions =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;

export function einsumExpr(subscripts: string, operands: readonly Expr[], options?: ContractOptions): Expr {
  const { terms, out } = parse(subscripts, operands);
  const dtype = contractDType('einsum', operands.map((x) => x.dtype), options);
  checkSizes(terms);
  const diagonals = terms.map(diagonal);
  if (diagonals.length === 1) return single(diagonals[0], out, options?.dtype === undefined ? undefined : dtype);
  const elsewhere = (k: number): Label[] => diagonals.flatMap((o, j) => (j === k ? [] : o.labels));
  let left: readonly Labelled[] = diagonals.map((t, k) => sumAlone(t, [...out, ...elsewhere(k)], dtype));
  while (left.length > 2) left = contractCheapest(left, out, dtype);
  return contractPair(left[0], left[1], out, dtype);
}

// ---- notation ----

interface Parsed {
  readonly terms: readonly Labelled[];
  readonly out: readonly Label[];
}

function parse(subscripts: unknown, operands: readonly Expr[]): Parsed {
  if (typeof subscripts !== 'string') throw new ArgumentError(`einsum: subscripts: expected a text such as 'ij,jk->ik', got ${typeof subscripts}`);
  const text = subscripts.replace(/\s+/g, '');
  const say = (problem: string): never => { throw new ArgumentError(`einsum: '${subscripts}': ${problem}`); };
  const [left, right, ...more] = text.split('->');
  if (more.length > 0) say('more than one arrow');
  const inputs = left.split(',');
  if (inputs.length !== operands.length || operands.length === 0) say(`${inputs.length} ${inputs.length === 1 ? 'term' : 'terms'} for ${operands.length} operands`);
  for (const t of [...inputs, ...right === undefined ? [] : [right]]) {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(t)) say(`'${t}' is not made of letters and at most one '...'`);
  }
  const terms = operands.map((x, k): Labelled => {
    const letters = inputs[k].replace('...', '');
    const rest = x.shape.length - letters.length;
    const open = inputs[k].includes('...');
    if (open ? rest < 0 : rest !== 0) say(`'${inputs[k]}' names ${letters.length} axes${open ? ' at least' : ''}, operand ${k} has shape ${showShape(x.shape)}`);
    return { x, labels: expand(inputs[k], rest) };
  });
  const broadcast = Math.max(0, ...inputs.map((t, k) => (t.includes('...') ? operands[k].shape.length - t.length + 3 : 0)));
  if (right === undefined) return { terms, out: implied(terms, broadcast) };
  const out = expand(right, broadcast);
  const known = new Set(terms.flatMap((t) => t.labels));
  out.forEach((l, k) => {
    if (out.indexOf(l) !== k) say(`the result has '${l}' twice`);
    if (!known.has(l)) say(`the result has '${l}', which no operand has`);
  });
  return { terms, out };
}

/** The labels of a term; `...` is the last `rest` of the broadcast axes. */
const expand = (term: string, rest: number): Label[] => {
  const [before, after] = term.split('...');
  return after === undefined ? [...term] : [...before, ...ellipsis(rest), ...after];
};
const ellipsis = (count: number): Label[] => Array.from({ length: count }, (_, k) => `...${count - k}`);

/** Broadcast axes, then what occurs once. */
function implied(terms: readonly Labelled[], broadcast: number): Label[] {
  const all = terms.flatMap((t) => t.labels).filter((l) => l.length === 1);
  return [...ellipsis(broadcast), ...[...new Set(all)].filter((l) => all.indexOf(l) === all.lastIndexOf(l)).sort()];
}

function checkSizes(terms: readonly Labelled[]): void {
  const seen = new Map<Label, { readonly size: number; readonly operand: number }>();
  terms.forEach(({ x, labels }, operand) => labels.forEach((l, k) => {
    const size = x.shape[k], before = seen.get(l);
    if (size === 1) return;
    if (before && before.size !== size) {
      const where = before.operand === operand ? `in operand ${operand}` : `in operands ${before.operand} and ${operand}`;
      throw new ShapeError(`einsum: axes of '${l}' have sizes ${before.size} and ${size} ${where} ` +
        `(shapes ${terms.map((t) => showShape(t.x.shape)).join(' and ')}); they must be equal, or 1`);
    }
    seen.set(l, { size, operand });
  }));
}

// ---- single operands ----

/** Axes of one label become one: their diagonal. */
function diagonal({ x, labels }: Labelled): Labelled {
  const own = [...new Set(labels)];
  if (own.length === labels.length) return { x, labels };
  const shape = own.map((l) => Math.max(...labels.map((o, k) => (o === l ? x.shape[k] : 0))));
  const maps = labels.map((l, k) => {
    const at = own.indexOf(l);
    return x.shape[k] === shape[at] ? axis(at) : axis(-1);
  });
  return { x: viewExpr(x, maps, shape), labels: own };
}

/** What only one operand has and the result has not can be summed before anything is multiplied. */
function sumAlone({ x, labels }: Labelled, needed: readonly Label[], dtype: DType): Labelled {
  const gone = labels.flatMap((l, k) => (needed.includes(l) ? [] : [k]));
  if (gone.length === 0) return { x, labels };
  return { x: reduceExpr('sum', castExpr(x, dtype), gone, { dtype }), labels: labels.filter((_, k) => !gone.includes(k)) };
}

function single(term: Labelled, out: readonly Label[], dtype: DType | undefined): Expr {
  const gone = term.labels.flatMap((l, k) => (out.includes(l) ? [] : [k]));
  const x = gone.length === 0 ? term.x : reduceExpr('sum', term.x, gone, { dtype });
  const labels = term.labels.filter((_, k) => !gone.includes(k));
  return transposeView(dtype === undefined ? x : castExpr(x, dtype), out.map((l) => labels.indexOf(l)));
}

// ---- order ----

interface Choice {
  readonly i: number;
  readonly j: number;
  readonly kept: readonly Label[];
  readonly work: number;
  readonly left: number;
}

/** Contracts the pair whose product has the fewest points; of equals the pair that leaves the smallest result. */
function contractCheapest(operands: readonly Labelled[], out: readonly Label[], dtype: DType): Labelled[] {
  const sizes = new Map<Label, number>();
  for (const { x, labels } of operands) labels.forEach((l, k) => sizes.set(l, Math.max(sizes.get(l) ?? 0, x.shape[k])));
  const points = (labels: readonly Label[]): number => labels.reduce((n, l) => n * sizes.get(l)!, 1);
  let best: Choice | undefined;
  for (let i = 0; i < operands.length; i++) for (let j = i + 1; j < operands.length; j++) {
    const others = operands.flatMap((o, k) => (k === i || k === j ? [] : o.labels));
    const all = [...new Set([...operands[i].labels, ...operands[j].labels])];
    const kept = all.filter((l) => out.includes(l) || others.includes(l));
    const [work, left] = [points(all), points(kept)];
    if (!best || work < best.work || (work === best.work && left < best.left)) best = { i, j, kept, work, left };
  }
  const { i, j, kept } = best!;
  const made: Labelled = { x: contractPair(operands[i], operands[j], kept, dtype), labels: kept };
  return [...operands.filter((_, k) => k !== i && k !== j), made];
}
