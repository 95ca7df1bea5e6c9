/** What a run found out, and what reports say about it. */
import { availableParallelism, cpus } from 'node:os';
import { JS_PEERS, PEER_NAMES, WEFT_CPU } from '../contenders.ts';
import type { Overhead } from '../dispatch.ts';
import type { Timing } from '../measure.ts';
import { PLAIN_JS, type Group } from '../workload.ts';

export interface Measured {
  readonly id: string;
  readonly group: Group;
  readonly name: string;
  readonly size: string;
  readonly goals: Readonly<Record<string, number>>;
  readonly timings: readonly (Timing & { readonly peak?: number })[];
}

export interface Results {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly threads: number;
  readonly seconds: number;
  readonly measured: readonly Measured[];
  readonly overheads: readonly Overhead[];
  readonly absent: Readonly<Record<string, string>>;
}

export const machine = (): string => `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, ${process.platform}`;

/** The timing of a contender by its name, if it finished with the right results. */
export const timingOf = ({ timings }: Measured, name: string): Timing | undefined =>
  timings.find((t) => t.name === name && !t.problem && !Number.isNaN(t.median));

/** That of a library by the name of its column; its first contender counts. */
export const columnOf = ({ timings }: Measured, of: string): Timing | undefined =>
  timings.find((t) => t.of === of && !t.problem && !Number.isNaN(t.median));

/** How many times as long as Weft another one takes: above 1 where Weft is faster. */
export function ratioTo(m: Measured, other: Timing | undefined): number | undefined {
  const weft = timingOf(m, WEFT_CPU);
  return weft && other ? other.median / weft.median : undefined;
}

/** The fastest of the libraries for JavaScript. */
export function bestJsPeer(m: Measured): Timing | undefined {
  const found = JS_PEERS.flatMap((of) => columnOf(m, of) ?? []);
  return found.length > 0 ? found.reduce((a, b) => (b.median < a.median ? b : a)) : undefined;
}

export interface Comparison {
  readonly against: string;
  /** By workload. */
  readonly ratios: readonly { readonly id: string; readonly ratio: number }[];
  readonly geometricMean: number;
  readonly worst: { readonly id: string; readonly ratio: number };
}

const OPPONENTS: Readonly<Record<string, (m: Measured) => Timing | undefined>> = {
  [PLAIN_JS]: (m) => columnOf(m, PLAIN_JS),
  ...Object.fromEntries(PEER_NAMES.map((of) => [of, (m: Measured) => columnOf(m, of)])),
  'the best of the libraries for JavaScript': bestJsPeer,
};

/** Weft against everybody, over the workloads that both finished. */
export function comparisons(measured: readonly Measured[]): Comparison[] {
  return Object.entries(OPPONENTS).flatMap(([against, opponent]) => {
    const ratios = measured.flatMap((m) => {
      const ratio = ratioTo(m, opponent(m));
      return ratio === undefined ? [] : [{ id: m.id, ratio }];
    });
    if (ratios.length === 0) return [];
    const geometricMean = Math.exp(ratios.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / ratios.length);
    return [{ against, ratios, geometricMean, worst: ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a)) }];
  });
}

export interface Goal { readonly against: string; readonly wanted: number; readonly ratio: number; readonly met: boolean }

/** Of those that could be measured. */
export const goalsOf = (m: Measured): Goal[] => Object.entries(m.goals).flatMap(([against, wanted]) => {
  const ratio = ratioTo(m, timingOf(m, against));
  return ratio === undefined ? [] : [{ against, wanted, ratio, met: ratio >= wanted }];
});

export const ms = (time: number | undefined): string =>
  (time === undefined || Number.isNaN(time) ? '' : time < 10 ? time.toFixed(2) : time < 100 ? time.toFixed(1) : time.toFixed(0));

export const times = (ratio: number | undefined): string =>
  (ratio === undefined ? '' : `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}x`);

export const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(0));
