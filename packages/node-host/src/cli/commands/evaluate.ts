import {
  bootstrapInterval,
  candidateTiers,
  expectedCalibrationError,
  InvalidDataError,
  leastAbstention,
  mean,
  NoTierFitsError,
  quantile,
  type Example,
  type Interval,
  type Result,
  type Runtime,
} from '@terrace/core';
import { createNodeRuntime, type NodeRuntime } from '../../create-node-runtime.js';
import { readExamples } from '../../store/files/read-examples.js';
import { ms, percent, print, printJson, table } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, requestOf, runtimeOptions, type RequestFlags } from '../settings.js';

export interface EvaluateFlags extends RequestFlags {
  readonly data: readonly string[];
  readonly every?: number;
}

/** One row, answered under the policy and by the largest tier alone. */
interface Row {
  readonly right: boolean;
  readonly accepted: boolean;
  readonly confidence: number;
  readonly latencyMs: number;
  readonly largestMs: number;
  readonly tiers: readonly string[];
}

/**
 * `terrace eval`: what a policy does on labelled rows. Every row is asked once under the policy and once
 * of the largest tier alone, in turn, so that the two times can be compared on a noisy machine.
 */
export async function evaluate(flags: EvaluateFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const { rows: examples } = await readExamples(flags.data, flags.every);
  // Rows that something is measured by are none to learn from.
  const options = { ...runtimeOptions(settings, flags.calibration), reconcile: false, learning: false };
  const runtime = await createNodeRuntime(options);
  const progress = startProgress('evaluating');
  try {
    const request = requestOf(flags);
    requireKnownLabels(examples, runtime.models.current().deltas.find(({ domain }) => domain === flags.domain)?.labels);
    const largest = await largestTier(runtime, request, signal);
    const rows: Row[] = [];
    for (const [index, example] of examples.entries()) {
      signal.throwIfAborted();
      rows.push(await ask(runtime, request, largest, example, index, signal));
      progress.update(index + 1, examples.length);
    }
    progress.end();
    const report = summarise(rows, largest, flags.maxRisk);
    if (flags.json) printJson(report);
    else print(describe(report));
    return 0;
  } finally {
    progress.end();
    await runtime.close();
  }
}

type BaseRequest = ReturnType<typeof requestOf>;

/** @throws InvalidDataError */
function requireKnownLabels(examples: readonly Example[], labels: readonly string[] | undefined): void {
  const unknown = labels && examples.find(({ label }) => !labels.includes(label));
  if (!unknown) return;
  throw new InvalidDataError({
    message: `Line ${unknown.line} has the label "${unknown.label.slice(0, 80)}", which the deltas of this domain do not know.`,
    hint: 'Use the labels of `terrace models show DELTA`.',
    facts: { line: unknown.line },
  });
}

/** The largest tier that runs on this device, in the ladder or not; it has answered once. */
async function largestTier(runtime: NodeRuntime, request: BaseRequest, signal: AbortSignal): Promise<string> {
  const {
    policy: _,
    maxRisk: __,
    deadlineMs: ___,
    task = 'text-classification',
    domain,
    subDomain,
    ...plain
  } = request;
  const tiers = candidateTiers(runtime.models.current(), { task, domain, subDomain });
  const ids = [...new Set(tiers.map(({ id }) => id))].toReversed();
  for (const policy of ids) {
    try {
      const asked = {
        ...plain,
        task,
        ...(domain !== undefined && { domain }),
        ...(subDomain !== undefined && { subDomain }),
      };
      await runtime.run({ ...asked, policy, text: 'warm up' }, { signal });
      return policy;
    } catch (error) {
      if (!NoTierFitsError.isInstance(error) || policy === ids.at(-1)) throw error;
    }
  }
  throw new InvalidDataError({
    message: 'No tier answers for this task and domain.',
    hint: 'Name a domain (--domain).',
  });
}

async function ask(
  runtime: Runtime,
  request: BaseRequest,
  largest: string,
  example: Example,
  index: number,
  signal: AbortSignal,
): Promise<Row> {
  const { text, label } = example;
  const alone = { ...request, maxRisk: undefined, policy: largest };
  const timed = async (asked: BaseRequest): Promise<{ result: Result; tookMs: number }> => {
    const fromMs = performance.now();
    const result = await runtime.run({ ...asked, text }, { signal });
    return { result, tookMs: performance.now() - fromMs };
  };
  // Whoever goes second finds warm caches: they take turns.
  const first = index % 2 === 0 ? await timed(request) : undefined;
  const top = await timed(alone);
  const own = first ?? (await timed(request));
  const { output, confidence, verdict, trace } = own.result;
  return {
    right: output.kind === 'classification' && output.label === label,
    accepted: verdict.kind === 'accept',
    confidence: confidence ?? 0,
    latencyMs: own.tookMs,
    largestMs: top.tookMs,
    tiers: trace.flatMap((event) => (event.kind === 'run' || event.kind === 'call' ? [event.tier] : [])),
  };
}

const METRICS = {
  accuracy: (rows: readonly Row[]) => share(rows, ({ right }) => right),
  coverage: (rows: readonly Row[]) => share(rows, ({ accepted }) => accepted),
  selectiveAccuracy: (rows: readonly Row[]) =>
    share(
      rows.filter(({ accepted }) => accepted),
      ({ right }) => right,
    ),
  violationRate: (rows: readonly Row[]) => share(rows, ({ accepted, right }) => accepted && !right),
  ece: (rows: readonly Row[]) => expectedCalibrationError(rows),
  relativeCost: (rows: readonly Row[]) =>
    sum(rows, ({ latencyMs }) => latencyMs) / sum(rows, ({ largestMs }) => largestMs),
};

type Report = ReturnType<typeof summarise>;

function summarise(rows: readonly Row[], largest: string, maxRisk: number | undefined) {
  const values = Object.fromEntries(Object.entries(METRICS).map(([name, metric]) => [name, metric(rows)])) as Record<
    keyof typeof METRICS,
    number
  >;
  const intervals = Object.fromEntries(
    Object.entries(METRICS).map(([name, metric]) => [name, bootstrapInterval(rows, metric, seededRandom())]),
  ) as Record<keyof typeof METRICS, Interval>;
  const times = rows.map(({ latencyMs }) => latencyMs);
  const tiers = [...new Set(rows.flatMap((row) => row.tiers))];
  return {
    rows: rows.length,
    ...values,
    callsPerTier: Object.fromEntries(
      tiers.map((tier) => [tier, rows.filter((row) => row.tiers.includes(tier)).length]),
    ),
    latencyMs: { mean: mean(times), p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    largestTier: largest,
    /** Share that any method must leave unanswered to keep the bound at this accuracy. */
    leastAbstention: maxRisk === undefined ? null : leastAbstention(1 - values.accuracy, maxRisk),
    intervals,
  };
}

function describe({ rows, callsPerTier, latencyMs, largestTier: largest, intervals, ...values }: Report): string {
  const interval = (name: keyof typeof METRICS): string =>
    `${percent(intervals[name][0])} to ${percent(intervals[name][1])}`;
  const row = (name: keyof typeof METRICS, title: string): string[] => [title, percent(values[name]), interval(name)];
  return table([
    ['', `${rows} rows`, '95 % interval'],
    row('accuracy', 'accuracy'),
    row('coverage', 'answered (coverage)'),
    row('selectiveAccuracy', 'right among answered'),
    row('violationRate', 'answered and wrong'),
    row('ece', 'calibration error (ECE)'),
    row('relativeCost', `time over ${largest} alone`),
    [
      'calls',
      Object.entries(callsPerTier)
        .map(([tier, calls]) => `${tier} ${calls}`)
        .join(', '),
      '',
    ],
    ...(values.leastAbstention === null ? [] : [['unanswered at least', percent(values.leastAbstention), '']]),
    ['latency', `mean ${ms(latencyMs.mean)}, p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}`, ''],
  ]);
}

const sum = (rows: readonly Row[], value: (row: Row) => number): number =>
  rows.reduce((total, row) => total + value(row), 0);

const share = (rows: readonly Row[], wanted: (row: Row) => boolean): number => rows.filter(wanted).length / rows.length;

/** The same intervals for the same rows. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
