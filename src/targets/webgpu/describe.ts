/** How launches and tiles are run, for people. */
import { costOf } from '../../dsl/kernel/walk.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { Launch, Run, Together } from '../../fusion/kernel.ts';
import { regionOf } from '../../fusion/sweep/tile-shape.ts';
import { bytesMoved } from '../../fusion/traffic.ts';
import type { LaunchDescription, SweepDescription } from '../target.ts';
import { isSoftware } from './device.ts';
import { workgroupSize, type EmitOptions } from './module.ts';
import type { Session } from './session.ts';
import { partsOf } from './submit.ts';

/** Of an adapter nothing is known but its name: these are of a middling GPU, and of a rasteriser on a few cores. */
const typical = {
  hardware: { bytesPerMs: 200e6, addsPerMs: 2e9, perDispatch: 0.01 },
  software: { bytesPerMs: 5e6, addsPerMs: 1e6, perDispatch: 0.05 },
} as const;

function estimateOf(run: Run, dispatches: number, adds: number, software: boolean): number {
  const { bytesPerMs, addsPerMs, perDispatch } = typical[software ? 'software' : 'hardware'];
  return dispatches * perDispatch + Math.max(bytesMoved(run) / bytesPerMs, adds / addsPerMs);
}

const addsOf = ({ kernel, domain }: Launch): number => sizeOf(domain) * costOf(kernel.body.results);

export function describeLaunch(launch: Launch, session: Session, emit: EmitOptions): LaunchDescription {
  const starts = (launch.stored ?? []).map(({ initial }, k) =>
    `; out${k} starts ${initial === undefined ? 'with zeros' : `as a copy of slot ${initial}`}`).join('');
  return describe(launch, addsOf(launch), session, emit, starts);
}

export function describeTogether(run: Together, session: Session, emit: EmitOptions): SweepDescription {
  if (run.kind === 'sweep') return { ...describe(run, 0, session, emit), piece: run.units };
  if (run.kind === 'rows') {
    const all = run.stages.reduce((sum, s) => sum + addsOf(s.launch), 0);
    return { ...describe(run, all, session, emit), piece: workgroupSize / run.team };
  }
  const { stages, shape } = run;
  const points = sizeOf(shape);
  const adds = stages.reduce((sum, s) => sum + addsOf(s.launch) * (sizeOf(regionOf(s, shape)) / points), 0);
  return { ...describe(run, adds, session, emit), piece: points };
}

function describe(run: Run, adds: number, { device, info }: Session, emit: EmitOptions, more = ''): LaunchDescription {
  const parts = partsOf(run, device.limits);
  const shaders = parts.map(({ pass }) => pass.emit(emit));
  return {
    code: shaders.map((s) => s.code).join('\n'),
    layout: parts.map(({ launch, pass }, k) => {
      const params = shaders[k].params.map((f) => `${f.name} ${f.value(launch, pass)}`).join(', ');
      return `${pass.variant}: ${pass.dispatch.join(' x ').replace(/( x 1)+$/, '')} workgroups of ${pass.size}; ${params}${more}`;
    }).join('\n'),
    workers: parts.map(({ pass: { dispatch: [x, y, z], size } }) => `${x * y * z} workgroups of ${size}`).join(', then '),
    estimate: estimateOf(run, parts.length, adds, isSoftware(info)),
  };
}
