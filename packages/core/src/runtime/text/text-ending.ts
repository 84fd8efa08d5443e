import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { Degradation } from '../../escalate/escalate.js';
import type { Certificate } from '../../judge/risk-control.js';
import type { Generation } from '../../tasks/text-generation/generation.js';
import type { TextEnd } from '../../tasks/text-generation/text-output.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextTier } from '../../text/text-tier.js';
import type { Verdict } from '../result.js';
import { wholeChoices } from './handover.js';
import type { Assessment } from './text-assessment.js';
import type { TextAccount } from './text-records.js';
import type { TextResult } from './text-result.js';
import type { TextTraceEvent } from './text-step.js';
import { sumUsage } from './text-usage.js';
import type { TierRun } from './tier-run.js';

/** How a request ended that has an answer. */
export interface TextEnding {
  /** The last that wrote some of it. */
  readonly run: TierRun;
  /** Undefined where it was cut short. */
  readonly end: TextEnd | undefined;
  readonly assessment: Assessment;
  /** Why it is only the best so far. */
  readonly degraded: Degradation | undefined;
}

/**
 * Half of a form is no answer, whoever cut it short.
 * @throws StructureUnmetError where a form was asked for and the answer did not come to its end
 */
export function requireWholeForm({ run, end }: Pick<TextEnding, 'run' | 'end'>, format: Generation['format']): void {
  const isWhole = end?.choices.every(({ finishReason }) => finishReason !== 'cancelled') ?? false;
  if (isWhole || format.kind === 'text') return;
  const { id } = run.rung.tier;
  const tokens = run.tokens(0);
  throw new StructureUnmetError({
    message: `${id} wrote ${tokens} tokens before its time was up, and they are not what was asked for yet.`,
    hint: 'Give it more time, or ask for less.',
    facts: { model: id, finishReason: 'cancelled', tokens },
  });
}

export function verdictOf(
  { assessment: { judgement }, degraded }: Pick<TextEnding, 'assessment' | 'degraded'>,
  { isTop, isBounded, certificate }: { isTop: boolean; isBounded: boolean; certificate: Certificate | undefined },
): Verdict {
  const { calibrated } = judgement;
  const told = { calibrated, certificate: calibrated && degraded === undefined ? certificate : undefined, degraded };
  if (judgement.kind === 'escalate' && judgement.reason !== 'uncalibrated') {
    return { kind: 'abstain', reason: judgement.reason, ...told };
  }
  // The bound was certified for whole answers.
  if (degraded !== undefined && isBounded) return { kind: 'abstain', reason: 'uncertified', ...told };
  if (degraded !== undefined) return { kind: 'accept', reason: 'cut-short', ...told };
  return { kind: 'accept', reason: isTop ? 'top' : 'sure-enough', ...told };
}

export function toTextResult({
  ending: { run, end, assessment },
  texts,
  path,
  verdict,
  account: { requestId, runs, firstTokenMs },
  trace,
}: {
  readonly ending: TextEnding;
  /** Of each choice, all of it. */
  readonly texts: readonly string[];
  readonly path: readonly RatedTextTier[];
  readonly verdict: Verdict;
  readonly account: TextAccount;
  readonly trace: readonly TextTraceEvent[];
}): TextResult {
  const { tier } = run.rung;
  const { confidence, features } = assessment.confidence;
  const asked = path.map((rung) => rung.tier);
  return {
    requestId,
    output: { kind: 'text', choices: wholeChoices(texts, end, 'length') },
    tier: tier.id,
    placement: tier.placement,
    path: asked.map(({ id }) => id),
    confidence,
    features,
    verdict,
    usage: sumUsage(runs.map((each) => each.usage())),
    firstTokenMs,
    tokensPerSecond: run.tokensPerSecond(),
    timings: end?.timings,
    costUsd: runs.reduce((sum, each) => sum + each.spent().costUsd, 0),
    sentBytes: runs.reduce((sum, each) => sum + each.spent().sentBytes, 0),
    templates: contentIds(asked, ({ template }) => template?.contentId),
    deltas: contentIds(asked, ({ delta }) => delta?.contentId),
    trace,
  };
}

const contentIds = (
  tiers: readonly TextTier[],
  idOf: (tier: TextTier) => string | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    tiers.flatMap((tier) => {
      const id = idOf(tier);
      return id === undefined ? [] : [[tier.id, id] as const];
    }),
  );
