/** Curves over one axis, drawn over each other. */
import type { Picture, Values } from './sample.ts';

export interface Curve {
  readonly values: Values;
  readonly color: readonly [red: number, green: number, blue: number];
  /** In pixels. */
  readonly thickness: number;
}

const WIDTH = 1200;
const HEIGHT = 420;
const MARGIN = 24;
const GROUND = [22, 26, 34] as const;

/** The curves as antialiased lines on one scale, dark behind them. */
export function plot(curves: readonly Curve[]): Picture {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = GROUND[i % 3]!;
  const all = curves.flatMap(({ values }) => Array.from(values));
  const low = Math.min(...all);
  const high = Math.max(...all);
  for (const { values, color, thickness } of curves) {
    const x = (i: number): number => MARGIN + ((WIDTH - 2 * MARGIN) * i) / (values.length - 1);
    const y = (i: number): number => HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (values[i]! - low)) / (high - low || 1);
    const cover = new Float32Array(WIDTH * HEIGHT);
    for (let i = 1; i < values.length; i++) addSegment(cover, x(i - 1), y(i - 1), x(i), y(i), thickness / 2);
    for (let at = 0; at < cover.length; at++) {
      for (let c = 0; c < 3; c++) rgb[3 * at + c] = rgb[3 * at + c]! + (color[c]! - rgb[3 * at + c]!) * cover[at]!;
    }
  }
  return { width: WIDTH, height: HEIGHT, rgb };
}

/** Marks how much of each pixel lies within `radius` of the line from (x0, y0) to (x1, y1). */
function addSegment(cover: Float32Array, x0: number, y0: number, x1: number, y1: number, radius: number): void {
  const reach = Math.ceil(radius + 1);
  const length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  for (let y = Math.max(0, Math.floor(Math.min(y0, y1)) - reach); y <= Math.min(HEIGHT - 1, Math.max(y0, y1) + reach); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(x0, x1)) - reach); x <= Math.min(WIDTH - 1, Math.max(x0, x1) + reach); x++) {
      const along = Math.min(1, Math.max(0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / (length2 || 1)));
      const distance = Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
      const share = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const at = y * WIDTH + x;
      cover[at] = Math.max(cover[at]!, share);
    }
  }
}
