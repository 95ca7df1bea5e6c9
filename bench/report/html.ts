/** Results as a page that needs nothing else: charts as SVG, drawn here, and the table of all numbers. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { PEER_NAMES } from '../contenders.ts';
import { GROUPS, PLAIN_JS } from '../workload.ts';
import { describe } from './markdown.ts';
import { columnOf, comparisons, goalsOf, megabytes, ms, ratioTo, times, type Measured, type Results } from './results.ts';

const OTHERS = [PLAIN_JS, ...PEER_NAMES];
/** The same colour for a library in every chart. */
const COLORS = { domain: OTHERS, range: ['#9498a0', '#efb118', '#4269d0', '#ff725c', '#a463f2', '#3ca951', '#222222'] };

export function html(results: Results): string {
  const { document } = parseHTML('<!DOCTYPE html><html lang="en"><head></head><body></body></html>');
  const plots = charts(results, document as unknown as Document);
  document.head.innerHTML = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weft: benchmarks</title>
    <style>${STYLE}</style>`;
  document.body.innerHTML = `<h1>Weft: benchmarks</h1><p>${escaped(describe(results))}. Medians of interleaved runs; every result was
    checked against plain JavaScript before it was timed.</p>`;
  for (const { title, text, chart } of plots) {
    const section = document.createElement('section');
    section.innerHTML = `<h2>${escaped(title)}</h2><p>${escaped(text)}</p>`;
    section.append(chart as unknown as Node & typeof section);
    document.body.append(section);
  }
  const rest = document.createElement('section');
  rest.innerHTML = `${summary(results)}${goals(results)}${numbers(results)}${overheads(results)}`;
  document.body.append(rest);
  return document.toString();
}

interface Chart { readonly title: string; readonly text: string; readonly chart: Element }

function charts({ measured }: Results, document: Document): Chart[] {
  const ratios = measured.flatMap((m) => OTHERS.flatMap((of) => {
    const ratio = ratioTo(m, columnOf(m, of));
    return ratio === undefined ? [] : [{ workload: labelOf(m), group: m.group, of, ratio }];
  }));
  const found: Chart[] = [];
  if (ratios.length > 0) found.push({
    title: 'How many times as fast Weft is', text: 'Right of 1, Weft is faster. Scales are logarithmic.',
    chart: Plot.plot({
      document, width: 980, marginLeft: 250, height: 60 + 22 * new Set(ratios.map((r) => r.workload)).size,
      x: { type: 'log', grid: true, label: 'time of the other, in times of Weft', tickFormat: (x: number) => `${x}x` },
      y: { label: null, domain: measured.map(labelOf) }, color: { ...COLORS, legend: true },
      marks: [
        Plot.ruleX([1], { strokeWidth: 2 }),
        Plot.dot(ratios, {
          x: 'ratio', y: 'workload', fill: 'of', r: 4.5, title: (d: (typeof ratios)[number]) => `${d.of}: ${times(d.ratio)}`,
        }),
      ],
    }),
  });
  for (const group of GROUPS) {
    const bars = measured.filter((m) => m.group === group).flatMap((m) => m.timings.filter((t) => !t.problem && t.rounds > 0)
      .map((t) => ({ workload: labelOf(m), name: t.name, of: t.of, median: t.median, spread: t.spread })));
    if (bars.length === 0) continue;
    const names = [...new Set(bars.map((b) => b.name))];
    found.push({
      title: group, text: 'Median milliseconds, on a logarithmic scale.',
      chart: Plot.plot({
        document, width: 980, marginLeft: 250, marginRight: 250, x: { type: 'log', grid: true, label: 'ms' },
        y: { label: null, domain: names, axis: null }, fy: { label: null },
        height: 60 + [...new Set(bars.map((b) => b.workload))].length * (14 * names.length + 10),
        color: { domain: [...COLORS.domain, 'weft'], range: [...COLORS.range, '#e31a5b'] },
        marks: [
          Plot.ruleY(bars, { x1: Math.min(...bars.map((b) => b.median)) / 2, x2: 'median', y: 'name', fy: 'workload', stroke: '#ddd' }),
          Plot.dot(bars, { x: 'median', y: 'name', fy: 'workload', fill: 'of', r: 4 }),
          Plot.text(bars, {
            x: 'median', y: 'name', fy: 'workload', dx: 8, textAnchor: 'start', text: (b: (typeof bars)[number]) => `${b.name} ${ms(b.median)}`,
          }),
        ],
      }),
    });
  }
  return found.map((c) => ({ ...c, chart: c.chart }));
}

const labelOf = (m: Measured): string => `${m.name}, ${m.size}`;

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string => {
  const row = (cells: readonly string[], tag: string): string => `<tr>${cells.map((c) => `<${tag}>${escaped(c)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${lines.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
};

const summary = ({ measured }: Results): string => `<h2>Ratios</h2>${table(
  ['Weft against', 'workloads', 'geometric mean', 'worst', 'where'],
  comparisons(measured).map((c) => [c.against, `${c.ratios.length}`, times(c.geometricMean), times(c.worst.ratio), c.worst.id]))}`;

const goals = ({ measured }: Results): string => `<h2>Goals</h2>${table(
  ['workload', 'against', 'ratio', 'goal', ''],
  measured.flatMap((m) => goalsOf(m).map((g) => [m.id, g.against, times(g.ratio), `${g.wanted}x`, g.met ? '✓' : '✗'])))}`;

const numbers = ({ measured }: Results): string => `<h2>All numbers</h2>${table(
  ['workload', 'contender', 'first ms', 'compile ms', 'median ms', 'spread', 'rounds', 'peak MB', 'Weft is faster', ''],
  measured.flatMap((m) => m.timings.map((t) => [
    labelOf(m), t.name, ms(t.first), t.rounds > 0 ? ms(t.compile) : '', ms(t.median),
    Number.isNaN(t.spread) ? '' : `±${(100 * t.spread).toFixed(0)} %`, `${t.rounds}`, megabytes(t.peak), times(ratioTo(m, t)), t.problem ?? '',
  ])))}`;

const overheads = ({ overheads, absent }: Results): string => `<h2>Overheads</h2>${table(
  ['', 'µs'], overheads.map(({ name, microseconds }) => [name, microseconds.toFixed(1)]))}
  ${Object.entries(absent).map(([name, why]) => `<p>Without ${escaped(name)}: ${escaped(why)}</p>`).join('')}`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222; background: white }
  table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
  th, td { padding: 2px 10px; text-align: right; border-bottom: 1px solid #e4e4e4; font-variant-numeric: tabular-nums }
  th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
  svg { max-width: 100%; height: auto }
`;
