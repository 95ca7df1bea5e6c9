/**
 * The body of an `Fn` as WGSL statements: one `let` for each value, in the order of evaluation, so that the text reads
 * like the fused expression. States of loops are variables.
 */
import { InternalError } from '../../errors.ts';
import { blockOf, type Block, type LoadEffect, type LoopStatement, type Statement, type StoreEffect } from '../../dsl/kernel/blocks.ts';
import type { Fn, Value } from '../../dsl/kernel/ir.ts';
import type { Module } from './module.ts';
import type { Statements } from './statements.ts';
import { scalarOf } from './wgsl.ts';

export type Of<K extends Value['kind']> = Value & { readonly kind: K };

/** How leaves and effects are written. What is missing must not occur. Indices and values are names or numbers. */
export interface LeafText {
  read(value: Of<'read'>): string;
  uniform?(value: Of<'uniform'>): string;
  coord?(value: Of<'coord'>): string;
  extent?(value: Of<'extent'>): string;
  inside?(value: Of<'inside'>): string;
  reduced?(value: Of<'reduced'>): string;
  gather?(value: Of<'gather'>, index: readonly string[]): string;
  size?(value: Of<'size'>): string;
  /** The expression of what a load reads. */
  load?(effect: LoadEffect, index: readonly string[]): string;
  /** The statement of a store; `when` is undefined where it always happens. */
  store?(effect: StoreEffect, index: readonly string[], value: string, when: string | undefined): string;
}

/** Writes what `fn` does and the values that its results need. Returns the names of the results. */
export function writeFunction(
  module: Module, fn: Pick<Fn, 'results' | 'effects'>, leaves: LeafText, out: Statements,
): string[] {
  const names = new Map<Value, string>();
  let states = 0;

  const nameOf = (v: Value): string => (v.kind === 'const'
    ? module.constant(v.value, v.dtype)
    : names.get(v) ?? fail(`a ${v.kind} that is used before it is computed`));
  const define = (v: Value, text: string): void => {
    const atom = isAtom(text);
    const name = atom ? text : out.fresh('v');
    if (!atom) out.add(`let ${name}: ${scalarOf(v.dtype)} = ${text};`);
    names.set(v, name);
  };

  const textOf = (v: Value): string => {
    const missing = (): never => fail(`a ${v.kind} where WGSL code has none`);
    switch (v.kind) {
      case 'uniform': return leaves.uniform?.(v) ?? missing();
      case 'read': return leaves.read(v);
      case 'coord': return leaves.coord?.(v) ?? missing();
      case 'extent': return leaves.extent?.(v) ?? missing();
      case 'inside': return leaves.inside?.(v) ?? missing();
      case 'reduced': return leaves.reduced?.(v) ?? missing();
      case 'size': return leaves.size?.(v) ?? missing();
      case 'gather': return leaves.gather?.(v, v.index.map(nameOf)) ?? missing();
      case 'op': return module.op(v, v.args.map(nameOf));
      case 'const': case 'state': case 'after': case 'loaded': return missing();
      default: return v satisfies never;
    }
  };

  const writeBlock = (block: Block): void => block.forEach(writeStatement);

  const writeStatement = (s: Statement): void => {
    switch (s.kind) {
      case 'let': return define(s.value, textOf(s.value));
      case 'branch': return writeBranch(s);
      case 'loop': return writeLoop(s);
      case 'load': {
        const text = leaves.load?.(s.effect, s.effect.index.map(nameOf)) ?? fail('a load where nothing is stored');
        return define(s.effect.value, text);
      }
      case 'store': {
        const { index, value, when } = s.effect;
        if (when.kind === 'const' && !when.value) return;
        const condition = when.kind === 'const' ? undefined : nameOf(when);
        const text = leaves.store?.(s.effect, index.map(nameOf), nameOf(value), condition) ?? fail('a store where nothing is stored');
        return out.add(text);
      }
      default: s satisfies never;
    }
  };

  /** A variable that is set in the arms; an arm that computes nothing is its first value. */
  const writeBranch = ({ value, yes, no }: Statement & { kind: 'branch' }): void => {
    const [test, whenYes, whenNo] = value.args;
    const name = out.fresh('v');
    const condition = nameOf(test), declared = `var ${name}: ${scalarOf(value.dtype)}`;
    const arm = (block: Block, result: Value) => (): void => {
      writeBlock(block);
      out.add(`${name} = ${nameOf(result)};`);
    };
    const simple = no.length === 0 ? whenNo : yes.length === 0 ? whenYes : undefined;
    out.add(simple ? `${declared} = ${nameOf(simple)};` : `${declared};`);
    if (no.length === 0) out.blocks([`if (${condition}) {`, arm(yes, whenYes)]);
    else if (yes.length === 0) out.blocks([`if (!${condition}) {`, arm(no, whenNo)]);
    else out.blocks([`if (${condition}) {`, arm(yes, whenYes)], ['} else {', arm(no, whenNo)]);
    names.set(value, name);
  };

  const writeLoop = ({ loop, states: live, head, body, after }: LoopStatement): void => {
    const variables = live.map((k) => {
      const name = `s${states++}`;
      out.add(`var ${name}: ${scalarOf(loop.states[k].dtype)} = ${nameOf(loop.initial[k])};`);
      return name;
    });
    live.forEach((k, at) => names.set(loop.states[k], variables[at]));
    out.blocks(['loop {', () => {
      writeBlock(head);
      out.add(`if (!${nameOf(loop.test)}) { break; }`);
      writeBlock(body);
      assignTogether(out, variables, live.map((k) => nameOf(loop.next[k])));
    }]);
    for (const v of after) names.set(v, variables[live.indexOf(v.index)]);
  };

  writeBlock(blockOf(fn));
  return fn.results.map(nameOf);
}

/** Sets all variables to their next values at once: none is overwritten while another one still has to be set to it. */
function assignTogether(out: Statements, variables: readonly string[], next: readonly string[]): void {
  let open = variables.map((name, k) => ({ name, value: next[k] })).filter(({ name, value }) => name !== value);
  while (open.length > 0) {
    const ready = open.find(({ name }) => !open.some(({ value }) => value === name));
    if (ready) {
      out.add(`${ready.name} = ${ready.value};`);
      open = open.filter((a) => a !== ready);
      continue;
    }
    // They change places: one of them is kept aside.
    const { name } = open[0], kept = out.fresh('v');
    out.add(`let ${kept} = ${name};`);
    open = open.map((a) => (a.value === name ? { ...a, value: kept } : a));
  }
}

/** A name, a field, a number, or a negated number in parentheses: may stand anywhere without a `let`. */
const isAtom = (text: string): boolean => /^(\(-)?[\w.]+(e-\d+f)?\)?$/.test(text) || text === '(-2147483647i - 1i)';

function fail(message: string): never {
  throw new InternalError(message);
}
