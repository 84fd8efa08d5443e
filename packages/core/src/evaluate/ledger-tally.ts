import type { FeedbackRecord, OutcomeRecord } from '../ports/ledger.js';
import { createLatencyCount, createRightCount, type LatencyCount, type RightCount } from './counts.js';
import { createDriftWindows } from './drift.js';
import { createMemoryCount } from './memory-count.js';
import { isFromMemory } from './from-memory.js';
import type { CloudReference, LedgerReport, Part, Placement } from './ledger-report.js';

/** Calls from which on their bodies tell what a body takes beside the text. */
const ENOUGH_CALLS = 20;

/** Adds up a ledger of any length; what it keeps does not grow with it. */
export interface LedgerTally {
  /** Newest first. @param lastWord on this request */
  add(outcome: OutcomeRecord, lastWord: Pick<FeedbackRecord, 'right'> | undefined): void;
  /** @param maxRisk what drift is measured against; the confidences of the answers themselves by default */
  report(maxRisk?: number): LedgerReport;
}

/** Adds up a ledger page by page, so that its length takes no memory. @param cloud where everything could have gone */
export function createLedgerTally(cloud: CloudReference): LedgerTally {
  const counts = {
    requests: 0,
    accept: 0,
    abstain: 0,
    failed: 0,
    aborted: 0,
    degraded: 0,
    climbed: 0,
    leftDevice: 0,
    cloudCalls: 0,
    audited: 0,
  };
  const sums = { costUsd: 0, energyJoules: 0, sentBytes: 0, textBytes: 0 };
  const allCloud = { costUsd: 0, overheadBytes: 0 };
  const measured = { calls: 0, overheadBytes: 0 };
  const feedback = createRightCount();
  const feedbackOnAccepted = createRightCount();
  const audit = createRightCount();
  const auditWeight = { all: 0, right: 0 };
  const tiers = new Map<string, { tier: string; placement: Placement; answers: number; right: RightCount }>();
  const latencies = new Map<Placement, LatencyCount>();
  const latency = createLatencyCount();
  const memory = createMemoryCount();
  const windows = createDriftWindows();
  let fromWallMs = Infinity;
  let toWallMs = -Infinity;

  /** @returns where words on its tier are counted; undefined where none ran */
  function addAnswer(outcome: OutcomeRecord): RightCount | undefined {
    const { tier, placement, totalMs, path } = outcome;
    latency.add(totalMs);
    if (isFromMemory(outcome)) return undefined;
    if (path.includes('+')) counts.climbed++;
    if (!latencies.has(placement)) latencies.set(placement, createLatencyCount());
    latencies.get(placement)!.add(totalMs);
    const key = JSON.stringify([tier, placement]);
    const known = tiers.get(key) ?? { tier, placement, answers: 0, right: createRightCount() };
    tiers.set(key, known);
    known.answers++;
    return known.right;
  }

  function addWord(outcome: OutcomeRecord, right: boolean, ofTier: RightCount | undefined): void {
    feedback.add(right);
    ofTier?.add(right);
    if (outcome.verdict !== 'accept') return;
    feedbackOnAccepted.add(right);
    // An answer that was given again would count twice, and one that was given to another question is not the tier's.
    if (!ofTier) return;
    const { domain, tier, confidence } = outcome;
    windows.add({ domain, tier, confidence, right });
    if (!outcome.audit) return;
    audit.add(right);
    const weight = outcome.auditProbability > 0 ? 1 / outcome.auditProbability : 0;
    auditWeight.all += weight;
    if (right) auditWeight.right += weight;
  }

  function addSpending(outcome: OutcomeRecord): void {
    const { placement, sentBytes, textBytes } = outcome;
    for (const field of ['costUsd', 'energyJoules', 'sentBytes', 'textBytes'] as const) sums[field] += outcome[field];
    const { task, domain, tokens, cache } = outcome;
    // A hit has read no token, and would have been a call like the first one.
    const calledTokens = isFromMemory(outcome) ? cache!.savedTokens : tokens;
    allCloud.costUsd += cloud.costPerCallUsd({ task, domain, tokens: calledTokens });
    allCloud.overheadBytes += cloud.overheadBytes(outcome);
    if (sentBytes === 0) return;
    counts.leftDevice++;
    // A call whose answer was not used has been made all the same.
    if (placement !== 'site') counts.cloudCalls++;
    if (placement !== cloud.placement) return;
    measured.calls++;
    measured.overheadBytes += sentBytes - textBytes;
  }

  return {
    add(outcome, lastWord) {
      counts.requests++;
      counts[outcome.verdict]++;
      if (outcome.degraded) counts.degraded++;
      if (outcome.audit) counts.audited++;
      fromWallMs = Math.min(fromWallMs, outcome.atWallMs);
      toWallMs = Math.max(toWallMs, outcome.atWallMs);
      addSpending(outcome);
      memory.add(outcome);
      if (outcome.verdict === 'failed' || outcome.verdict === 'aborted') return;
      const ofTier = addAnswer(outcome);
      if (lastWord) addWord(outcome, lastWord.right, ofTier);
    },

    report(maxRisk) {
      const { requests } = counts;
      const part = (count: number): Part => ({ count, share: requests === 0 ? undefined : count / requests });
      const joules = cloud.energyPerCallJoules;
      const overheadBytes =
        measured.calls >= ENOUGH_CALLS ? (measured.overheadBytes / measured.calls) * requests : allCloud.overheadBytes;
      const { id, placement, p50Ms, p95Ms, assumptions } = cloud;
      return {
        requests,
        fromWallMs: requests === 0 ? undefined : fromWallMs,
        toWallMs: requests === 0 ? undefined : toWallMs,
        answered: part(counts.accept + counts.abstain),
        accepted: part(counts.accept),
        abstained: part(counts.abstain),
        degraded: part(counts.degraded),
        failed: part(counts.failed),
        aborted: part(counts.aborted),
        climbed: part(counts.climbed),
        leftDevice: part(counts.leftDevice),
        cache: memory.report(part),
        tiers: [...tiers.values()]
          .toSorted((a, b) => b.answers - a.answers)
          .map(({ answers, right, ...tier }) => ({ ...tier, answers: part(answers), right: right.proportion() })),
        feedback: {
          given: part(feedback.proportion().n),
          right: feedback.proportion(),
          rightOfAccepted: feedbackOnAccepted.proportion(),
        },
        audit: {
          drawn: counts.audited,
          right: audit.proportion(),
          weightedShare: auditWeight.all === 0 ? undefined : auditWeight.right / auditWeight.all,
        },
        latency: {
          all: latency.summary(),
          fromMemory: memory.latency(),
          byPlacement: Object.fromEntries([...latencies].map(([each, count]) => [each, count.summary()])),
        },
        costUsd: { total: sums.costUsd, allCloud: allCloud.costUsd },
        energyJoules: {
          total: sums.energyJoules + counts.cloudCalls * (joules ?? 0),
          allCloud: joules === undefined ? undefined : joules * requests,
        },
        sentBytes: { total: sums.sentBytes, allCloud: sums.textBytes + overheadBytes },
        cloud: { id, placement, p50Ms, p95Ms, assumptions },
        drift: windows.find(maxRisk),
      };
    },
  };
}
