/** Reading a table at an index known at run time only: a tree of selections, one level for each bit of the index. */
import type { Callable } from '../intrinsics.ts';
import { knownNumber, strongly, valueAs, type Site } from '../infer.ts';
import type { Value } from '../ir.ts';
import { tables, type Table } from './tables.ts';

/**
 * Element `index + offset`. The low bits of the index select last, so elements beside each other share what the high bits
 * have selected. An index beyond the table gives some element of it.
 */
function element({ builder }: Site, { values, dtype }: Table, index: Value, offset: number): Value {
  const zero = builder.constant(0, 'int32');
  const select = (bit: number, at: number): Value => {
    if (at + 2 ** bit >= values.length) return builder.constant(values[at], dtype);
    const set = builder.op('ne', [builder.op('bitAnd', [index, builder.constant(2 ** bit, 'int32')]), zero]);
    return builder.op('select', [set, select(bit + 1, at + 2 ** bit), select(bit + 1, at)]);
  };
  return select(0, offset);
}

/** (index, offset = 0) -> the element at their sum; the index is an int32 from 0, the offset a number known here. */
const lookup = (table: Table): Callable => ({
  arity: [1, 2],
  lower: (site, [index, offset]) =>
    strongly(element(site, table, valueAs(site, index, 'int32'), offset ? knownNumber(offset) ?? site.fail('the offset is not known') : 0)),
});

export const tableFunctions: Readonly<Record<string, Callable>> =
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, lookup(table)]));
