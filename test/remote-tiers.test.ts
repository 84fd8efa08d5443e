import { createNodeRuntime } from '@terrace/node-host';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EASY, eventsOf, HARD } from './support/answers.js';
import { FAULTS, type Fault } from './support/faults.js';
import { BUILT_WORKER, endpointOf, SITE_KEY, siteOfThisFile, startBox } from './support/site.js';
import { temporaryHome } from './support/temporary-home.js';

const LONG_MS = 30_000;
const DOMAIN = 'clinc150';
/** Only questions meet faults; what a server says of itself does not. */
const QUESTIONS = /\/infer$/;

/** Everyday requests, in and out of the domain's scope. */
const TEXTS = [
  EASY,
  HARD,
  'is there a way to get my card replaced before friday',
  'my pin does not work any more what now',
  'what is the interest on my savings',
  'move two hundred from checking to savings',
  'did my paycheck come in yet',
  'how much did i spend on food last month',
  'can you tell me how long pasta has to boil',
  'what can i use instead of eggs in a cake',
  'book a table for four at the italian place tonight',
  'is the thai place on main street any good',
  'do i need a visa for japan',
  'what plug do they use in england',
  'my suitcase did not arrive',
  'how long is the flight to boston',
  'when do i have to change the oil',
  'the light with the exclamation mark is on in my car',
  'how far can i go on half a tank',
  'remind me to call my mother at six',
  'what is on my list for today',
  'take milk off the shopping list',
  'put on some music from the eighties',
  'speak a little slower please',
  'what does benevolent mean',
  'roll two dice',
  'are you a human being',
  'how tall is the highest mountain on mars',
  'who won the cup in nineteen ninety',
  'why does my neighbour sing at night',
];

const site = siteOfThisFile();

/** Makes every question meet this fault until the test is over. */
function meet(fault: Fault): void {
  const { proxy } = site;
  // A longer pause than anybody waits through, and the longest body that is read is far shorter than this.
  const plan = { paths: QUESTIONS, retryAfterSeconds: 60, hugeBytes: 64 * 1024 ** 2 };
  proxy.setFaults({ ...plan, rates: { [fault]: 1 } });
  onTestFinished(() => proxy.setFaults({ rates: {} }));
}

describe('a box that climbs to the site', { timeout: LONG_MS }, () => {
  it('answers as a device that holds both models', async () => {
    const box = await startBox(site.home);
    const both = await createNodeRuntime({ home: temporaryHome(), engineWorkerUrl: BUILT_WORKER });
    onTestFinished(() => both.close());
    for (const text of TEXTS) {
      // More than any answer reaches: every text climbs.
      const request = { domain: DOMAIN, text, minConfidence: 0.99999 };
      const [far, near] = [await box.run(request), await both.run(request)];
      expect([far.path, near.path]).toEqual([
        ['nano', 'site-base'],
        ['nano', 'base'],
      ]);
      expect(far.placement).toBe('site');
      expect(far.output).toMatchObject({ label: (near.output as { label: string }).label });
      expect(far.confidence).toBeCloseTo(near.confidence!, 4);
      expect(far.verdict).toMatchObject({ calibrated: true, degraded: undefined });
    }
  });

  it('asks the site for what is hard and keeps what is easy to itself', async () => {
    const box = await startBox(site.home);
    site.arrivals.length = 0;
    const [easy, hard] = [await box.run({ domain: DOMAIN, text: EASY }), await box.run({ domain: DOMAIN, text: HARD })];
    expect([easy.path, hard.path]).toEqual([['nano'], ['nano', 'site-base']]);
    expect([easy.sentBytes, hard.sentBytes > 0]).toEqual([0, true]);
    expect(site.arrivals).toMatchObject([{ path: '/v2/models/base%3Aclinc150/infer' }]);
    expect(site.arrivals[0]!.headers.authorization).toBe(`Bearer ${SITE_KEY}`);
  });
});

/** How a fault is called, how it is told as a degradation, and after how many requests nobody is sent there any more. */
interface Meaning {
  readonly code: string;
  readonly degraded: 'offline' | 'tier-failed';
  readonly opens: 'at once' | 'when it lasts' | 'for as long as it said';
}

const unreachable: Meaning = { code: 'ENDPOINT_UNREACHABLE', degraded: 'offline', opens: 'when it lasts' };
const wrongAnswer: Meaning = { code: 'REMOTE_ANSWER_INVALID', degraded: 'tier-failed', opens: 'at once' };
const overloaded: Meaning = { code: 'ENDPOINT_OVERLOADED', degraded: 'offline', opens: 'for as long as it said' };

const MEANINGS: Record<Exclude<Fault, 'black-hole' | 'slow-loris' | 'stall'>, Meaning> = {
  reset: unreachable,
  'lost-answer': unreachable,
  'reset-mid-body': unreachable,
  'short-body': unreachable,
  'truncated-json': wrongAnswer,
  'too-many-requests': overloaded,
  'server-error': { code: 'ENDPOINT_FAILED', degraded: 'tier-failed', opens: 'when it lasts' },
  unavailable: overloaded,
  html: wrongAnswer,
  redirect: wrongAnswer,
  'wrong-schema': wrongAnswer,
  'huge-body': wrongAnswer,
};
const SILENCES = FAULTS.filter((fault): fault is Exclude<Fault, keyof typeof MEANINGS> => !(fault in MEANINGS));

describe('a site that fails', { timeout: LONG_MS }, () => {
  const isQuestion = ({ path }: { path: string }): boolean => QUESTIONS.test(path);
  /** The texts of users that have arrived: golden questions are none. */
  const asked = (): number => site.arrivals.filter((each) => isQuestion(each) && each.body.includes(HARD)).length;

  it.each(Object.entries(MEANINGS))('by %s: answers, says why, and leaves it alone', async (fault, meaning) => {
    const box = await startBox(site.home);
    meet(fault as Fault);
    site.arrivals.length = 0;
    const first = await box.run({ domain: DOMAIN, text: HARD });
    expect(first).toMatchObject({ tier: 'nano', output: { kind: 'classification' }, verdict: { reason: 'cut-short' } });
    expect(eventsOf(first, 'failed')).toMatchObject([{ tier: 'site-base', code: meaning.code }]);
    expect(first.verdict.degraded).toBeDefined();
    // The breaker looks at a few calls first where one may be an accident.
    let after = first;
    for (let i = 0; i < 5 && meaning.opens === 'when it lasts'; i++)
      after = await box.run({ domain: DOMAIN, text: HARD });
    const sent = asked();
    if (meaning.opens !== 'when it lasts') expect(sent).toBe(1);
    for (let i = 0; i < 3; i++) after = await box.run({ domain: DOMAIN, text: HARD });
    expect(asked()).toBe(sent);
    expect(after).toMatchObject({ tier: 'nano', verdict: { degraded: meaning.degraded }, sentBytes: 0 });
    expect(eventsOf(after, 'failed')).toEqual([]);
    expect(site.proxy.counts.redirected).toEqual({ requests: 0, withKey: 0 });
    expect(JSON.stringify([first, after])).not.toContain(SITE_KEY);
  });

  it.each(SILENCES)('by %s: answers at the deadline, and leaves it alone', async (fault) => {
    const home = site.freshHome();
    const box = await startBox(home);
    await box.run({ domain: DOMAIN, text: EASY });
    meet(fault);
    site.proxy.setFaults({ stallMs: 60_000 });
    const { cancelled } = site.proxy.counts;
    // Time enough for a call of the length that the device expects, and to see that this one is longer.
    const deadlineMs = 200 + 6 * endpointOf(home).measuredMs;
    const endings: (string | undefined)[] = [];
    while (endings.at(-1) !== 'offline' && endings.length < 12) {
      const { tier, verdict } = await box.run({ domain: DOMAIN, text: HARD, deadlineMs });
      expect(tier).toBe('nano');
      endings.push(verdict.degraded);
    }
    expect(new Set(endings)).toEqual(new Set(['deadline', 'offline']));
    // Given up for real: the site learns of it.
    await expect.poll(() => site.proxy.counts.cancelled - cancelled, { timeout: LONG_MS }).toBeGreaterThanOrEqual(5);
  });
});
