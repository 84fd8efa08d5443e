import { copyOf } from '../../cache/copy-of.js';
import type { CacheFacts } from '../../cache/cache-facts.js';
import type { AnswerEntry, EntryOf } from '../../cache/entry/entry-schema.js';
import type { TierAnswer } from '../../tasks/answer.js';
import type { Result, Verdict } from '../result.js';
import type { TextResult } from '../text/text-result.js';
import type { TraceEvent } from '../trace.js';
import { isText, type AnyResult } from './answers.js';

/** How an answer is given once more. */
export interface GivenAgain {
  readonly requestId: string;
  readonly facts: CacheFacts;
  /** Since this request began. */
  readonly atMs: number;
}

/** A whole answer like the first one, of which nothing was computed, paid or sent. */
export function toResult(entry: AnswerEntry, given: GivenAgain): AnyResult {
  switch (entry.kind) {
    case 'labels':
      return { ...commonOf(entry, given), queued: undefined, output: entry.output, answer: answerOf(entry) };
    case 'vector':
      return ofVector(entry, given);
    case 'text':
      return ofText(entry, given);
    default:
      return entry satisfies never;
  }
}

export const factsOf = (
  { saved, from }: Pick<AnswerEntry, 'saved' | 'from'>,
  ageMs: number,
  alike?: { readonly score: number; readonly maxWrongHitRate: number },
): CacheFacts => ({
  kind: alike ? 'semantic' : 'exact',
  ageMs,
  from,
  score: alike?.score,
  maxWrongHitRate: alike?.maxWrongHitRate,
  saved,
});

/** What became of a request that was answered from memory. */
const traceOf = ({ reason, degraded }: Pick<Verdict, 'reason' | 'degraded'>, given: GivenAgain): TraceEvent[] => [
  foundEvent(given.facts, given.atMs),
  { kind: 'stop', reason, degraded, atMs: given.atMs },
];

export const foundEvent = (
  { kind, ageMs, from }: Pick<CacheFacts, 'kind' | 'ageMs' | 'from'>,
  atMs: number,
): TraceEvent => ({ kind: 'cache', hit: kind, ageMs, from, atMs });

/** The answer of a run that this request has waited for with others. */
export function toSharedResult(result: AnyResult, given: GivenAgain): AnyResult {
  const { requestId, facts: cache } = given;
  const trace = traceOf(result.verdict, given);
  const shared = copyOf({ ...result, trace: [] });
  const own = { requestId, costUsd: 0, sentBytes: 0, cache, trace };
  return isText(shared)
    ? { ...shared, ...own, firstTokenMs: undefined, tokensPerSecond: undefined, timings: undefined }
    : { ...shared, ...own };
}

function commonOf(entry: AnswerEntry, given: GivenAgain) {
  const { tier, placement, path, confidence } = entry;
  const { reason, calibrated, certificate } = entry.verdict;
  const verdict: Verdict = { kind: 'accept', reason, calibrated, certificate, degraded: undefined };
  return {
    requestId: given.requestId,
    tier,
    placement,
    path,
    confidence,
    verdict,
    costUsd: 0,
    sentBytes: 0,
    cache: given.facts,
    trace: traceOf(verdict, given),
  };
}

const answerOf = ({ answer }: EntryOf<'labels'>): TierAnswer =>
  answer.kind === 'label' ? { confidence: undefined, ...answer } : answer;

const ofVector = (entry: EntryOf<'vector'>, given: GivenAgain): Result => ({
  ...commonOf(entry, given),
  queued: undefined,
  output: { kind: 'embedding', vector: [...entry.vector] },
  answer: { kind: 'embedding', vector: entry.vector },
});

function ofText(entry: EntryOf<'text'>, given: GivenAgain): TextResult {
  const { text, finishReason, labels, features, usage, templates, deltas, economy } = entry;
  const choice = { role: 'assistant', text, toolCalls: [], finishReason, ...(labels && { labels }) } as const;
  return {
    ...commonOf(entry, given),
    output: { kind: 'text', choices: [choice] },
    features,
    usage,
    firstTokenMs: undefined,
    tokensPerSecond: undefined,
    timings: undefined,
    templates,
    deltas,
    ...(economy && { economy }),
  };
}
