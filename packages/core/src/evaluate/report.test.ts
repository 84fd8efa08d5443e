import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedbackRecord, OutcomeRecord } from '../ports/ledger.js';
import { feedbackEntry, outcomeEntry } from '../testing/ledger-contract.js';
import { proportion } from './binomial.js';
import type { CloudReference } from './ledger-report.js';
import { summariseLedger } from './report.js';
import { mean, quantile } from './summary.js';

const cloud: CloudReference = {
  id: 'big',
  placement: 'cloud',
  costPerCallUsd: ({ tokens }) => 0.001 + tokens * 0.0001,
  overheadBytes: () => 100,
  p50Ms: 800,
  p95Ms: 2000,
  energyPerCallJoules: 800,
  assumptions: ['nothing was measured'],
};

let ids = 0;
const outcome = (changes: Partial<OutcomeRecord> = {}): OutcomeRecord =>
  outcomeEntry({
    requestId: `r${(ids += 1)}`,
    degraded: false,
    audit: false,
    sentBytes: 0,
    costUsd: 0,
    energyJoules: 0,
    ...changes,
  }).record;
const word = ({ requestId }: OutcomeRecord, right: boolean): FeedbackRecord =>
  feedbackEntry({ requestId, right }).record;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const summarise = (
  outcomes: readonly OutcomeRecord[],
  feedback: readonly FeedbackRecord[] = [],
  reference: CloudReference = cloud,
) => summariseLedger({ outcomes, feedback, cloud: reference });

describe('a report', () => {
  it('of an empty ledger has no shares, no quantiles and no opinion', () => {
    const none = { count: 0, share: undefined };
    const noTimes = { n: 0, meanMs: undefined, p50Ms: undefined, p95Ms: undefined };
    const unknown = { n: 0, count: 0, share: undefined, interval: [0, 1] };
    expect(summarise([])).toStrictEqual({
      requests: 0,
      fromWallMs: undefined,
      toWallMs: undefined,
      answered: none,
      accepted: none,
      abstained: none,
      degraded: none,
      failed: none,
      aborted: none,
      climbed: none,
      leftDevice: none,
      cache: { exact: none, semantic: none, savedUsd: 0, savedTokens: 0, savedMs: 0, wrongAudits: unknown },
      tiers: [],
      feedback: { given: none, right: unknown, rightOfAccepted: unknown },
      audit: { drawn: 0, right: unknown, weightedShare: undefined },
      latency: { all: noTimes, fromMemory: noTimes, byPlacement: {} },
      costUsd: { total: 0, allCloud: 0 },
      energyJoules: { total: 0, allCloud: 0 },
      sentBytes: { total: 0, allCloud: 0 },
      cloud: { id: 'big', placement: 'cloud', p50Ms: 800, p95Ms: 2000, assumptions: ['nothing was measured'] },
      drift: [],
    });
  });

  it('says how requests ended, and counts every one of them', () => {
    const report = summarise([
      outcome({ atWallMs: 5 }),
      outcome({ atWallMs: 9, verdict: 'abstain' }),
      outcome({ atWallMs: 7, degraded: true }),
      outcome({ verdict: 'failed', path: '', atWallMs: 6 }),
      outcome({ verdict: 'aborted', path: '', atWallMs: 6 }),
    ]);
    expect(report).toMatchObject({
      requests: 5,
      fromWallMs: 5,
      toWallMs: 9,
      answered: { count: 3, share: 0.6 },
      accepted: { count: 2, share: 0.4 },
      abstained: { count: 1, share: 0.2 },
      degraded: { count: 1, share: 0.2 },
      failed: { count: 1, share: 0.2 },
      aborted: { count: 1, share: 0.2 },
    });
  });

  it('gives the share of each tier and placement, the climb rate, and what left the device', () => {
    const report = summarise([
      ...times(6, () => outcome()),
      ...times(2, () => outcome({ tier: 'base', path: 'nano+base' })),
      outcome({ tier: 'base', path: 'nano+base', placement: 'site', sentBytes: 90 }),
      // The site was asked, and the device's own answer was given in the end.
      outcome({ sentBytes: 90 }),
      // Nobody was there to send anything to.
      outcome({ verdict: 'failed', tier: 'big', path: '', placement: 'cloud' }),
    ]);
    expect(report.tiers.map(({ tier, placement, answers }) => [tier, placement, answers.share])).toEqual([
      ['nano', 'device', 7 / 11],
      ['base', 'device', 2 / 11],
      ['base', 'site', 1 / 11],
    ]);
    expect(report.climbed).toEqual({ count: 3, share: 3 / 11 });
    expect(report.leftDevice).toEqual({ count: 2, share: 2 / 11 });
  });

  it('counts what came from the cache as requests, and as the work of no tier', () => {
    const saved = { savedUsd: 0.5, savedTokens: 40, savedMs: 800 };
    const again = { tokens: 0, totalMs: 1, path: 'nano+base', tier: 'base', confidence: 0.99 };
    const exact = times(30, () => outcome({ ...again, cache: { kind: 'exact', ...saved } }));
    const alike = outcome({ ...again, cache: { kind: 'semantic', ...saved } });
    const audits = times(10, (n) =>
      outcome({ cache: { kind: 'audit', savedUsd: 0, savedTokens: 0, savedMs: 0, right: n > 0, probability: 0.02 } }),
    );
    const all = [...exact, alike, ...audits];
    const report = summarise(
      all,
      all.map((each) => word(each, each.cache!.kind === 'audit')),
    );
    expect(report.cache).toEqual({
      exact: { count: 30, share: 30 / 41 },
      semantic: { count: 1, share: 1 / 41 },
      savedUsd: 15.5,
      savedTokens: 1240,
      savedMs: 24_800,
      wrongAudits: proportion(1, 10),
    });
    expect(report.requests).toBe(41);
    expect(report.climbed.count).toBe(0);
    expect(report.tiers.map(({ tier, answers, right }) => [tier, answers.count, right.n])).toEqual([['nano', 10, 10]]);
    expect(report.latency.fromMemory).toMatchObject({ n: 31, meanMs: 1 });
    expect(report.latency.all.n).toBe(41);
    expect(report.latency.byPlacement.device?.n).toBe(10);
    // All of it wrong, and none of it the tier's.
    expect(report.drift).toEqual([]);
    // A hit would have been a call like the first one.
    expect(report.costUsd.allCloud).toBeCloseTo(31 * (0.001 + 40 * 0.0001) + 10 * (0.001 + 12 * 0.0001), 9);
  });

  it('takes the last word on each request, and none on what had no answer or is not here', () => {
    const answers = [outcome(), outcome({ verdict: 'abstain' }), outcome({ tier: 'base' }), outcome()];
    const failed = outcome({ verdict: 'failed', path: '' });
    const [first, second, third] = answers as [OutcomeRecord, OutcomeRecord, OutcomeRecord];
    const feedback = [
      word(first, true),
      word(first, false),
      word(second, false),
      word(third, true),
      word(failed, false),
      word(outcome(), false),
    ];
    const report = summarise([...answers, failed], feedback);
    expect(report.feedback).toEqual({
      given: { count: 3, share: 0.6 },
      right: proportion(2, 3),
      rightOfAccepted: proportion(2, 2),
    });
    expect(report.tiers.map(({ tier, right }) => [tier, right.count, right.n])).toEqual([
      ['nano', 1, 2],
      ['base', 1, 1],
    ]);
  });

  it('tells the audited answers from those somebody chose to speak about', () => {
    const audited = times(10, () => outcome({ audit: true, auditProbability: 0.01 }));
    const rare = outcome({ audit: true, auditProbability: 0.001 });
    const others = times(10, () => outcome());
    const words = [...audited.slice(0, 8).map((each) => word(each, true)), word(rare, false)];
    const report = summarise([...audited, rare, ...others], [...words, ...others.map((each) => word(each, false))]);
    expect(report.feedback.right).toEqual(proportion(8, 19));
    expect(report.audit).toEqual({ drawn: 11, right: proportion(8, 9), weightedShare: 800 / 1800 });
  });

  it('gives latencies of answers, overall and by placement', () => {
    const fromDevice = times(99, (i) => outcome({ totalMs: i + 1 }));
    const fromCloud = times(10, (i) => outcome({ totalMs: 500 + i, placement: 'cloud' }));
    const failed = outcome({ verdict: 'failed', path: '', totalMs: 1e6 });
    const { all, byPlacement } = summarise([...fromDevice, ...fromCloud, failed]).latency;
    expect(Object.keys(byPlacement).toSorted()).toEqual(['cloud', 'device']);
    for (const [latency, outcomes] of [
      [byPlacement.device, fromDevice],
      [byPlacement.cloud, fromCloud],
      [all, [...fromDevice, ...fromCloud]],
    ] as const) {
      const totals = outcomes.map(({ totalMs }) => totalMs);
      expect(latency!.n).toBe(totals.length);
      expect(latency!.meanMs).toBeCloseTo(mean(totals), 9);
      for (const [field, share] of [['p50Ms', 0.5] as const, ['p95Ms', 0.95] as const])
        expect(Math.abs(latency![field]! / quantile(totals, share) - 1)).toBeLessThan(0.0051);
    }
  });

  it('holds cost, energy and bytes against everything having gone to the cloud', () => {
    const call = { textBytes: 40, tokens: 10, energyJoules: 0.5 };
    const report = summarise([
      ...times(8, () => outcome(call)),
      outcome({ ...call, placement: 'site', sentBytes: 300 }),
      outcome({ ...call, placement: 'cloud', sentBytes: 500, costUsd: 0.003 }),
    ]);
    expect(report.costUsd.total).toBeCloseTo(0.003, 12);
    expect(report.costUsd.allCloud).toBeCloseTo(0.02, 12);
    expect(report.energyJoules).toEqual({ total: 5 + 800, allCloud: 8000 });
    expect(report.sentBytes).toEqual({ total: 800, allCloud: 400 + 1000 });
  });

  it('measures what a body takes beside the text once there were enough calls', () => {
    const calls = times(20, () => outcome({ textBytes: 40, placement: 'cloud', sentBytes: 1040 }));
    const report = summarise([...calls, ...times(20, () => outcome({ textBytes: 40 }))]);
    expect(report.sentBytes.allCloud).toBe(40 * 1040);
  });

  it('says nothing of the energy of a place it knows nothing of', () => {
    const site: CloudReference = { ...cloud, placement: 'site', energyPerCallJoules: undefined };
    const report = summarise([outcome({ energyJoules: 2 }), outcome({ placement: 'cloud', sentBytes: 1 })], [], site);
    expect(report.energyJoules).toEqual({ total: 2, allCloud: undefined });
  });

  it('warns of a tier that is wrong more often than it says, by accepted answers only', () => {
    const sure = { confidence: 0.99, domain: 'bank' };
    const wrong = times(20, () => outcome(sure));
    const right = times(80, () => outcome(sure));
    const feedback = [...wrong.map((each) => word(each, false)), ...right.map((each) => word(each, true))];
    expect(summarise([...wrong, ...right], feedback).drift).toMatchObject([
      { domain: 'bank', tier: 'nano', n: 100, wrong: 20, basis: 'confidence' },
    ]);
    const abstained = wrong.map((each) => ({ ...each, verdict: 'abstain' as const }));
    expect(summarise([...abstained, ...right], feedback).drift).toEqual([]);
    const lenient = summariseLedger({ outcomes: [...wrong, ...right], feedback, cloud, maxRisk: 0.3 });
    expect(lenient.drift).toEqual([]);
  });

  it('counts each request in one ending and each answer in one tier, and every share is one', () => {
    const anyOutcome = fc
      .record({
        verdict: fc.constantFrom('accept' as const, 'abstain' as const, 'failed' as const, 'aborted' as const),
        tier: fc.constantFrom('nano', 'base', 'big'),
        path: fc.constantFrom('nano', 'nano+base', 'base'),
        placement: fc.constantFrom('device' as const, 'site' as const, 'cloud' as const),
        degraded: fc.boolean(),
        audit: fc.boolean(),
        totalMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
        sentBytes: fc.nat(1000),
      })
      .map(outcome);
    fc.assert(
      fc.property(fc.array(anyOutcome, { maxLength: 40 }), fc.array(fc.boolean(), { maxLength: 40 }), (all, words) => {
        const feedback = words.flatMap((right, index) => (all[index] ? [word(all[index], right)] : []));
        const report = summarise(all, feedback);
        const { answered, accepted, abstained, failed, aborted, tiers, latency } = report;
        expect(accepted.count + abstained.count + failed.count + aborted.count).toBe(report.requests);
        expect(tiers.reduce((sum, { answers }) => sum + answers.count, 0)).toBe(answered.count);
        expect(tiers.reduce((sum, { right }) => sum + right.n, 0)).toBe(report.feedback.right.n);
        expect(latency.all.n).toBe(answered.count);
        expect(report.feedback.rightOfAccepted.n).toBeLessThanOrEqual(accepted.count);
        for (const { share } of [answered, report.climbed, report.leftDevice, report.degraded]) {
          if (report.requests > 0) expect(share).toBeGreaterThanOrEqual(0);
          if (report.requests > 0) expect(share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
