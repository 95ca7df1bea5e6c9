/** Numbers that summaries and colours need. */
import type { Values } from './sample.ts';

export function sum(values: Values): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** The value below which the given share of `values` lies; robust against a few extremes. */
export function quantile(values: Values, share: number): number {
  const stride = Math.max(1, Math.floor(values.length / 65536));
  const picked: number[] = [];
  for (let i = 0; i < values.length; i += stride) picked.push(values[i]!);
  picked.sort((a, b) => a - b);
  return picked[Math.min(picked.length - 1, Math.floor(share * picked.length))] ?? 0;
}
