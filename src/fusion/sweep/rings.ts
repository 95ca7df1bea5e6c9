/**
 * Which windows may be rings. A unit that is a row or a plane has its own address in each row pointer, so it can be anywhere:
 * where all that touch a window go by rows, units can come round in it, and there can be units beyond the ends of the array.
 */
import { valuesOf } from '../../dsl/kernel/walk.ts';
import type { Launch, Private, Sweep } from '../kernel.ts';
import { cutOf, isAligned, type Cut, type Units } from './window.ts';

/** Whether the window of a private slot may be a ring. */
export function isRing({ slot, producer, consumers }: Private, sweep: Sweep): boolean {
  return [producer, ...consumers.map((c) => c.stage)].every((s) => {
    const { launch, units } = sweep.stages[s];
    const cut = rowCut(launch, { batch: sweep.batch, units });
    if (!cut) return false;
    const written = launch.outputs.every((o, k) => o !== slot || launch.kernel.outputs[k].from === 'body');
    const read = launch.inputs.every((x, k) => x.slot !== slot || (x.offset === 0 && !isReadAtEnd(launch, k)));
    return written && read;
  });
}

/** Where the units of a launch are, if they are rows or planes. */
export function rowCut({ domain }: Launch, units: Units): Cut | undefined {
  const cut = cutOf(domain, units);
  return cut && cut.axis < domain.length - 1 && isAligned(domain, cut, units) ? cut : undefined;
}

const isReadAtEnd = ({ kernel: { reduction } }: Launch, input: number): boolean =>
  reduction !== undefined && valuesOf(reduction.epilogue.results).some((v) => v.kind === 'read' && v.input === input);
