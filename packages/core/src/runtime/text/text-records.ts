import type { DecisionRecord, LedgerEntry, OutcomeRecord, TextFacts } from '../../ports/ledger.js';
import type { Random } from '../../ports/random.js';
import { energyOf } from '../../recommend/estimate.js';
import type { RatedTextTier, TextPlan } from '../../text/plan/text-plan.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';
import type { TextTier } from '../../text/text-tier.js';
import { errorCode } from '../records.js';
import type { TextResult } from './text-result.js';
import { sumUsage } from './text-usage.js';
import type { TierRun } from './tier-run.js';

/** Share of accepted answers that is marked for a later check, so that statistics stay unbiased. */
const AUDIT_SHARE = 0.01;

/** What is known of a request however it ends. */
export interface TextAccount {
  readonly requestId: string;
  readonly key: string | undefined;
  readonly request: TextRequest;
  readonly runs: readonly TierRun[];
  readonly decisions: readonly DecisionRecord[];
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
  readonly atWallMs: number;
}

/** What is kept of a request that was answered: never its text, never the answer. */
export function answeredEntries(
  account: TextAccount,
  { tier, placement, path, verdict, confidence }: TextResult,
  { catalogRevision, ladderRevision }: TextPlan,
  random: Random,
): LedgerEntry[] {
  const auditProbability = verdict.kind === 'accept' ? AUDIT_SHARE : 0;
  return entriesOf(account, {
    catalogRevision,
    ladderRevision,
    tier,
    placement,
    path: path.join('+'),
    verdict: verdict.kind,
    reason: verdict.reason,
    error: undefined,
    degraded: verdict.degraded !== undefined,
    confidence,
    audit: random() < auditProbability,
    auditProbability,
  });
}

/**
 * What is kept of one that ended without an answer, or whose reader went away.
 * @param plan none when planning itself failed
 * @param asked the tier that was asked last
 */
export function failedEntries(
  account: TextAccount,
  plan: Pick<TextPlan, 'catalogRevision' | 'ladderRevision'>,
  asked: RatedTextTier | undefined,
  error: unknown,
  isAborted: boolean,
): LedgerEntry[] {
  return entriesOf(account, {
    catalogRevision: plan.catalogRevision,
    ladderRevision: plan.ladderRevision,
    tier: asked?.tier.id ?? '',
    placement: asked?.tier.placement ?? 'device',
    path: '',
    verdict: isAborted ? 'aborted' : 'failed',
    reason: undefined,
    error: isAborted ? 'ABORTED' : errorCode(error),
    degraded: false,
    confidence: undefined,
    audit: false,
    auditProbability: 0,
  });
}

/** What names whoever computes a tier. */
export const variantOf = (tier: TextTier): string =>
  tier.kind === 'local' ? tier.variant.weights.sha256 : tier.endpoint.contentId;

/** How long it kept a core of this device busy. */
function busyMs(run: TierRun): number {
  if (run.rung.tier.kind === 'remote') return 0;
  const { timings } = run.end ?? {};
  return timings ? timings.prefillMs + timings.decodeMs : run.durationMs();
}

type Ending = Omit<OutcomeRecord, keyof ReturnType<typeof accountOf>>;

function entriesOf(account: TextAccount, ending: Ending): LedgerEntry[] {
  const record: OutcomeRecord = { ...ending, ...accountOf(account) };
  return [...runEntries(account), { kind: 'outcome', record }];
}

function accountOf({ requestId, key, request, runs, decisions, firstTokenMs, totalMs, atWallMs }: TextAccount) {
  const { inputTokens, outputTokens } = sumUsage(runs.map((run) => run.usage()));
  const tokensPerSecond = answering({ request, runs }).at(-1)?.tokensPerSecond();
  const text: TextFacts = { inputTokens, outputTokens, firstTokenMs, tokensPerSecond };
  return {
    requestId,
    atWallMs,
    task: request.task,
    domain: request.domain,
    subDomain: undefined,
    textBytes: request.textBytes,
    tokens: inputTokens + outputTokens,
    totalMs,
    costUsd: runs.reduce((sum, run) => sum + run.spent().costUsd, 0),
    sentBytes: runs.reduce((sum, run) => sum + run.spent().sentBytes, 0),
    energyJoules: energyOf(runs.reduce((sum, run) => sum + busyMs(run), 0)),
    decisions,
    ...(key !== undefined && { key }),
    text,
  };
}

/**
 * Those of this device that came to their end and waited for no load: statistics are about them. How long an endpoint
 * writes is not among them: the same endpoint may answer with labels, whose time is another one.
 */
function runEntries({ requestId, atWallMs, request, runs }: TextAccount): LedgerEntry[] {
  return answering({ request, runs }).flatMap((run): LedgerEntry[] => {
    const { tier } = run.rung;
    if (tier.kind === 'remote' || !run.end || run.spent().loadMs > 0) return [];
    const { inputTokens, outputTokens } = run.end.usage;
    const latencyMs = busyMs(run);
    const tokens = inputTokens + outputTokens;
    return [
      { kind: 'run', record: { requestId, atWallMs, variantId: variantOf(tier), tier: tier.id, tokens, latencyMs } },
    ];
  });
}

/** Without those that drew an answer anew to compare it with. */
const answering = ({ request, runs }: Pick<TextAccount, 'request' | 'runs'>): readonly TierRun[] =>
  runs.filter((run) => run.pieces.length === request.generation.n);
