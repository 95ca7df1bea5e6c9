/** A plan as text for Graphviz. */
import type { Frame, Picture } from './picture.ts';

export function dotOf({ title, boxes, inputs, results, edges, frames }: Picture): string {
  const kernel = (k: number): string => `kernel${k + 1}`;
  const lines = [
    `label=${quote(title)}; labelloc=t; fontname="monospace";`,
    'node [fontname="monospace", fontsize=11]; edge [fontname="monospace", fontsize=10];',
    ...boxes.map((b, k) => `${kernel(k)} [shape=box, label=${quote(`${b.heading}\n${b.expression}\n${b.details}`)}];`),
    ...inputs.map((p, k) => `input${k + 1} [shape=ellipse, label=${quote(`${p.name}\n${p.details}`)}];`),
    ...results.map((p, k) => `result${k + 1} [shape=ellipse, style=bold, label=${quote(`${p.name}\n${p.details}`)}];`),
    ...inputs.flatMap((p, k) => p.kernels.map((to) => `input${k + 1} -> ${kernel(to)};`)),
    ...edges.map((e) => `${kernel(e.from)} -> ${kernel(e.to)} [label=${quote(e.label)}];`),
    ...results.flatMap((p, k) => p.kernels.map((from) => `${kernel(from)} -> result${k + 1};`)),
    ...clusters(frames).map(({ frame, kernels }, n) =>
      `subgraph cluster${n + 1} { label=${quote(frame.label)}; style=dashed; ${kernels.map((k) => `${kernel(k)};`).join(' ')} }`),
  ];
  return ['digraph plan {', ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/** Graphviz draws a node in one cluster: the innermost. */
function clusters(frames: readonly Frame[]): { frame: Frame; kernels: number[] }[] {
  const taken = new Set<number>();
  return frames.map((frame) => {
    const kernels = Array.from({ length: frame.last - frame.first + 1 }, (_, k) => frame.first + k).filter((k) => !taken.has(k));
    kernels.forEach((k) => taken.add(k));
    return { frame, kernels };
  });
}

const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
