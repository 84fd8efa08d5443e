import { InvalidDataError } from '../errors/invalid-data-error.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import { labelsOf } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import { parseRequest, type Request } from '../request/parse-request.js';
import { runTier } from '../run/run-tier.js';
import type { Scheduler } from '../run/scheduler.js';
import { reorder } from '../tasks/text-classification/label-scores.js';
import type { ScoredRows } from './scored-rows.js';

/** A labelled text. */
export interface Example {
  readonly text: string;
  readonly label: string;
  /** Where it stands in its file, for messages. */
  readonly line: number;
}

export interface Scored {
  readonly rows: ScoredRows;
  /** Time of each row on each tier, the hop included, every row timed once in one interleaved run. */
  readonly timesMs: Readonly<Record<string, readonly number[]>>;
}

/**
 * Asks every tier about every example, one request at a time and the tiers in turn, so that their times
 * can be compared.
 * @param rungs tiers over one label space, lightest first
 * @throws InvalidDataError naming the line of a label that the deltas do not know
 */
export async function scoreRows({
  examples,
  rungs,
  scheduler,
  clock,
  onRow,
  signal,
}: {
  examples: readonly Example[];
  rungs: readonly LocalRung[];
  scheduler: Scheduler;
  clock: Clock;
  onRow?: (done: number, total: number) => void;
  signal?: AbortSignal;
}): Promise<Scored> {
  const first = rungs[0]?.tier;
  if (!first)
    throw new NoTierFitsError({ message: 'There is no tier to calibrate.', hint: 'Add a delta for the domain first.' });
  const labels = labelsOf(first);
  const truth = examples.map((example) => indexOfLabel(example, labels));
  const requests = examples.map(toRequest);
  const logProbs: Record<string, Float64Array[]> = Object.fromEntries(rungs.map(({ tier }) => [tier.id, []]));
  const timesMs: Record<string, number[]> = Object.fromEntries(rungs.map(({ tier }) => [tier.id, []]));
  for (const [done, request] of requests.entries()) {
    for (const { tier, estimate } of rungs) {
      signal?.throwIfAborted();
      const load = { provider: estimate.provider, expectedRunMs: estimate.predictedMs };
      const fromMs = clock.nowMs();
      const { testimony, waitedMs } = await runTier({ scheduler, tier, request, load, signal });
      const { answer } = testimony;
      timesMs[tier.id]!.push(clock.nowMs() - fromMs - waitedMs);
      const aligned = answer.kind === 'scores' ? reorder(answer.logProbs, answer.labels, labels) : undefined;
      if (!aligned) throw differentLabels(tier.id, first.id);
      logProbs[tier.id]!.push(aligned);
    }
    onRow?.(done + 1, examples.length);
  }
  return { rows: { labels, outOfScopeLabel: first.delta?.outOfScopeLabel ?? null, truth, logProbs }, timesMs };
}

/** @throws InvalidDataError naming the line of a text that no tier would take */
function toRequest({ text, line }: Example): Request {
  try {
    return parseRequest({ text });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidDataError({
      message: `Line ${line}: ${why}`,
      hint: 'Correct or remove the line.',
      facts: { line },
      cause,
    });
  }
}

/** @throws InvalidDataError */
function indexOfLabel({ label, line }: Example, labels: readonly string[]): number {
  const index = labels.indexOf(label);
  if (index !== -1) return index;
  throw new InvalidDataError({
    message: `Line ${line} has the label "${label.slice(0, 80)}", which the deltas of this domain do not know.`,
    hint: 'Use the labels of `terrace models show DELTA`, or fit a delta with the new ones.',
    facts: { line },
  });
}

function differentLabels(tier: string, first: string): InvalidDataError {
  return new InvalidDataError({
    message: `${tier} and ${first} answer with different labels; they cannot share one calibration.`,
    hint: 'Give all deltas of a domain the same label list.',
    facts: { tier, first },
  });
}
