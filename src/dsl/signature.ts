/** Layout signatures of generalised ufuncs: `(m,n),(n)->(m)`. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { showShape, type Shape } from './shape.ts';

/** A dimension: a name that stands for one size, or the size itself. */
export type Dimension = string | number;

export interface Signature {
  readonly text: string;
  readonly inputs: readonly (readonly Dimension[])[];
  readonly outputs: readonly (readonly Dimension[])[];
}

const hint = "write it like '(m,n),(n)->(m)', with () for a scalar";

export function parseSignature(text: unknown): Signature {
  if (typeof text !== 'string') throw new ArgumentError(`guvectorize: the signature must be a string, got ${typeof text}; ${hint}`);
  const sides = text.replace(/\s+/g, '').split('->');
  if (sides.length !== 2) throw new ArgumentError(`guvectorize: the signature '${text}' has no '->'; ${hint}`);
  const [inputs, outputs] = sides.map((side) => parseSide(text, side));
  const known = new Set(inputs.flat());
  for (const d of outputs.flat()) {
    if (typeof d === 'string' && !known.has(d)) throw new ArgumentError(`guvectorize: '${d}' in the outputs of '${text}' is no dimension of an input; give its size as a number`);
  }
  return { text, inputs, outputs };
}

function parseSide(text: string, side: string): Dimension[][] {
  if (!/^\([\w,]*\)(,\([\w,]*\))*$/.test(side)) throw new ArgumentError(`guvectorize: cannot read '${side}' in the signature '${text}'; ${hint}`);
  return side.slice(1, -1).split('),(').map((part) => (part === '' ? [] : part.split(',').map((d): Dimension => {
    if (/^\d+$/.test(d)) return Number(d);
    if (/^[A-Za-z_]\w*$/.test(d)) return d;
    throw new ArgumentError(`guvectorize: '${d}' in the signature '${text}' is neither a name nor a size; ${hint}`);
  })));
}

/** The sizes that names stand for, given the shapes of the inputs. */
export function resolveDimensions(
  { text, inputs }: Signature, shapes: readonly Shape[], names: readonly string[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, { readonly size: number; readonly from: string }>();
  inputs.forEach((dims, k) => {
    const shape = shapes[k];
    if (shape.length < dims.length) throw new ShapeError(`guvectorize: ${names[k]} has shape ${showShape(shape)}, the signature '${text}' asks for at least ${dims.length} axes`);
    const core = shape.slice(shape.length - dims.length);
    dims.forEach((d, j) => {
      const known = typeof d === 'number' ? { size: d, from: 'the signature' } : sizes.get(d);
      if (known && known.size !== core[j]) {
        throw new ShapeError(`guvectorize: dimension ${d} of '${text}' is ${known.size} in ${known.from} and ${core[j]} in ${names[k]} (shape ${showShape(shape)})`);
      }
      if (typeof d === 'string' && !known) sizes.set(d, { size: core[j], from: names[k] });
    });
  });
  return new Map([...sizes].map(([name, { size }]) => [name, size]));
}
