/** A plan as text for Graphviz. */
import { parentsOf, type Frame, type Picture } from './picture.ts';

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
    ...clusters(frames, kernel),
  ];
  return ['digraph plan {', ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/** A kernel is named in the innermost of its clusters, which lie in each other. */
function clusters(frames: readonly Frame[], kernel: (k: number) => string): string[] {
  const parents = parentsOf(frames);
  const taken = new Set<number>();
  const inside = frames.map(() => [] as string[]);
  const outermost: string[] = [];
  frames.forEach(({ first, last, label }, n) => {
    for (let k = first; k <= last; k++) {
      if (!taken.has(k)) inside[n].push(`${kernel(k)};`);
      taken.add(k);
    }
    const text = `subgraph cluster${n + 1} { label=${quote(label)}; style=dashed; ${inside[n].join(' ')} }`;
    const parent = parents[n];
    (parent === undefined ? outermost : inside[parent]).push(text);
  });
  return outermost;
}

const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
