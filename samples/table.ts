/** The table at the end. */
import Table from 'cli-table3';
import type { Difference } from './compare.ts';
import type { Target } from './sample.ts';

export interface Row {
  readonly sample: string;
  readonly target: Target;
  readonly size: string;
  /** Best of the warm runs, and the first run with everything that has to be compiled and started. */
  readonly bestMs: number;
  readonly firstMs: number;
  readonly plainMs: number;
  readonly fromPlain: Difference;
  /** Against the other target at the same size, where both ran. */
  readonly fromOther: Difference | null;
}

export function renderTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['sample', 'target', 'size', 'best', 'first', 'plain JS', 'speed', 'off plain JS', 'off other target'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: process.stdout.isTTY ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }, // a line under the head only
  });
  rows.forEach((row, i) => {
    table.push([
      rows[i - 1]?.sample === row.sample ? '' : row.sample,
      row.target,
      row.size,
      milliseconds(row.bestMs),
      milliseconds(row.firstMs),
      milliseconds(row.plainMs),
      speed(row.plainMs / row.bestMs),
      difference(row.fromPlain),
      row.fromOther === null ? '' : difference(row.fromOther),
    ]);
  });
  return table.toString();
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function difference({ text, acceptable }: Difference): string {
  return acceptable ? text : `${text} (too much)`;
}

function speed(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} x`;
}
