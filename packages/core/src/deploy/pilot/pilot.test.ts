import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { LedgerEntry, OutcomeRecord } from '../../ports/ledger.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { outcomeEntry } from '../../testing/ledger-contract.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { RewardRecord } from '../rewards/reward-record.js';
import { checkPilotPlan } from './check-pilot.js';
import type { PilotKpi, PilotPlan, PilotReport } from './pilot-plan.js';
import { readPilot } from './read-pilot.js';

const DAY = 86_400_000;
const FROM = 100 * DAY;

const kpi = (metric: PilotKpi['metric'], value: number, kind: 'absolute' | 'relative' = 'absolute'): PilotKpi => ({
  metric,
  goal: { kind, value },
});

const plan = (changes: Partial<PilotPlan> = {}): PilotPlan => ({
  name: 'autumn',
  domain: undefined,
  kpis: [kpi('accuracy', 0.9)],
  baseline: { kind: 'figures', figures: { accuracy: 0.8, costUsd: 0.001, p95Ms: 100, errorShare: 0 } },
  fromWallMs: FROM,
  toWallMs: FROM + 10 * DAY,
  leastRequests: 200,
  ...changes,
});

interface Requests {
  readonly count: number;
  readonly from?: number;
  readonly cost?: number;
  readonly ms?: number;
  /** Share of right ones among those that somebody judged. */
  readonly right?: number;
  readonly judged?: number;
  readonly failed?: number;
  readonly routed?: string;
}

function requests({ count, from = FROM, cost = 0, ms = 10, right = 1, judged = 1, failed = 0, routed }: Requests) {
  const random = seededRandom(count + from);
  return Array.from({ length: count }, (_, i): LedgerEntry[] => {
    const requestId = `${from}-${routed ?? ''}-${i}`;
    const verdict = random() < failed ? 'failed' : 'accept';
    const decisions: OutcomeRecord['decisions'] = routed
      ? [
          {
            stage: 'route',
            window: 'w',
            path: '',
            chosen: routed,
            alternatives: { a: 0.5, b: 0.5 },
            confidence: undefined,
          },
        ]
      : [];
    const { record } = outcomeEntry({
      requestId,
      atWallMs: from + i,
      verdict,
      decisions,
      domain: 'clinc150',
      costUsd: cost * 2 * random(),
      totalMs: ms * (0.5 + random()),
    });
    const feedback = { requestId, atWallMs: from + i + 1, right: random() < right };
    return [
      { kind: 'outcome', record },
      ...(random() < judged
        ? [{ kind: 'feedback', record: { ...feedback, correction: undefined, comment: undefined } } as const]
        : []),
    ];
  }).flat();
}

async function judge(
  changes: Partial<PilotPlan>,
  entries: readonly LedgerEntry[],
  { atWallMs = FROM + 10 * DAY, rewards = [] }: { atWallMs?: number; rewards?: readonly RewardRecord[] } = {},
): Promise<PilotReport> {
  const ledger = createMemoryLedger();
  await ledger.append(entries);
  async function* pages() {
    yield rewards;
  }
  return readPilot({ plan: plan(changes), sources: { ledger, rewards: pages }, atWallMs });
}

describe('a pilot', () => {
  it('is a go when every goal is met for sure', async () => {
    const kpis = [kpi('accuracy', 0.9), kpi('costUsd', 0.8, 'relative'), kpi('p95Ms', 200), kpi('errorShare', 0.05)];
    const report = await judge({ kpis }, requests({ count: 600, right: 0.97, cost: 0.0005 }));
    expect(report).toMatchObject({ verdict: 'go', isFinal: true, requests: 600, labelled: 600, labels: 'feedback' });
    expect(report.findings.map(({ met }) => met)).toEqual(['yes', 'yes', 'yes', 'yes']);
    const [low, high] = report.findings[1]!.interval!;
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });

  it('is a no-go when one is missed for sure', async () => {
    const kpis = [kpi('accuracy', 0.9), kpi('p95Ms', 12)];
    const report = await judge({ kpis }, requests({ count: 600, right: 0.97 }));
    expect(report.verdict).toBe('no-go');
    expect(report.findings.map(({ met }) => met)).toEqual(['yes', 'no']);
  });

  it('is open while a goal may be met or not, and says about how much is missing', async () => {
    const report = await judge({}, requests({ count: 400, right: 0.92 }));
    expect(report.verdict).toBe('open');
    const { missing, value } = report.findings[0]!;
    expect(value).toBeCloseTo(0.92, 1);
    expect(missing?.of).toBe('labels');
    // Half as many again do not do, thousands more are not needed.
    expect(missing!.count).toBeGreaterThan(50);
    expect(missing!.count).toBeLessThan(20_000);
  });

  it('comes to no verdict before its end, however good it looks', async () => {
    const report = await judge({}, requests({ count: 600 }), { atWallMs: FROM + DAY });
    expect(report).toMatchObject({ verdict: 'open', isFinal: false });
    expect(report.findings[0]!.met).toBe('yes');
  });

  it('has shown nothing before it begins, nor where nobody asked anything', async () => {
    const kpis = [kpi('accuracy', 0.9), kpi('p95Ms', 100), kpi('costUsd', 1)];
    const report = await judge({ kpis }, [], { atWallMs: FROM - DAY });
    expect(report).toMatchObject({ verdict: 'open', requests: 0, labelled: 0 });
    for (const finding of report.findings) {
      expect(finding).toMatchObject({ value: undefined, interval: undefined, met: 'open' });
      expect(finding.missing).toEqual({ count: 200, of: 'requests' });
    }
  });

  it('does not judge accuracy without a label, nor latency where nothing was answered', async () => {
    const kpis = [kpi('accuracy', 0.9), kpi('p95Ms', 100)];
    const report = await judge({ kpis }, requests({ count: 300, failed: 1, judged: 0 }));
    for (const finding of report.findings) expect(finding).toMatchObject({ value: undefined, met: 'open' });
  });

  it('is compared with the time before', async () => {
    const before = requests({ count: 500, from: FROM - 5 * DAY, cost: 0.01, ms: 100 });
    const now = requests({ count: 500, cost: 0.002, ms: 20 });
    const baseline = { kind: 'period', fromWallMs: FROM - 7 * DAY, toWallMs: FROM } as const;
    const kpis = [kpi('costUsd', 0.5, 'relative'), kpi('p95Ms', 0.1, 'relative')];
    const report = await judge({ baseline, kpis }, [...before, ...now]);
    expect(report.requests).toBe(500);
    expect(report.findings.map(({ met }) => met)).toEqual(['yes', 'no']);
    expect(report.findings[0]!.baseline).toBeCloseTo(0.01, 3);
  });

  it('is compared with the requests that were drawn for the control group', async () => {
    const entries = [
      ...requests({ count: 400, routed: 'new', right: 0.99, cost: 0.001 }),
      ...requests({ count: 300, routed: 'old', right: 0.7, cost: 0.001 }),
      ...requests({ count: 50, right: 0 }),
    ];
    const baseline = { kind: 'control', model: 'old', share: 0.4 } as const;
    const report = await judge(
      { baseline, kpis: [kpi('accuracy', 1.1, 'relative'), kpi('costUsd', 2, 'relative')] },
      entries,
    );
    expect(report).toMatchObject({ requests: 400, verdict: 'go' });
    expect(report.findings[0]!.baseline).toBeCloseTo(0.7, 1);
  });

  it('says nothing of a factor of nothing but whether it is met', async () => {
    const kpis = [kpi('errorShare', 1, 'relative'), kpi('costUsd', 1, 'relative')];
    const figures = { errorShare: 0, costUsd: 0 };
    const baseline = { kind: 'figures', figures } as const;
    const dear = await judge({ baseline, kpis }, requests({ count: 400, cost: 0.1, failed: 0.2 }));
    for (const finding of dear.findings) expect(finding).toMatchObject({ met: 'no', interval: undefined });
    const free = await judge({ baseline, kpis }, requests({ count: 400 }));
    expect(free.findings.map(({ met }) => met)).toEqual(['open', 'yes']);
  });

  it('believes audits rather than people, and weighs them by how seldom they are', async () => {
    const entries = requests({ count: 1_000, right: 1, judged: 0.5 });
    const random = seededRandom(2);
    // Of easy answers, which are right, each tenth is looked at; of hard ones, half of which are, all.
    const rewards = Array.from({ length: 1_000 }, (_, i): RewardRecord[] => {
      const probability = i % 2 === 0 ? 0.1 : 1;
      if (random() >= probability) return [];
      const reward = i % 2 === 0 || random() < 0.5 ? 1 : 0;
      return [{ requestId: `${FROM}--${i}`, source: 'audit', atWallMs: FROM + i, model: 'm', reward, probability }];
    }).flat();
    const report = await judge({ kpis: [kpi('accuracy', 0.9)] }, entries, { rewards });
    expect(report).toMatchObject({ labels: 'audits', labelled: rewards.length, verdict: 'no-go' });
    expect(report.findings[0]!.value).toBeCloseTo(0.75, 1);
  });

  it('counts a record once that was written twice', async () => {
    const entries = requests({ count: 300 });
    expect((await judge({}, [...entries, ...entries])).requests).toBe(300);
  });

  it('leaves out what the cache answered, whichever side it would have been', async () => {
    const cache = { kind: 'exact', savedUsd: 1, savedTokens: 9, savedMs: 5 } as const;
    const again = Array.from({ length: 50 }, (_, i) =>
      outcomeEntry({ requestId: `again ${i}`, atWallMs: FROM + i, domain: 'clinc150', cache }),
    );
    expect((await judge({}, [...requests({ count: 300 }), ...again])).requests).toBe(300);
  });

  it('looks at its own domain only', async () => {
    expect((await judge({ domain: 'other' }, requests({ count: 300 }))).requests).toBe(0);
    expect((await judge({ domain: 'clinc150' }, requests({ count: 300 }))).requests).toBe(300);
  });

  it('reports the same twice', async () => {
    const kpis = [kpi('costUsd', 0.001), kpi('p95Ms', 15)];
    const entries = requests({ count: 300, cost: 0.001 });
    expect(await judge({ kpis }, entries)).toEqual(await judge({ kpis }, entries));
  });
});

describe('a plan of a pilot', () => {
  it.each([
    ['ends before it begins', { toWallMs: FROM - 1 }],
    ['has no date', { toWallMs: NaN }],
    ['has no goals', { kpis: [] }],
    ['has a goal that is no number', { kpis: [kpi('costUsd', NaN)] }],
    ['has a goal below 0', { kpis: [kpi('costUsd', -1)] }],
    ['wants more than every answer right', { kpis: [kpi('accuracy', 1.2)] }],
    ['has two goals for one metric', { kpis: [kpi('accuracy', 0.5), kpi('accuracy', 0.6)] }],
    ['names a metric nobody knows', { kpis: [kpi('beauty' as never, 1)] }],
    ['is compared with a figure it does not have', { kpis: [kpi('energyJoules', 1, 'relative')] }],
    ['is compared with a figure that is none', { baseline: { kind: 'figures', figures: { accuracy: NaN } } }],
    ['is compared with itself', { baseline: { kind: 'period', fromWallMs: FROM, toWallMs: FROM + DAY } }],
    ['has a control group of everybody', { baseline: { kind: 'control', model: 'a', share: 1 } }],
    ['wants no requests', { leastRequests: 0 }],
    ['has a name nobody can type', { name: 'a/b' }],
  ] as const)('that %s is refused', (_, changes) => {
    expect(() => checkPilotPlan(plan(changes))).toThrow(InvalidRequestError);
  });

  it('that makes sense is not', () => {
    expect(() => checkPilotPlan(plan())).not.toThrow();
  });
});
