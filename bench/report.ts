/** Results for people and for programs. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import Table from 'cli-table3';
import type { Overhead } from './dispatch.ts';
import type { Timing } from './measure.ts';
import type { Workload } from './workload.ts';

export interface Measured { readonly workload: Workload; readonly timings: readonly Timing[] }

export interface Report {
  readonly threads: number;
  readonly measured: readonly Measured[];
  readonly dispatch: readonly Overhead[];
  readonly absent: Readonly<Record<string, string>>;
}

export const machine = (): string => `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${process.platform}`;

/** Plain JS over this: how many times as fast. */
const speedup = ({ timings }: Measured, t: Timing): number => timings[0].median / t.median;

/** The goals were set for two threads; Weft's first row is the one that has to meet them. */
function goalOf(measured: Measured, t: Timing): string {
  const { goal } = measured.workload;
  if (!goal || t !== measured.timings[1]) return '';
  return `${goal}x ${speedup(measured, t) >= goal ? '✓' : '✗'}`;
}

export function printTable(measured: readonly Measured[]): void {
  const table = new Table({
    head: ['workload', 'contender', 'first ms', 'median ms', 'min ms', 'against plain JS', 'goal'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }, style: { head: [], border: [] },
  });
  for (const m of measured) {
    m.timings.forEach((t, k) => table.push([
      k === 0 ? m.workload.name : k === 1 ? `  ${m.workload.size}` : '', t.name, ms(t.first),
      ...(t.problem ? ['-', '-', '-', t.problem] : [ms(t.median), ms(t.min), `${speedup(m, t).toFixed(2)}x`, goalOf(m, t)]),
    ]));
  }
  console.log(table.toString());
}

const ms = (time: number): string => (Number.isNaN(time) ? '-' : time.toFixed(time < 10 ? 2 : 1));

export function printDispatch(overheads: readonly Overhead[]): void {
  for (const { name, microseconds } of overheads) console.log(`${name}: ${microseconds.toFixed(1)} µs`);
}

export function writeJson(file: string, { threads, measured, dispatch, absent }: Report): void {
  const contents = {
    date: new Date().toISOString(), node: process.version, machine: machine(), memory: totalmem(), threads, absent, dispatch,
    workloads: measured.map((m) => ({
      id: m.workload.id, name: m.workload.name, size: m.workload.size, goal: m.workload.goal,
      contenders: m.timings.map((t) => ({ ...t, againstPlainJs: t.problem ? undefined : speedup(m, t) })),
    })),
  };
  writeFileSync(file, `${JSON.stringify(contents, undefined, 2)}\n`);
  console.log(`results written to ${file}`);
}
