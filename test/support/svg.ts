/** What a picture of a plan has to be: well-formed, self-contained, with its boxes inside and apart. */
import * as assert from 'uvu/assert';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (Element | string)[];
}

/** A small XML parser: elements, attributes, text; throws where a document is not well-formed. */
export function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open: Element[] = [root];
  let at = 0;
  for (const m of text.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const between = text.slice(at, m.index);
    if (/[<>]/.test(between.replace(/\s/g, ''))) throw new Error(`not well-formed near ${JSON.stringify(between)}`);
    if (/&(?!(amp|lt|gt|quot);)/.test(between)) throw new Error(`a bare & in ${between}`);
    if (between.trim() !== '') open.at(-1)!.children.push(between);
    at = m.index + m[0].length;
    const [, closing, name, list, empty] = m;
    if (closing) {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const attributes = Object.fromEntries([...list.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    const made: Element = { name, attributes, children: [] };
    open.at(-1)!.children.push(made);
    if (!empty) open.push(made);
  }
  if (open.length !== 1 || text.slice(at).trim() !== '') throw new Error('not well-formed at its end');
  return root.children[0] as Element;
}

function* elements(e: Element): Iterable<Element> {
  yield e;
  for (const child of e.children) if (typeof child !== 'string') yield* elements(child);
}

const unescape = (s: string): string => s.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&');

/** `expressions`: of the kernels, in order. */
export function checkSvg(text: string, expressions: readonly string[]): void {
  const svg = parseXml(text);
  const all = [...elements(svg)];
  assert.is(svg.name, 'svg');
  assert.not.match(text.replace('http://www.w3.org/2000/svg', ''), /https?:|href|@import|<script/);
  const [width, height] = [svg.attributes.width, svg.attributes.height].map(Number);

  const kernels = all.filter((e) => e.attributes.class === 'kernel');
  const titles = kernels.map((k) => unescape([...elements(k)].find((e) => e.name === 'title')!.children.join('')));
  assert.equal(titles, expressions);
  const boxes = all.filter((e) => e.attributes.class === 'kernel' || e.attributes.class === 'array').map((g) => {
    const { x, y, width: w, height: h } = [...elements(g)].find((e) => e.name === 'rect')!.attributes;
    return { left: Number(x), top: Number(y), right: Number(x) + Number(w), bottom: Number(y) + Number(h) };
  });
  for (const b of boxes) assert.ok(b.left >= 0 && b.top >= 0 && b.right <= width && b.bottom <= height, 'inside the picture');
  boxes.forEach((a, k) => boxes.slice(k + 1).forEach((b) => {
    assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, 'boxes overlap');
  }));
  for (const e of all) if (e.name === 'path' && e.attributes.class === 'buffer') assert.not.match(e.attributes.d, /NaN|undefined|Infinity/);
}
