import type { Endpoint } from '../../catalog/endpoint.js';
import type { Placement } from '../../catalog/fields.js';
import type { Catalog } from '../../catalog/schema.js';
import type { TextCalibration, TextTierCalibration } from '../../catalog/text-calibration.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { milliseconds, type Rejection } from '../../recommend/reasons.js';
import { usableMemory } from '../../recommend/recommend.js';
import type { TextTier } from '../text-tier.js';
import { rateLocalText, rateRemoteText, type Refusal, type TextGiven } from './rate-text.js';
import type { RatedTextTier, TextEstimate, TextPlan } from './text-plan.js';
import type { TextRequirements } from './text-requirements.js';
import { textTiers } from './text-tiers.js';

export interface RecommendTextInput extends Omit<TextGiven, 'usable'> {
  readonly catalog: Catalog;
  /** Memory that models of this process hold: it counts as taken on the device, but it is theirs. */
  readonly loadedBytes: number;
  /** Most memory models may take, where the user set a limit. */
  readonly memoryCeilingBytes: number | undefined;
  readonly calibration: TextCalibration | undefined;
  /** Whether this host can ask an endpoint at all; without it no endpoint is used. */
  readonly canAsk?: ((endpoint: Endpoint) => boolean) | undefined;
  /** Ids of endpoints that cannot be asked now: they are left out where anything else can answer. */
  readonly away?: ReadonlySet<string> | undefined;
  /** Tiers that failed lately: left out until they have cooled down. */
  readonly failed: ReadonlySet<string>;
}

/** How far a placement is from the user. */
const DISTANCE: Readonly<Record<Placement, number>> = { device: 0, site: 1, cloud: 2 };
/** Nobody waits for text that comes slower than this when somebody else writes it faster. */
const LEAST_TOKENS_PER_SECOND = 2;
/** Below this charge, on battery, nothing is generated here. */
const BATTERY_FLOOR = 0.2;

/**
 * Which tiers may answer with text, and why not the others. Pure and deterministic.
 * @throws NoTierFitsError with every reason when nothing is left; UnknownDomainError; InvalidRequestError when the policy
 *   names no tier
 */
export function recommendText(input: RecommendTextInput): TextPlan {
  const { catalog, requirements, profile } = input;
  const given: TextGiven = { ...input, usable: usableMemory(input) };
  const rejected: Rejection[] = [];
  const fitting: RatedTextTier[] = [];
  const refuse = (tier: TextTier, why: Refusal): void =>
    void rejected.push({ tier: tier.id, variant: tier.kind === 'local' ? tier.variant.dtype : '', ...why });
  for (const tier of byPolicy(textTiers(catalog, requirements.domain), requirements)) {
    const rated = whyNotAtAll(tier, input) ?? rate(tier, given);
    const why = 'code' in rated ? rated : whyNot(tier, rated, input);
    if (why) refuse(tier, why);
    else fitting.push({ tier, estimate: rated as TextEstimate, calibration: calibrationOf(tier, input) });
  }
  const best = fastestVariants(fitting, refuse);
  const reachable = withoutAway(best, input, refuse);
  const ladder = withoutCrawling(reachable, refuse);
  if (ladder.length === 0) throw nothingFits(rejected, profile.host);
  return { ladder, rejected, catalogRevision: catalog.revision, ladderRevision: undefined };
}

const rate = (tier: TextTier, given: TextGiven): TextEstimate | Refusal =>
  tier.kind === 'local' ? rateLocalText(tier, given) : rateRemoteText(tier, given);

/** @throws InvalidRequestError */
function byPolicy(tiers: readonly TextTier[], { policy }: TextRequirements): readonly TextTier[] {
  if (policy === 'cascade') return tiers;
  const kept = tiers.filter(({ id }) => id === policy);
  if (kept.length > 0) return kept;
  throw new InvalidRequestError({
    message: `There is no tier "${policy}" that generates text.`,
    hint: `Use "cascade" or one of: ${[...new Set(tiers.map(({ id }) => id))].join(', ') || 'none'}.`,
    facts: { policy },
  });
}

function whyNotAtAll(
  tier: TextTier,
  { requirements: { residency }, failed, canAsk, profile: { power, thermal } }: RecommendTextInput,
): Refusal | undefined {
  const { placement } = tier;
  if (DISTANCE[placement] > DISTANCE[residency]) {
    const message = `it runs at ${placement}; the request may go no further than ${residency}`;
    return { code: 'residency', message };
  }
  if (failed.has(tier.id)) return { code: 'failed', message: 'it failed a moment ago and is tried again later' };
  if (tier.kind === 'remote') {
    return canAsk?.(tier.endpoint)
      ? undefined
      : { code: 'unreachable', message: 'this host was given no way to reach it' };
  }
  if (power.source === 'battery' && (power.batteryLevel ?? 1) < BATTERY_FLOOR) {
    return { code: 'power', message: 'the battery is below 20 %' };
  }
  return thermal === 'throttled' ? { code: 'thermal', message: 'the device is too hot for it' } : undefined;
}

function whyNot(
  tier: TextTier,
  { costUsd, firstTokenMs, tokensPerSecond, contextTokens }: TextEstimate,
  { requirements: { maxCostUsd, deadlineMs, maxTokens } }: RecommendTextInput,
): Refusal | undefined {
  if (maxCostUsd !== undefined && costUsd > maxCostUsd) {
    return { code: 'cost', message: `an answer costs about $${costUsd}; $${maxCostUsd} was allowed` };
  }
  const answerMs = firstTokenMs + (1000 * Math.min(maxTokens, contextTokens)) / tokensPerSecond;
  if (deadlineMs !== undefined && answerMs > deadlineMs) {
    const message = `${maxTokens} tokens take about ${milliseconds(answerMs)}; ${milliseconds(deadlineMs)} was allowed`;
    return { code: 'deadline', message };
  }
  return undefined;
}

type Refuse = (tier: TextTier, why: Refusal) => void;

/** One variant a model, and one model a file: the one that was calibrated, or else the fastest, or else the first. */
function fastestVariants(rated: readonly RatedTextTier[], refuse: Refuse): RatedTextTier[] {
  const pace = ({ calibration, estimate }: RatedTextTier): number => (calibration ? 1e9 : 0) + estimate.tokensPerSecond;
  const kept: RatedTextTier[] = [];
  for (const each of rated.toSorted((a, b) => pace(b) - pace(a))) {
    const better = kept.find((other) => isSame(other.tier, each.tier));
    if (!better) kept.push(each);
    else if (better.tier.id === each.tier.id)
      refuse(each.tier, { code: 'dominated', message: 'another variant of the same model is faster here' });
    else refuse(each.tier, { code: 'dominated', message: `${better.tier.id} has the same weights` });
  }
  return rated.filter((each) => kept.includes(each));
}

const isSame = (a: TextTier, b: TextTier): boolean =>
  a.id === b.id || (a.kind === 'local' && b.kind === 'local' && a.variant.weights.sha256 === b.variant.weights.sha256);

function withoutAway(
  rated: readonly RatedTextTier[],
  { away }: RecommendTextInput,
  refuse: Refuse,
): readonly RatedTextTier[] {
  const isAway = ({ tier }: RatedTextTier): boolean => tier.kind === 'remote' && away?.has(tier.id) === true;
  const near = rated.filter((each) => !isAway(each));
  if (near.length === 0 || near.length === rated.length) return rated;
  for (const { tier } of rated.filter(isAway)) refuse(tier, { code: 'unreachable', message: 'it does not answer now' });
  return near;
}

/** Where nothing but a slow kernel runs here, whoever else can answer does. */
function withoutCrawling(rated: readonly RatedTextTier[], refuse: Refuse): readonly RatedTextTier[] {
  const crawls = ({ tier, estimate }: RatedTextTier): boolean =>
    tier.kind === 'local' && estimate.tokensPerSecond < LEAST_TOKENS_PER_SECOND;
  const quick = rated.filter((each) => !crawls(each));
  if (quick.length === 0 || quick.length === rated.length) return rated;
  for (const { tier, estimate } of rated.filter(crawls)) {
    const message = `it writes ${estimate.tokensPerSecond.toFixed(1)} tokens/s with ${estimate.provider}; ${quick[0]!.tier.id} is faster`;
    refuse(tier, { code: 'dominated', message });
  }
  return quick;
}

/** What was measured of one variant, delta and template is not known of another. */
function calibrationOf(tier: TextTier, { calibration }: RecommendTextInput): TextTierCalibration | undefined {
  const variant = tier.kind === 'local' ? tier.variant.weights.sha256 : tier.endpoint.contentId;
  return calibration?.tiers.find(
    (each) =>
      each.tier === tier.id &&
      each.variant === variant &&
      each.delta === tier.delta?.contentId &&
      each.template === tier.template?.contentId,
  );
}

function nothingFits(rejected: readonly Rejection[], host: 'node' | 'browser'): NoTierFitsError {
  const reasons = rejected.map(
    ({ tier, variant, message }) => `${[tier, variant].filter(Boolean).join(' ')}: ${message}`,
  );
  const isMissing = host === 'node' && rejected.some(({ code }) => code === 'storage');
  return new NoTierFitsError({
    message: `No tier can answer with text. ${reasons.join('; ') || 'The catalog offers none'}.`,
    hint: isMissing
      ? 'Bring a model: `terrace models pull smollm2 --from FOLDER`, or `terrace models pull hf:owner/name`.'
      : 'Add an endpoint with the task text-generation, pull a text model, or give more memory or time.',
    facts: { rejected: rejected.length },
  });
}
