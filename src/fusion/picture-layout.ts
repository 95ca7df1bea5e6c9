/**
 * Where everything in the picture of a plan is. Kernels stand below each other as they run, what they read from outside at
 * their left, results at their right. A buffer goes straight down to the next kernel, and by a lane at the right to others.
 */
import { parentsOf, type Box, type Edge, type Frame, type Picture, type Pill } from './picture.ts';

/** In pixels: a character, a line of text, and the distances between things. */
export const size = { character: 7.3, line: 16, pad: 10, pill: 32 } as const;
const GAP = 40, PORT = 20, LANE = 14, FRAME = 22, MARGIN = 16, TOP = 40, ROW = size.pill + 8;
/** Characters of a line of an expression. */
const WRAP = 56;

export interface Rect { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export interface Label { readonly x: number; readonly y: number; readonly text: string }
export type Wire = readonly (readonly [x: number, y: number])[];

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly (Rect & { readonly lines: readonly string[] })[];
  readonly inputs: readonly Rect[];
  readonly results: readonly Rect[];
  readonly frames: readonly Rect[];
  readonly wires: readonly Wire[];
  readonly labels: readonly Label[];
}

/** A buffer that goes by a lane. */
interface Lane {
  readonly key: string;
  readonly from: number;
  readonly to: readonly number[];
  readonly label: string;
}

/** Names of the places where wires meet the sides of a box, from top to bottom. */
interface Ports { readonly left: readonly string[]; readonly right: readonly string[] }

export function layoutOf(picture: Picture): Layout {
  const { inputs, results, title } = picture;
  const { straight, lanes } = route(picture.edges);
  const columns = columnsOf(lanes);
  const depths = depthsOf(picture.frames);
  const ports = picture.boxes.map((_, k) => portsOf(k, picture, lanes));
  const lines = picture.boxes.map(linesOf);

  // From left to right: inputs, the lanes of those that are read several times, kernels, lanes, results.
  const shared = inputs.filter((p) => p.kernels.length > 1);
  const inputWidth = widthOf(inputs.map(linesOfPill)), resultWidth = widthOf(results.map(linesOfPill));
  const left = MARGIN + (inputs.length > 0 ? inputWidth + 30 + LANE * shared.length : 0);
  const width = Math.max(160, widthOf(lines));
  const right = left + width;
  const firstLane = right + 16 + widthOf(lanes.map((l) => [l.label])) - 2 * size.pad;
  const resultX = (lanes.length > 0 ? firstLane + LANE * (Math.max(...columns) + 1) : right) + 30;
  const boxes = stack(lines, ports, picture).map((b) => ({ ...b, x: left, width }));

  const portAt = (k: number, side: keyof Ports, name: string): number =>
    boxes[k].y + (boxes[k].height * (ports[k][side].indexOf(name) + 1)) / (ports[k][side].length + 1);
  const wires: Wire[] = [];
  const labels: Label[] = [];
  const pills = (list: readonly Pill[], home: (p: Pill) => number, x: number, own: number): Rect[] => {
    const rows = new Map<number, number>();
    return list.map((p) => {
      const at = home(p), row = rows.get(at) ?? 0;
      rows.set(at, row + 1);
      return { x, y: boxes[at].y + row * ROW, width: own, height: size.pill };
    });
  };
  const inputRects = pills(inputs, firstOf, MARGIN, inputWidth);
  const resultRects = pills(results, lastOf, resultX, resultWidth);

  inputs.forEach((p, k) => {
    const { x, y, width: own, height } = inputRects[k];
    const turn = p.kernels.length > 1 ? left - 14 - LANE * (shared.indexOf(p) + 1) : left - 12;
    for (const to of p.kernels) wires.push(bend([x + own, y + height / 2], turn, [left, portAt(to, 'left', p.name)]));
  });
  for (const e of straight) {
    const x = left + width / 2, from = boxes[e.from].y + boxes[e.from].height;
    wires.push([[x, from], [x, boxes[e.to].y]]);
    labels.push({ x: x + 8, y: from + 18, text: e.label });
  }
  lanes.forEach((l, k) => {
    const from = portAt(l.from, 'right', l.key);
    for (const to of l.to) wires.push(bend([right, from], firstLane + LANE * columns[k], [right, portAt(to, 'right', reading(l.key))]));
    labels.push({ x: right + 10, y: from - 4, text: l.label });
  });
  results.forEach((p, k) => {
    const { x, y, height } = resultRects[k];
    if (p.kernels.length > 0) wires.push(bend([right, portAt(lastOf(p), 'right', giving(p))], x - 12, [x, y + height / 2]));
  });

  const rects = [...boxes, ...inputRects, ...resultRects];
  return {
    boxes, inputs: inputRects, results: resultRects, wires, labels,
    frames: picture.frames.map((f, k) => around(boxes[f.first], boxes[f.last], depths[k])),
    width: Math.ceil(Math.max(MARGIN + title.length * size.character, ...rects.map((r) => r.x + r.width)) + MARGIN),
    height: Math.ceil(Math.max(TOP, ...rects.map((r) => r.y + r.height)) + FRAME),
  };
}

/** Arrays that no kernel reads or writes stand beside the first one. */
const firstOf = ({ kernels }: Pill): number => (kernels.length > 0 ? Math.min(...kernels) : 0);
const lastOf = ({ kernels }: Pill): number => kernels.at(-1) ?? 0;

/** Across to `x`, along it, and across again. */
const bend = ([x0, y0]: Wire[number], x: number, [x1, y1]: Wire[number]): Wire => [[x0, y0], [x, y0], [x, y1], [x1, y1]];

/** Edges to the next kernel are straight, several of a pair in one; the others go by lanes, a lane for each buffer. */
function route(edges: readonly Edge[]): { readonly straight: readonly Edge[]; readonly lanes: readonly Lane[] } {
  const straight = new Map<number, Edge>();
  const lanes = new Map<string, Lane>();
  for (const e of edges) {
    if (e.to === e.from + 1) {
      const before = straight.get(e.from);
      straight.set(e.from, before ? { ...before, label: `${before.label}, ${e.label}` } : e);
    } else {
      const key = `${e.buffer}:${e.from}`;
      lanes.set(key, { key, from: e.from, label: e.label, to: [...lanes.get(key)?.to ?? [], e.to] });
    }
  }
  return { straight: [...straight.values()], lanes: [...lanes.values()] };
}

/** The column of every lane: lanes that pass the same kernel are beside each other. */
function columnsOf(lanes: readonly Lane[]): number[] {
  const columns: { first: number; last: number }[][] = [];
  return lanes.map(({ from, to }) => {
    const span = { first: Math.min(from, ...to), last: Math.max(from, ...to) };
    const free = columns.findIndex((c) => c.every((s) => s.last < span.first || span.last < s.first));
    const column = free >= 0 ? free : columns.push([]) - 1;
    columns[column].push(span);
    return column;
  });
}

const reading = (key: string): string => `${key} read`;
const giving = (p: Pill): string => `result ${p.name}`;

const portsOf = (k: number, { inputs, results }: Picture, lanes: readonly Lane[]): Ports => ({
  left: inputs.filter((p) => p.kernels.includes(k)).map((p) => p.name),
  right: [
    ...lanes.filter((l) => l.to.includes(k)).map((l) => reading(l.key)),
    ...results.filter((p) => p.kernels.length > 0 && lastOf(p) === k).map(giving),
    ...lanes.filter((l) => l.from === k).map((l) => l.key),
  ],
});

/** Boxes below each other, with room for their text, their ports and the arrays beside them. */
function stack(
  lines: readonly (readonly string[])[], ports: readonly Ports[], { inputs, results, frames }: Picture,
): (Pick<Rect, 'y' | 'height'> & { readonly lines: readonly string[] })[] {
  let next = TOP;
  return lines.map((own, k) => {
    const y = next + FRAME * frames.filter((f) => f.first === k).length;
    const sides = Math.max(ports[k].left.length, ports[k].right.length);
    const height = Math.max(own.length * size.line + size.pad, PORT * (sides + 1));
    const pills = Math.max(inputs.filter((p) => firstOf(p) === k).length, results.filter((p) => lastOf(p) === k).length);
    next = y + Math.max(height, pills * ROW) + GAP + (FRAME / 2) * frames.filter((f) => f.last === k).length;
    return { y, height, lines: own };
  });
}

/** How many frames lie in a frame, one in the other. */
function depthsOf(frames: readonly Frame[]): number[] {
  const depths = frames.map(() => 0);
  parentsOf(frames).forEach((parent, k) => {
    if (parent !== undefined) depths[parent] = Math.max(depths[parent], depths[k] + 1);
  });
  return depths;
}

function around(first: Rect, last: Rect, depth: number): Rect {
  const side = 8 + 6 * depth, above = FRAME * (depth + 1) - 4;
  const top = first.y - above;
  return { x: first.x - side, y: top, width: first.width + 2 * side, height: last.y + last.height + side - top };
}

const linesOf = (b: Box): string[] => [b.heading, ...wrap(b.expression), b.details];
const linesOfPill = (p: Pill): string[] => [p.name, p.details];
const widthOf = (lists: readonly (readonly string[])[]): number =>
  2 * size.pad + size.character * Math.max(0, ...lists.flat().map((t) => t.length));

/** At spaces where there are some. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  for (let rest = line; rest !== '';) {
    const space = rest.lastIndexOf(' ', WRAP);
    const cut = rest.length <= WRAP ? rest.length : space > WRAP / 3 ? space : WRAP;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return lines;
}

/** The label of a frame stands in its upper left corner. */
export const labelOf = ({ label }: Frame, { x, y }: Rect): Label => ({ x: x + 8, y: y + 13, text: label });
