/** Texts that are equal for equal graphs: the identity of functions and of loops. */
import type { Effect, Loop, Point, Value } from './ir.ts';
import { bottomUp, chained } from './walk.ts';

const pointText = (p: Point | undefined): string =>
  p ? `${pointText(p.base)}[${p.offset.map((o, k) => o + (p.edge[k] === 'none' ? '' : p.edge[k])).join()}]` : '';

/**
 * A text that is equal for equal graphs: values numbered in the order of `valuesOf`, loops and loads in the order in which
 * they appear. `known` gives the text of values that are not looked into.
 */
export function keyOf(results: readonly Value[], effects: readonly Effect[], known?: (v: Value) => string | undefined): string {
  const number = new Map<Value, number>();
  const loops = new Map<number, number>();
  const loads = new Map<number, number>();
  const lines: string[] = [];
  const place = <K>(map: Map<K, number>, key: K): number => {
    let at = map.get(key);
    if (at === undefined) map.set(key, (at = map.size));
    return at;
  };
  const list = (values: readonly Value[]): string => values.map(visit).join();
  const visit = (v: Value): number => {
    const found = number.get(v);
    if (found !== undefined) return found;
    bottomUp(v, (o) => number.has(o), (o) => {
      const text = known?.(o) ?? line(o);
      number.set(o, lines.length);
      lines.push(text);
    }, (o) => (known?.(o) === undefined ? chained(o) : []));
    return number.get(v)!;
  };
  const line = (v: Value): string => {
    switch (v.kind) {
      case 'const': return `${v.dtype}:${Object.is(v.value, -0) ? '-0' : v.value}`;
      case 'uniform': return `u${v.index}:${v.dtype}`;
      case 'read': return `r${v.input}${pointText(v.at)}`;
      case 'coord': return `x${v.axis}${pointText(v.at)}`;
      case 'extent': return `n${v.axis}`;
      case 'inside': return `in${v.lo.join()}:${v.hi.join()}${pointText(v.at)}`;
      case 'reduced': return `R${v.index}`;
      case 'gather': return `g${v.input}(${list(v.index)})`;
      case 'size': return `s${v.of}${v.array}.${v.axis}`;
      case 'state': return `S${place(loops, v.loop)}.${v.index}:${v.dtype}`;
      case 'loaded': return `D${place(loads, v.load)}:${v.dtype}`;
      case 'after': return `${loopText(v.loop)}.${v.index}`;
      case 'op': return `${v.op === 'cast' ? v.dtype : v.op}(${list(v.args)})`;
      default: return v satisfies never;
    }
  };
  const written = new Set<Loop>();
  const loopText = (l: Loop): string => {
    const first = !written.has(l);
    written.add(l);
    const body = first ? `{${list(l.initial)}|${visit(l.test)}|${effectTexts(l.effects)}|${list(l.next)}}` : '';
    return `L${place(loops, l.id)}${body}`;
  };
  const effectTexts = (all: readonly Effect[]): string => all.map((e): string => {
    switch (e.kind) {
      case 'store': return `W${e.output}${e.inside ? '!' : ''}[${list(e.index)}]=${visit(e.value)}?${visit(e.when)}`;
      case 'load': return `D${place(loads, e.value.load)}=${e.output}${e.inside ? '!' : ''}[${list(e.index)}]`;
      case 'loop': return loopText(e.loop);
      default: return e satisfies never;
    }
  }).join('&');
  const happens = effectTexts(effects);
  const gives = list(results);
  return `${lines.join(';')}=>${gives}${happens && `&${happens}`}`;
}
