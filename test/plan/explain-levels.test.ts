/** What explain() tells at each level, and in each form. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { checkSvg } from '../support/svg.ts';

const matrix = (rows = 40, columns = 20) =>
  wf.array(Float32Array.from({ length: rows * columns }, (_, k) => k % 7), { shape: [rows, columns] });
const heat = wf.stencil(function heat(u: wf.Neighbors2) {
  return u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0));
}, { border: 'nearest' });

/** A program with a reduction, a time loop with an invariant, and several results. */
function program(): wf.WeftArray[] {
  const a = matrix();
  const b = a.sub(a.mean(1, { keepDims: true })).mul(2);
  const y = wf.iterate(b, 50, (u) => heat(u).add(a.mul(0.001).sin()));
  return [y.div(y.max()), y.sum(), b];
}
const at = (level: 0 | 1 | 2 | 3 | 4): string[] => wf.explain(program(), { target: 'cpu', level }).split('\n');

test('every level tells what the one before told, and more', () => {
  const lines = ([0, 1, 2, 3, 4] as const).map(at);
  assert.is(lines[0].length, 2, 'target and summary');
  for (let level = 1; level < 5; level++) {
    assert.ok(lines[level].length > lines[level - 1].length, `level ${level}`);
    assert.equal(lines[level - 1].filter((line) => !lines[level].includes(line)), [], `level ${level}`);
  }
  assert.equal(wf.explain(program(), { target: 'cpu' }).split('\n'), lines[2], 'level 2 by default');
});

test('level 3: loops with what they do not repeat, fusions in order, refusals, the program before, buffers', () => {
  const text = at(3).join('\n');
  assert.match(text, /^loops\n {2}50 steps of kernel \d, 1 state; computed once before it: sin$/m);
  assert.match(text, /^fusions, in planning order\n {2}1\. \w+ /m);
  assert.match(text, /^loops that stay apart\n/m);
  assert.match(text, /: one needs all of the other first/);
  assert.match(text, /^before: \d+ loops\n/m);
  assert.match(text, /^ {2}sub = array - \w+: \[40, 20\], 6\.56 kB, now in \d/m);
  assert.match(text, /^buffers: at most [\d.]+ kB at once$/m);
  assert.match(text, /^ {2}state0: state, float32 \[40, 20\], 3\.20 kB; written by \d, read by/m);
});

test('level 4: how kernels are cut, by whom, and how long it may take', () => {
  const text = at(4).join('\n');
  assert.match(text, /^ {5}covers sum, div$/m);
  assert.match(text, /^ {5}expected: about [\d.]+ (us|ms)( each)? on \d+ threads?$/m);
  assert.match(text, /^ {5}k0: 800 elements in \d+ blocks of \d+ rows by \d+ columns/m);
});

test('values that do not differ within a row are named as such', () => {
  const damp = wf.vectorize(function damp(v: number, g: number) { return v * Math.exp(-g); });
  const report = damp(matrix(), 2).explain({ target: 'cpu', format: 'json' });
  assert.equal(report.kernels.map((k) => k.hoisted), [['exp(neg(k))']]);
  assert.match(damp(matrix(), 2).explain({ target: 'cpu', level: 3 }), /^ {5}not at every point: exp\(neg\(k\)\)$/m);
  const row = wf.array(new Float32Array(40), { shape: [40, 1] });
  const named = matrix().mul(row.mul(3)).explain({ target: 'cpu', format: 'json' });
  assert.equal(named.kernels.map((k) => k.hoisted), [['array2*k']]);
  assert.equal(matrix().mul(3).explain({ target: 'cpu', format: 'json' }).kernels[0].hoisted, []);
});

test('JSON is everything as data', () => {
  const report = wf.explain(program(), { target: 'cpu', format: 'json' });
  assert.equal(JSON.parse(String(report)), JSON.parse(JSON.stringify(report)));
  assert.is(report.target?.name, 'cpu');
  assert.is(report.launches, report.kernels.reduce((n, k) => n + k.launches, 0));
  assert.ok(report.bytes < report.bytesUnfused && report.peakBytes > report.scratch);
  assert.ok(report.kernels.every((k) => k.estimate! > 0 && k.workers && k.layout && k.code === undefined));
  assert.equal(report.loops.map((l) => [l.count, l.states, l.invariant]), [[50, 1, ['sin']]]);
  assert.is(report.measured, undefined);
  // Every node is computed somewhere, and every kernel computes some.
  assert.equal([...new Set(report.before.flatMap((n) => n.kernels))].sort(), report.kernels.map((_, k) => k));
});

test('JSON: buffers know their kernels', () => {
  const a = matrix();
  const centred = a.sub(a.mean());
  const { buffers, kernels } = centred.explain({ target: 'cpu', format: 'json' });
  assert.is(kernels.length, 2);
  assert.equal(buffers.map(({ name, role, bytes, writtenBy, readBy }) => ({ name, role, bytes, writtenBy, readBy })), [
    { name: 'array', role: 'input', bytes: 3200, writtenBy: [], readBy: [0, 1] },
    { name: 't1', role: 'intermediate', bytes: 4, writtenBy: [0], readBy: [1] },
    { name: 'result', role: 'result', bytes: 3200, writtenBy: [1], readBy: [] },
  ]);
});

test('states of a loop are one buffer each, those that are handed on too', () => {
  const a = matrix();
  const [u] = wf.iterate([a, a.mul(2)], 5, ([now, before]) => [now.mul(2).sub(before), now]);
  const { buffers } = u.add(1).explain({ target: 'cpu', format: 'json' });
  const states = buffers.filter((b) => b.role === 'state');
  assert.equal(states.map((b) => b.name), ['state0', 'state1']);
  assert.ok(states.every((b) => b.writtenBy.length === 1));
});

test('results are numbered as they were asked for', () => {
  const a = matrix();
  const m = a.max();
  const { buffers } = wf.explain([a.div(m), m], { target: 'cpu', format: 'json' });
  assert.equal(buffers.filter((b) => b.role === 'result').map((b) => [b.name, b.shape]).sort(), [['result1', [40, 20]], ['result2', []]]);
});

test('code: true adds the code of every kernel', () => {
  const y = matrix().mul(2).sum(0);
  assert.match(y.explain({ target: 'cpu', code: true }), /^--- sum\(a\*k\)\nk0: [^]*\(func \$k0 /m);
  assert.not.match(y.explain({ target: 'cpu' }), /\(func/);
  const { kernels } = y.explain({ target: 'cpu', code: true, format: 'json' });
  assert.ok(kernels.every((k) => k.code?.includes('(func')));
});

test('launches that run side by side are told as sweeps', () => {
  const x = matrix(1000, 1000);
  const y = wf.iterate(x, 40, (u) => heat(u));
  const report = y.explain({ target: 'cpu', format: 'json' });
  assert.ok(report.sweeps.length > 0, 'the program makes sweeps');
  assert.is(report.sweeps.reduce((n, s) => n + s.runs * s.stages.length, 0), report.kernels[0].swept);
  for (const s of report.sweeps) {
    assert.ok(s.units === 1000 && s.piece! >= 1 && s.piece! <= 1000, 'pieces of rows');
    assert.ok(s.stages.length === 1 || s.halo[0] === s.stages.length - 1, 'a row of halo for each step but the last');
  }
  const runs = report.sweeps.reduce((n, s) => n + s.runs, 0) + report.kernels[0].launches - report.kernels[0].swept;
  assert.is(report.bytes, runs * 8e6, 'a run reads and writes the array once');
  const text = y.explain({ target: 'cpu', level: 1 });
  assert.match(text, /^side by side, .*\n {2}1\. (\d+ x )?kernel 1, \d+ times\n {5}pieces of \d+ of 1000 units, halo \d+ before and \d+ behind, \d+ buffers? in cache only, 8\.00 MB$/m);
});

test('sweeps by columns are strips', () => {
  const x = matrix(20, 8000);
  const y = x.sub(x.mean(0));
  const [sweep] = y.explain({ target: 'cpu', format: 'json' }).sweeps;
  assert.equal([sweep.cut, sweep.units, sweep.stages, sweep.halo, sweep.privates], ['columns', 8000, [0, 1], [0, 0], 1]);
  assert.match(y.explain({ target: 'cpu', level: 4 }), /strips of \d+ of 8000 columns, halo 0 before and 0 behind, 1 buffer in cache only/);
  assert.match(y.explain({ target: 'cpu', level: 4 }), /\d strips of \d+ columns, one stage after the other; .* of cache per thread/);
});

test('dot: every kernel, input and result, and the buffers between them', () => {
  const a = matrix();
  assert.is(a.sub(a.mean()).explain({ target: 'cpu', format: 'dot' }), [
    'digraph plan {',
    '  label="cpu: 9.61 kB moved, 9.62 kB unfused"; labelloc=t; fontname="monospace";',
    '  node [fontname="monospace", fontsize=11]; edge [fontname="monospace", fontsize=10];',
    '  kernel1 [shape=box, label="1. reduce over [800]\\nt1 = sum(array)/800\\n3.20 kB"];',
    '  kernel2 [shape=box, label="2. map over [800]\\nresult = array - t1\\n6.40 kB"];',
    '  input1 [shape=ellipse, label="array\\nfloat32 [40, 20], 3.20 kB"];',
    '  result1 [shape=ellipse, style=bold, label="result\\nfloat32 [40, 20], 3.20 kB"];',
    '  input1 -> kernel1;',
    '  input1 -> kernel2;',
    '  kernel1 -> kernel2 [label="t1 4 B"];',
    '  kernel2 -> result1;',
    '}',
  ].join('\n'));
});

test('dot: loops are clusters', () => {
  const dot = wf.explain(program(), { target: 'cpu', format: 'dot' });
  assert.match(dot, /subgraph cluster\d \{ label="50 steps"; style=dashed; (subgraph cluster\d \{ .* kernel\d; \}|kernel\d;) \}/);
  assert.match(dot, /kernel(\d) -> kernel\1 \[label="state0 3\.20 kB"\];/);
});

test('svg: kernels are boxes that do not overlap, in a document of its own', () => {
  for (const arrays of [program(), [matrix().lt(3).sum()], [matrix().exp()], [wf.iterate(matrix(), 0, (u) => heat(u)).add(1)]]) {
    const { kernels } = wf.explain(arrays, { target: 'cpu', format: 'json' });
    const svg = wf.explain(arrays, { target: 'cpu', format: 'svg', level: 4 });
    checkSvg(svg, kernels.map((k) => k.expression));
  }
});

test('levels and forms that there are not', () => {
  const y = matrix().add(1);
  const wrong = (options: object) => () => y.explain({ target: 'cpu', ...options });
  assert.throws(wrong({ level: 5 }), /explain: level: expected 0, 1, 2, 3 or 4, got 5/);
  assert.throws(wrong({ format: 'png' }), /explain: format: expected 'text', 'json', 'dot' or 'svg', got "png"/);
  assert.throws(() => wf.explain(y as unknown as wf.WeftArray[]), /explain: expected a list of arrays/);
});

test('targets that do not plan have an empty report', () => {
  const y = matrix().add(1);
  assert.match(y.explain({ target: 'reference' }), /nothing is fused/);
  const report = y.explain({ target: 'reference', format: 'json' });
  assert.equal([report.target?.name, report.kernels.length], ['reference', 0]);
});

test.run();
