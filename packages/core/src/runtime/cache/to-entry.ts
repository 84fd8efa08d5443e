import type { Saved } from '../../cache/cache-facts.js';
import type { AnswerEntry, EntryOf } from '../../cache/entry/entry-schema.js';
import type { Result } from '../result.js';
import type { TextResult } from '../text/text-result.js';
import type { TextTraceEvent } from '../text/text-step.js';
import type { TraceEvent } from '../trace.js';
import { isText, type AnyResult } from './answers.js';

type PlanEvent = Extract<TraceEvent, { readonly kind: 'plan' }>;

export type Pieces = EntryOf<'text'>['pieces'];

/**
 * What is kept of an answer that was accepted.
 * @param pieces what was told of the tokens of a text, where that was asked for
 */
export function toEntry(result: AnyResult, durationMs: number, pieces: Pieces): AnswerEntry {
  const saved = savedBy(result, durationMs);
  return isText(result) ? ofText(result, saved, pieces) : ofLabels(result, saved);
}

/** What giving it once more saves. */
export const savedBy = (result: AnyResult, durationMs: number): Saved => ({
  costUsd: result.costUsd,
  tokens: tokensOf(result),
  durationMs,
});

/** Under which it was computed. */
export function revisionsOf({ trace }: AnyResult): Pick<AnswerEntry, 'catalogRevision' | 'ladderRevision'> {
  const events: readonly TextTraceEvent[] = trace;
  const plan = events.find((event): event is PlanEvent => event.kind === 'plan');
  return { catalogRevision: plan?.catalogRevision ?? '', ladderRevision: plan?.ladderRevision };
}

const copied = <T>(value: readonly T[]): T[] => [...value];

function commonOf(result: AnyResult, saved: Saved) {
  const { requestId, tier, placement, path, confidence, verdict } = result;
  const { reason, calibrated, certificate } = verdict;
  return {
    from: requestId,
    ...revisionsOf(result),
    saved,
    tier,
    placement,
    path: copied(path),
    confidence,
    verdict: { reason, calibrated, certificate },
  };
}

function ofLabels(result: Result, saved: Saved): AnswerEntry {
  const { answer, output } = result;
  const common = commonOf(result, saved);
  if (answer.kind === 'embedding') return { kind: 'vector', ...common, vector: answer.vector };
  // Labels are told as a classification, whoever named them.
  if (output.kind === 'embedding') throw new TypeError('a vector that was read from labels');
  const { alternatives, ...rest } = output;
  return {
    kind: 'labels',
    ...common,
    output: { ...rest, alternatives: copied(alternatives) },
    answer: { ...answer, labels: copied(answer.labels) },
  };
}

function ofText(result: TextResult, saved: Saved, pieces: Pieces): AnswerEntry {
  const { text, finishReason, labels } = result.output.choices[0]!;
  const { features, usage, templates, deltas, economy } = result;
  return {
    kind: 'text',
    ...commonOf(result, saved),
    text,
    finishReason: finishReason === 'length' ? 'length' : 'stop',
    labels: labels && copied(labels),
    features: known(features),
    usage,
    templates,
    deltas,
    economy: economy && { ...economy, cut: copied(economy.cut) },
    pieces,
  };
}

const known = (features: TextResult['features']): Record<string, number> =>
  Object.fromEntries(Object.entries(features).filter(([, value]) => value !== undefined));

function tokensOf(result: AnyResult): number {
  if (isText(result)) return result.usage.inputTokens + result.usage.outputTokens;
  return result.trace.reduce(
    (sum, event) => sum + (event.kind === 'run' || event.kind === 'call' ? event.tokens : 0),
    0,
  );
}
