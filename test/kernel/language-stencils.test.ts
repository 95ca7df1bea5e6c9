/** Stencils with the whole language on every target, against the same function called with plain functions of offsets. */
import { suite } from 'uvu';
import * as wf from '../../src/index.ts';
import { computeAll } from '../support/compute.ts';
import { stencil, type Border, type Nd } from '../support/nd.ts';
import { targets, type Tolerance } from '../support/targets.ts';
import { arrayOf, compare, given, listed, type Arg } from './plain.ts';

/** How far a kernel reads along each axis: below and above. */
type Reach = readonly (readonly [number, number])[];

interface Case {
  readonly name: string;
  readonly f: (...args: never[]) => unknown;
  readonly u: Nd;
  readonly reach: Reach;
  readonly border?: Border;
  readonly cval?: number;
  /** The reach is declared. */
  readonly declared?: boolean;
  /** What comes after the array: numbers, and arrays that are indexed. */
  readonly more?: readonly Arg[];
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly results?: number;
  readonly close?: Tolerance;
}

const RADIUS = 2, TAPS = [0.25, 0.5, 1, 0.5, 0.25], WIDE = 31;
const line = arrayOf([17], (k) => (k * 7) % 13 - 4), plane = arrayOf([9, 11], (k) => (k * 5) % 17 - 6);
const field = arrayOf([5, 6, 7], (k) => (k * 3) % 11);
const steps = arrayOf([17], (k) => k % 3);
const weighted = (u: wf.Neighbors1, i: number): number => u(i) * TAPS[i + RADIUS];
const plus: Reach = [[-1, 1], [-1, 1]];

const cases: readonly Case[] = [
  {
    name: 'a loop over neighbours', u: line, reach: [[-2, 2]], border: 'reflect', constants: { RADIUS, TAPS },
    f: (u: wf.Neighbors1) => { let s = 0; for (let i = -RADIUS; i <= RADIUS; i++) s += u(i) * TAPS[i + RADIUS]; return s; },
  },
  {
    name: 'loops in loops', u: plane, reach: plus, border: 'wrap',
    f: (u: wf.Neighbors2) => {
      let s = 0;
      for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) s += u(i, j) * (i === j ? 2 : 1);
      return s;
    },
  },
  {
    name: 'three axes', u: field, reach: [[-1, 1], [0, 1], [-1, 0]], border: 'nearest',
    f: (u: wf.Neighbors3) => {
      let s = 0;
      for (let i = -1; i <= 1; i++) for (let j = 0; j < 2; j++) for (let k = -1; k <= 0; k++) s += u(i, j, k);
      return s;
    },
  },
  {
    name: 'conditions and early returns', u: plane, reach: plus, border: 'mirror',
    f: (u: wf.Neighbors2) => {
      const here = u(0, 0);
      for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) if (u(i, j) > here) return 0;
      return here > 5 ? here : 1;
    },
  },
  {
    name: 'a median', u: plane, reach: plus, border: 'reflect',
    f: (u: wf.Neighbors2) => {
      const v = [u(-1, 0), u(0, -1), u(0, 0), u(0, 1), u(1, 0)];
      for (let i = 1; i < 5; i++) for (let k = i; k > 0; k--) if (v[k - 1] > v[k]) [v[k - 1], v[k]] = [v[k], v[k - 1]];
      return v[2];
    },
  },
  {
    name: 'several results', u: plane, reach: plus, border: 'nearest', results: 3,
    f: (u: wf.Neighbors2) => {
      const dy = u(1, 0) - u(-1, 0), dx = u(0, 1) - u(0, -1); return [dx, dy, Math.abs(dx) > Math.abs(dy)];
    },
  },
  {
    name: 'helpers that read', u: line, reach: [[-2, 2]], border: 'wrap', constants: { weighted, TAPS, RADIUS },
    f: (u: wf.Neighbors1) => weighted(u, -2) + weighted(u, 0) - weighted(u, 2),
  },
  { name: 'functions of offsets', u: line, reach: [[-2, 2]], border: 'wrap', f: (u: wf.Neighbors1) => {
    const d = (k: number) => u(k) - u(-k); return d(1) / 2 + d(2) / 4;
  } },
  {
    name: 'scalars and indexed arrays', u: line, reach: [[-1, 1]], border: 'constant', cval: 2, more: [0.5, steps],
    f: (u: wf.Neighbors1, k: number, w: wf.Vec) => u(-1) * w[0] + k * u(1) * w[w.length - 1],
  },
  { name: 'the rule of Numba', u: plane, reach: [[0, 0], [-1, 2]], cval: -9, f: (u: wf.Neighbors2) => u(0, -1) + u(0, 2) },
  { name: 'a border of NaN', u: line, reach: [[-1, 1]], cval: NaN, f: (u: wf.Neighbors1) => u(-1) + u(1) },
  { name: 'a border of infinities', u: line, reach: [[-1, 1]], cval: -Infinity, f: (u: wf.Neighbors1) => Math.max(u(-1), u(1)) },
  { name: 'a shrinking border', u: plane, reach: plus, border: 'valid', f: (u: wf.Neighbors2) => u(-1, -1) + u(1, 1) },
  {
    name: 'offsets that only a run can tell', u: line, reach: [[-2, 2]], border: 'nearest', declared: true,
    f: (u: wf.Neighbors1) => { let s = 0; for (let i = -2; i <= u(0) && i <= 2; i++) s += u(i); return s; },
  },
  {
    name: 'the neighbour that an element names', u: line, reach: [[-2, 2]], border: 'wrap', declared: true,
    f: (u: wf.Neighbors1) => u(u(0) > 2 ? 2 : u(0) < -2 ? -2 : Math.trunc(u(0))),
  },
  {
    // written out it would be too long: its loops stay loops
    name: 'a wide window', u: arrayOf([3, 5], (k) => (k * 7) % 5 - 2), reach: [[-31, 31], [-31, 31]], border: 'reflect',
    declared: true, constants: { WIDE },
    f: (u: wf.Neighbors2) => {
      let s = 0;
      for (let i = -WIDE; i <= WIDE; i++) for (let j = -WIDE; j <= WIDE; j++) s += u(i, j);
      return s;
    },
  },
];

const test = suite('language: stencils');
for (const { name, f, u, reach, border = 'fill', cval = 0, declared, more = [], constants, results = 1, close } of cases) {
  test(name, async () => {
    const [lo, hi] = [reach.map((r) => Math.min(0, r[0])), reach.map((r) => Math.max(0, r[1]))];
    const edges = { border: u.shape.map(() => border), cval, lo, hi };
    const rest = more.map(listed);
    const want = Array.from({ length: results }, (_, k) => stencil([u], edges, (at) => {
      const all = [(f as (...args: unknown[]) => unknown)(at, ...rest)].flat();
      return Number(all[k]);
    }));
    const call = wf.stencil(f as (...args: unknown[]) => unknown,
      { border, cval, constants, ...(declared && { neighborhood: reach }) }) as unknown as
      (...a: wf.ArrayInput[]) => wf.WeftArray | wf.WeftArray[];
    for (const target of targets) {
      if (!Number.isFinite(cval) && target === 'webgpu') continue;
      const got = await computeAll(target, () => [call(...[u, ...more].map(given))].flat());
      compare(got, want.map(({ shape, data }) => ({ shape, values: data })), target, close);
    }
  });
}
test.run();
