/** What a well-formed function looks like. Tests check it after every pass. */
import { InternalError } from '../../errors.ts';
import { resultOf } from '../ops.ts';
import type { Effect, Fn, Loop } from './ir.ts';
import { valuesIn } from './walk.ts';

/** Checks that a function is well typed and only uses what it declares. Throws InternalError. */
export function validateFn(fn: Fn): void {
  const wrong = (problem: string): never => fail(`${fn.name}: ${problem}`);
  for (const v of valuesIn(fn)) {
    if (v.kind === 'op') {
      const typed = resultOf(v.op, v.args.map((a) => a.dtype), v.dtype);
      if ('problem' in typed) wrong(typed.problem);
      else if (typed.dtype !== v.dtype) wrong(`${v.op} gives ${typed.dtype}, labelled ${v.dtype}`);
    }
    if (v.kind === 'read' || v.kind === 'gather') {
      const slot = fn.inputs[v.input] ?? wrong(`reads input ${v.input} of ${fn.inputs.length}`);
      if (slot.dtype !== v.dtype) wrong(`input ${slot.name} is ${slot.dtype}, read as ${v.dtype}`);
      if (slot.whole !== (v.kind === 'gather' ? v.index.length : undefined)) wrong(`input ${slot.name} is not read as it is declared`);
    }
    if (v.kind === 'gather' && v.index.some((i) => i.dtype !== 'int32')) wrong('an index that is no int32');
    if (v.kind === 'size' && !((fn[`${v.of}s`][v.array]?.whole ?? 0) > v.axis)) wrong(`axis ${v.axis} of ${v.of} ${v.array}`);
    if (v.kind === 'uniform' && fn.uniforms[v.index]?.dtype !== v.dtype) wrong(`uniform ${v.index} is not declared as ${v.dtype}`);
    if ((v.kind === 'coord' || v.kind === 'extent') && v.axis >= fn.rank) wrong(`axis ${v.axis} of rank ${fn.rank}`);
    if (v.kind === 'after') validateLoop(v.loop, wrong);
    const at = 'at' in v ? v.at : undefined;
    for (let p = at; p; p = p.base) if (p.offset.length !== fn.rank) wrong(`a point of rank ${p.offset.length} in rank ${fn.rank}`);
  }
  validateEffects(fn, fn.effects, wrong);
}

function validateLoop(l: Loop, wrong: (problem: string) => never): void {
  if (l.test.dtype !== 'bool') wrong(`a loop that tests ${l.test.dtype}`);
  if (l.initial.length !== l.states.length || l.next.length !== l.states.length) wrong('a loop whose states do not match');
  l.states.forEach((s, k) => {
    if (s.dtype !== l.initial[k].dtype || s.dtype !== l.next[k].dtype) wrong(`a loop state of ${s.dtype} set to ${l.initial[k].dtype}, ${l.next[k].dtype}`);
  });
}

function validateEffects(fn: Fn, effects: readonly Effect[], wrong: (problem: string) => never): void {
  for (const e of effects) {
    if (e.kind === 'loop') {
      validateLoop(e.loop, wrong);
      validateEffects(fn, e.loop.effects, wrong);
      continue;
    }
    const slot = fn.outputs[e.output] ?? wrong(`output ${e.output} of ${fn.outputs.length}`);
    if (slot.dtype !== e.value.dtype || slot.whole !== e.index.length) wrong(`output ${slot.name} is not used as it is declared`);
    if (e.kind === 'store' && e.when.dtype !== 'bool') wrong('a store under a condition that is no bool');
  }
}

function fail(message: string): never {
  throw new InternalError(message);
}
