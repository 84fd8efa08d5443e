import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeRuntime } from '@terrace/node-host';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EASY, eventsOf, HARD } from './support/answers.js';
import type { FaultPlan } from './support/faults.js';
import { endpointOf, siteOfThisFile, startBox } from './support/site.js';

const LONG_MS = 30_000;
const QUESTIONS = /\/infer$/;
const hard = { domain: 'clinc150', text: HARD };

const site = siteOfThisFile();

function meet(plan: FaultPlan): void {
  const { proxy } = site;
  proxy.setFaults({ paths: QUESTIONS, ...plan });
  onTestFinished(() => proxy.setFaults({ rates: {} }));
}

/** Questions that have arrived, without the network's own overhead. */
const questions = (): string[] => site.arrivals.filter((each) => QUESTIONS.test(each.path)).map(({ body }) => body);
const ofUsers = (): string[] => questions().filter((body) => body.includes(HARD));

/** Resolves when the site answers users again. */
async function comesBack(box: NodeRuntime): Promise<void> {
  const tier = async (): Promise<string> => (await box.run(hard)).tier;
  await expect.poll(tier, { timeout: LONG_MS, interval: 50 }).toBe('site-base');
}

/** The site has answered often enough for its usual time to be known. */
async function getToKnow(box: NodeRuntime): Promise<void> {
  for (let i = 0; i < 20; i++) expect((await box.run(hard)).tier).toBe('site-base');
}

describe('a site that asks to be left alone for a while', { timeout: LONG_MS }, () => {
  it.each(['too-many-requests', 'unavailable'] as const)('with %s is', async (fault) => {
    const box = await startBox(site.home);
    await box.run({ ...hard, text: EASY });
    meet({ rates: { [fault]: 1 }, retryAfterSeconds: 2 });
    site.arrivals.length = 0;
    const fromMs = performance.now();
    // Many at once: each of them is told so before the first one knows.
    const answers = await Promise.all(Array.from({ length: 8 }, () => box.run(hard)));
    expect(answers.map(({ tier }) => tier)).toEqual(Array.from({ length: 8 }, () => 'nano'));
    const told = questions().length;
    site.proxy.setFaults({ rates: {} });
    while (performance.now() - fromMs < 1900) {
      const { tier, verdict } = await box.run(hard);
      expect(tier).toBe('nano');
      expect(verdict.degraded).toMatch(/^(offline|tier-failed)$/);
      await sleep(50);
    }
    expect(questions()).toHaveLength(told);
    await comesBack(box);
    expect(performance.now() - fromMs).toBeGreaterThan(1900);
  });

  it('is not asked a second time because its answer is late', async () => {
    const box = await startBox(site.home);
    await getToKnow(box);
    site.arrivals.length = 0;
    // Short enough to be waited for.
    meet({ rates: { 'too-many-requests': 1 }, retryAfterSeconds: 1 });
    const fromMs = performance.now();
    const answer = box.run(hard);
    await expect.poll(questions, { timeout: LONG_MS }).toHaveLength(1);
    site.proxy.setFaults({ rates: {} });
    expect((await answer).tier).toBe('site-base');
    expect(performance.now() - fromMs).toBeGreaterThan(990);
    expect(questions()).toHaveLength(2);
  });
});

describe('a site that was not well', { timeout: LONG_MS }, () => {
  it('is asked its golden question, never a question of a user, until it answers', async () => {
    const box = await startBox(site.home);
    meet({ rates: { html: 1 } });
    await box.run(hard);
    site.arrivals.length = 0;
    const probes = async (): Promise<number> => {
      expect((await box.run(hard)).tier).toBe('nano');
      return questions().length;
    };
    await expect.poll(probes, { timeout: LONG_MS, interval: 20 }).toBeGreaterThanOrEqual(2);
    expect(ofUsers()).toEqual([]);
    site.proxy.setFaults({ rates: {} });
    await comesBack(box);
    const all = questions();
    const firstOfUsers = all.findIndex((body) => body.includes(HARD));
    // Each probe is the golden question that was written down when the tier was added.
    for (const body of all.slice(0, firstOfUsers)) expect(body).toContain(endpointOf(site.home).golden.text);
    expect(firstOfUsers).toBeGreaterThanOrEqual(3);
  });

  it('is out of the ladder while it is switched off, and in it when it is back', async () => {
    const box = await startBox(site.home);
    expect((await box.run(hard)).tier).toBe('site-base');
    await site.proxy.down();
    const first = await box.run(hard);
    expect(first).toMatchObject({ tier: 'nano', verdict: { kind: 'accept', degraded: 'offline' }, sentBytes: 0 });
    expect(eventsOf(first, 'failed')).toMatchObject([{ code: 'ENDPOINT_UNREACHABLE' }]);
    const waiting = await Promise.all([1, 2, 3].map(() => box.run({ ...hard, whenOffline: 'queue' })));
    for (const { tier, queued, requestId, trace } of waiting) {
      expect([tier, queued]).toEqual(['nano', requestId]);
      expect(trace.filter(({ kind }) => kind === 'failed')).toEqual([]);
    }
    site.arrivals.length = 0;
    await site.proxy.up();
    const answers = await Promise.all(waiting.map(({ requestId }) => box.queued!.wait(requestId)));
    for (const [i, answer] of answers.entries()) {
      expect(answer).toMatchObject({ kind: 'done', queued: { requestId: waiting[i]!.requestId } });
      const result = JSON.parse((answer as { result: string }).result) as object;
      expect(result).toMatchObject({ tier: 'site-base', output: { label: 'freeze_account' } });
    }
    // Once each, and in the order in which they were put off.
    const ids = ofUsers().map((body) => (JSON.parse(body) as { id: string }).id);
    expect(ids.map((id, i) => id.startsWith(waiting[i]!.requestId))).toEqual([true, true, true]);
    expect((await box.run(hard)).tier).toBe('site-base');
  });

  it('behind a network that swallows everything lets nobody wait, and comes back', async () => {
    const box = await startBox(site.freshHome());
    await box.run(hard);
    site.proxy.blackHole(true);
    onTestFinished(() => site.proxy.blackHole(false));
    const deadlineMs = 200 + 6 * endpointOf(site.home).measuredMs;
    const answers = await Promise.all(Array.from({ length: 16 }, () => box.run({ ...hard, deadlineMs })));
    for (const { tier, verdict } of answers) {
      expect(tier).toBe('nano');
      // The last ones may know already what became of the first.
      expect(verdict.degraded).toMatch(/^(deadline|offline)$/);
    }
    expect((await box.run(hard)).verdict.degraded).toBe('offline');
    // A probe is on its way that will never be answered.
    await sleep(400);
    site.proxy.blackHole(false);
    const fromMs = performance.now();
    await comesBack(box);
    expect(performance.now() - fromMs).toBeLessThan(15_000);
  });
});

describe('two calls where one may be enough', { timeout: LONG_MS }, () => {
  it('are made when the first is late, and the loser is cancelled for real', async () => {
    const box = await startBox(site.home);
    await getToKnow(box);
    site.arrivals.length = 0;
    meet({ rates: { stall: 1 }, stallMs: 60_000 });
    const { cancelled, faults } = site.proxy.counts;
    const answer = box.run(hard);
    while (site.proxy.counts.faults.stall === faults.stall) await new Promise(setImmediate);
    site.proxy.setFaults({ rates: {} });
    const { tier, trace } = await answer;
    expect(tier).toBe('site-base');
    expect(eventsOf({ trace }, 'call')).toMatchObject([{ calls: 2 }]);
    await expect.poll(() => site.proxy.counts.cancelled, { timeout: LONG_MS }).toBe(cancelled + 1);
    expect(ofUsers()).toHaveLength(2);
  });

  it('begin together when there is no time for one after the other', async () => {
    site.proxy.delayMs(60);
    onTestFinished(() => site.proxy.delayMs(0));
    const home = await site.addedAgain();
    meet({ rates: { stall: 1 }, stallMs: 60_000 });
    // Only just room for a call of the length that is to be expected in the worst case.
    const deadlineMs = 3 * endpointOf(home).measuredMs + 50;
    for (let tries = 1; ; tries++) {
      const box = await startBox(home);
      // Measures the device and loads nothing.
      await box.run({ ...hard, residency: 'device', policy: 'small' }).catch(() => undefined);
      const { cancelled } = site.proxy.counts;
      const { tier, verdict, trace } = await box.run({ domain: 'clinc150', text: EASY, deadlineMs });
      // On a busy machine the time left may be too short for the site by then.
      if (eventsOf({ trace }, 'hedge').length === 0 && tries < 5) continue;
      expect(eventsOf({ trace }, 'hedge')).toMatchObject([{ tier: 'site-base' }]);
      expect([tier, verdict.kind]).toEqual(['nano', 'accept']);
      await expect.poll(() => site.proxy.counts.cancelled, { timeout: LONG_MS }).toBe(cancelled + 1);
      return;
    }
  });
});
