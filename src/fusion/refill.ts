/** New scalars in the launches of a frame. Launches are values: those that run still keep theirs. */
import { sameNumbers, type Graph } from './canonical.ts';
import type { Filling, Frame } from './frame.ts';
import type { Launch, Run, Step, Together } from './kernel.ts';
import { uniformsOf } from './uniforms.ts';

export function refill({ first, filling: before, kernels, kernelOf, shapes }: Frame, graph: Graph): Filling {
  const { scalars, nodes } = graph;
  const sizes = { nodes, shapes };
  const uniforms = kernels.map((k, i) => {
    const values = uniformsOf(k, sizes);
    return sameNumbers(values, before.uniforms[i]) ? before.uniforms[i] : values;
  });
  if (uniforms.every((u, k) => u === before.uniforms[k])) return { ...before, scalars };
  // Steps of time loops are the same launches and runs, many times.
  const launches = new Map<Launch, Launch>();
  const renew = (launch: Launch): Launch => {
    const known = launches.get(launch);
    if (known) return known;
    const own = uniforms[kernelOf.get(launch)!];
    const now = sameNumbers(own, launch.uniforms) ? launch : { ...launch, uniforms: own, origin: launch };
    launches.set(launch, now);
    return now;
  };
  const renewStep = (s: Step): Step =>
    (s.kind === 'launch' ? { kind: 'launch', launch: renew(s.launch) } : { ...s, body: s.body.map(renewStep) });
  const together = new Map<Together, Together>();
  const renewRun = (run: Run): Run => {
    if (!('stages' in run)) return renew(run);
    const now = together.get(run) ?? renewTogether(run, renew);
    together.set(run, now);
    return now;
  };
  return { scalars, uniforms, runs: first.runs.map(renewRun), steps: first.steps.map(renewStep) };
}

function renewTogether(run: Together, renew: (launch: Launch) => Launch): Together {
  const stages = <S extends { readonly launch: Launch }>(list: readonly S[]): S[] =>
    list.map((s) => ({ ...s, launch: renew(s.launch) }));
  switch (run.kind) {
    case 'sweep': return { ...run, stages: stages(run.stages), origin: run };
    case 'tile': return { ...run, stages: stages(run.stages) };
    case 'rows': return { ...run, stages: stages(run.stages) };
    default: return run satisfies never;
  }
}
