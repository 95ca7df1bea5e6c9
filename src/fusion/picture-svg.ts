/** A plan as a picture: an SVG document that needs nothing from outside. */
import { labelOf, layoutOf, size, type Label, type Rect, type Wire } from './picture-layout.ts';
import type { Box, Picture, Pill } from './picture.ts';

export function svgOf(picture: Picture): string {
  const { width, height, boxes, inputs, results, frames, wires, labels } = layoutOf(picture);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${style}</style>`,
    `<defs>${arrowHead}</defs>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text({ x: 16, y: 24, text: picture.title }, 'title'),
    ...picture.frames.map((f, k) => frame(frames[k], labelOf(f, frames[k]))),
    ...wires.map(wire),
    ...picture.boxes.map((b, k) => kernel(b, boxes[k])),
    ...picture.inputs.map((p, k) => array(p, inputs[k], '#eef6ee')),
    ...picture.results.map((p, k) => array(p, results[k], '#eef2fb')),
    ...labels.map((l) => text(l, 'edge')),
    '</svg>',
  ].join('\n');
}

const style = 'text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#222}.title,.heading{font-weight:600}'
  + '.details,.edge{font-size:11px;fill:#555}.edge{paint-order:stroke;stroke:#fff;stroke-width:3px}';

const arrowHead = '<marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
  + '<path d="M0 0L8 4L0 8z" fill="#555"/></marker>';

const round = (n: number): string => String(Math.round(n * 10) / 10);
const escape = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

const text = (l: Label, kind: string): string =>
  `<text class="${kind}" x="${round(l.x)}" y="${round(l.y)}">${escape(l.text)}</text>`;

const rect = ({ x, y, width, height }: Rect, more: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${more}/>`;

const wire = (points: Wire): string =>
  `<path class="buffer" d="M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}" fill="none" stroke="#555" marker-end="url(#to)"/>`;

const frame = (at: Rect, label: Label): string =>
  `<g class="frame">${rect(at, 'rx="8" fill="none" stroke="#888" stroke-dasharray="5 4"')}${text(label, 'details')}</g>`;

/** The more of the time, the warmer. */
function kernel({ share, expression }: Box, at: Rect & { readonly lines: readonly string[] }): string {
  const kind = (n: number): string => (n === 0 ? 'heading' : n === at.lines.length - 1 ? 'details' : 'expression');
  const lines = at.lines.map((line, n) =>
    text({ x: at.x + size.pad, y: at.y + size.pad + size.line * (n + 0.6), text: line }, kind(n)));
  return `<g class="kernel"><title>${escape(expression)}</title>`
    + `${rect(at, `rx="4" fill="hsl(36, 90%, ${round(98 - 22 * share)}%)" stroke="#444"`)}${lines.join('')}</g>`;
}

function array({ name, details }: Pill, at: Rect, fill: string): string {
  const x = at.x + size.pad;
  return `<g class="array">${rect(at, `rx="14" fill="${fill}" stroke="#777"`)}`
    + `${text({ x, y: at.y + 13, text: name }, 'heading')}${text({ x, y: at.y + 26, text: details }, 'details')}</g>`;
}
