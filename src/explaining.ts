/** `explain()`: a plan, or one that has run, in the form that was asked for. */
import type { ExplainOptions } from './dsl/evaluator.ts';
import type { PlanReport } from './dsl/reports.ts';
import { ArgumentError } from './errors.ts';
import { describe as inWords, dotOf, pictureOf, report, svgOf, type BoundPlan, type Circumstances } from './fusion/index.ts';
import type { PastRun } from './history.ts';
import { liveTarget } from './targets/registry.ts';
import type { PlanTarget, Target } from './targets/target.ts';

type Format = NonNullable<ExplainOptions['format']>;
type Level = NonNullable<ExplainOptions['level']>;

/** What there is to say. */
interface Subject {
  readonly heading: string;
  readonly target: { readonly name: string; readonly description: string };
  readonly bound: BoundPlan | undefined;
  /** Where its launches can be looked at. */
  readonly on: PlanTarget | undefined;
  readonly measured?: Circumstances['measured'];
  /** Why there is no plan. */
  readonly instead?: string;
}

const defaults = { level: 2, format: 'text', code: false } as const;

/** A plan that may run. `bound` is undefined on a target that does not plan. */
export function explainOn(target: Target, bound: BoundPlan | undefined, options: ExplainOptions, note = ''): string | PlanReport {
  const about = { name: target.name, description: target.describe() };
  const heading = `target ${about.name}: ${about.description}${note && `\n${note}`}`;
  const subject = { heading, target: about, on: target.kind === 'plan' ? target : undefined };
  if (!bound) return present({ ...subject, bound, heading: `${heading}; every node is evaluated by itself, nothing is fused` }, options);
  if (bound.launches.length > 0) return present({ ...subject, bound }, options);
  const instead = 'nothing to compute: the values are in memory already; explain() before evaluating shows the plan';
  return present({ ...subject, bound: undefined, instead }, options);
}

/** What ran for arrays that are evaluated. */
export function explainPast(runs: readonly PastRun[], options: ExplainOptions): string | PlanReport {
  const { format = 'text' } = options;
  if (format !== 'text' && runs.length > 1) {
    throw new ArgumentError(`explain: these arrays were evaluated by ${runs.length} plans; explain them one by one for format '${format}'`);
  }
  const parts = runs.map(({ target: name, bound, measured }) => {
    const live = liveTarget(name);
    const description = live?.describe() ?? 'closed since';
    const heading = `target ${name}: ${description}; evaluated, by this plan:`;
    return present({ heading, target: { name, description }, bound, on: live?.kind === 'plan' ? live : undefined, measured }, options);
  });
  return parts.length === 1 ? parts[0] : parts.join('\n\n');
}

function present(subject: Subject, options: ExplainOptions): string | PlanReport {
  const { level, format, code } = checked(options);
  const forms: { readonly [F in Format]: () => string | PlanReport } = {
    text: () => textOf(subject, level, code),
    json: () => withText(reportOf(subject, true, code)),
    dot: () => dotOf(pictureOf(reportOf(subject, level >= 4, false))),
    svg: () => svgOf(pictureOf(reportOf(subject, level >= 4, false))),
  };
  return forms[format]();
}

function checked(options: ExplainOptions): { readonly level: Level; readonly format: Format; readonly code: boolean } {
  const { level = defaults.level, format = defaults.format, code = defaults.code } = options;
  if (![0, 1, 2, 3, 4].includes(level)) throw new ArgumentError(`explain: level: expected 0, 1, 2, 3 or 4, got ${String(level)}`);
  if (!['text', 'json', 'dot', 'svg'].includes(format)) {
    throw new ArgumentError(`explain: format: expected 'text', 'json', 'dot' or 'svg', got ${JSON.stringify(format)}`);
  }
  return { level, format, code };
}

/** `closely`: with how the target would run every kernel, for which some targets make its code. */
function reportOf({ target, bound, on, measured }: Subject, closely: boolean, code: boolean): PlanReport {
  if (!bound) return { ...nothing, target };
  return report(bound, {
    target, code, measured,
    describe: on && (closely || code) ? (launch) => on.explain(launch) : undefined,
    describeSweep: (sweep) => on?.explainSweep?.(sweep, bound.slots),
  });
}

const nothing: PlanReport = {
  kernels: [], sweeps: [], loops: [], buffers: [], launches: 0, bytes: 0, bytesUnfused: 0, scratch: 0, peakBytes: 0,
  before: [], decisions: [], fusions: [], refusals: [],
};

/** A report is an object; as a string it is its JSON. */
const withText = (made: PlanReport): PlanReport =>
  Object.defineProperty(made, 'toString', { value: () => JSON.stringify(made, null, 2), enumerable: false });

function textOf(subject: Subject, level: Level, code: boolean): string {
  const { heading, bound, on, instead } = subject;
  if (!bound) return [heading, ...instead === undefined ? [] : [instead]].join('\n');
  const parts = [heading, inWords(reportOf(subject, level >= 3, false), level)];
  if (code && on) parts.push(...codeOf(on, bound));
  return parts.join('\n');
}

/** The code of every kernel, once. */
function codeOf(target: PlanTarget, bound: BoundPlan): string[] {
  const launches = new Map(bound.launches.map((launch) => [launch.code, launch]));
  const text = (name: string, { layout, code }: { readonly layout: string; readonly code: string }): string =>
    `--- ${name}\n${layout}\n${code}`;
  return [
    ...[...launches.values()].map((launch) => text(launch.kernel.name, target.explain(launch))),
    ...report(bound, { code: true, describeSweep: (sweep) => target.explainSweep?.(sweep, bound.slots) }).sweeps.flatMap(
      ({ stages, layout = '', code }) => (code === undefined ? [] : [text(`${stages.length} stages side by side`, { layout, code })])),
  ];
}
