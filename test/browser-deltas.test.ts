import type { FitAsk, FitProgress, FitReport } from '@terrace/core/deltas';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { outcomeOf, PageRuntime } from './support/page-runtime.js';

const LIMIT_MS = 5000;
const WORDS = [
  'gasket',
  'bearing',
  'oil filter',
  'piston',
  'valve',
  'fan belt',
  'clutch',
  'brake pad',
  'mirror',
  'pump',
];
const SAYINGS: Readonly<Record<string, readonly string[]>> = {
  order: ['i need a new', 'please order a'],
  send_back: ['i want to return a broken', 'give me a refund for the'],
  warranty: ['how long is the guarantee on the', 'is there still a warranty for my'],
};

const HOURS = { opening_hours: ['are you open when i come for the', 'how late can i pick up my'] };

/** Twenty rows of each label. */
const examples = (sayings: typeof SAYINGS): FitAsk['examples'] =>
  Object.entries(sayings)
    .flatMap(([label, starts]) => WORDS.flatMap((word) => starts.map((start) => ({ text: `${start} ${word}`, label }))))
    .map((row, index) => ({ ...row, line: index + 1 }));

const SPARE_PARTS: FitAsk = { domain: 'spare-parts', base: 'nano', examples: examples(SAYINGS) };
const WITH_HOURS: FitAsk = { ...SPARE_PARTS, examples: examples({ ...SAYINGS, ...HOURS }) };
const QUESTION = { domain: 'spare-parts', text: 'how late can i pick up the fan belt' };

interface Fitted {
  readonly report: FitReport;
  readonly progress: readonly FitProgress[];
  readonly tookMs: number;
}

function fit({ page }: PageRuntime, ask: FitAsk): Promise<Fitted> {
  const work = (asked: FitAsk) =>
    window.driver.attempt(async () => {
      const progress: FitProgress[] = [];
      const beganMs = performance.now();
      const report = await window.driver.runtime.deltas.fit(asked, { onProgress: (each) => progress.push(each) });
      return { report, progress, tookMs: performance.now() - beganMs };
    });
  return outcomeOf(page.evaluate(work, ask));
}

/** A method of the page's deltas that takes and gives data. */
function call<T>({ page }: PageRuntime, name: 'rollback' | 'promote' | 'revisions', ...args: string[]): Promise<T> {
  const work = ([method, given]: readonly ['rollback', [string]]) =>
    window.driver.attempt<unknown>(() => window.driver.runtime.deltas[method](...given));
  return outcomeOf(page.evaluate(work, [name, args] as never)) as Promise<T>;
}

async function labelOf(runtime: PageRuntime): Promise<string | undefined> {
  const { output } = await runtime.run(QUESTION);
  return output.kind === 'classification' ? output.label : undefined;
}

/** The page anew, with what its browser has kept. */
async function again(page: Page): Promise<PageRuntime> {
  await page.reload({ waitUntil: 'load' });
  return PageRuntime.open(page);
}

describe.skipIf(!HAS_CHROMIUM)('a page fits what its models answer (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('from some rows in seconds, keeps it, and goes back', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    await expect(runtime.run(QUESTION)).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    const { report, progress, tookMs } = await fit(runtime, SPARE_PARTS);
    expect(report).toMatchObject({ domain: 'spare-parts', promoted: true, decision: { reason: 'first' } });
    expect(report.rungs).toMatchObject([{ rung: 'nano', accuracy: { rows: 60 } }]);
    expect(tookMs).toBeLessThan(LIMIT_MS);
    expect(new Set(progress.map(({ stage }) => stage)).size).toBeGreaterThan(3);
    const order = { domain: 'spare-parts', text: 'i would like to order a mirror' };
    expect(await runtime.run(order)).toMatchObject({ output: { label: 'order' }, tier: 'nano' });
    expect(await labelOf(runtime)).not.toBe('opening_hours');

    const { page } = runtime;
    const next = await again(page);
    const { report: second } = await fit(next, { ...WITH_HOURS, promote: false });
    expect(await labelOf(next)).not.toBe('opening_hours');
    await call(next, 'promote', 'spare-parts', second.revision.id);
    expect(await labelOf(next)).toBe('opening_hours');
    expect(await call(next, 'rollback', 'spare-parts')).toEqual(report.revision);
    expect(await labelOf(next)).not.toBe('opening_hours');

    const last = await again(page);
    const kept = await call<{ revisions: { id: string }[]; inForce: string }>(last, 'revisions', 'spare-parts');
    expect(kept.revisions.map(({ id }) => id)).toEqual([second.revision.id, report.revision.id]);
    expect(kept.inForce).toBe(report.revision.id);
    await call(last, 'rollback', 'spare-parts');
    await expect(last.run(QUESTION)).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    await expect(call(last, 'rollback', 'spare-parts')).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
    expect((await last.told()).failures).toEqual([]);
  });

  it('and goes on as before when a fit is ended, refused, or finds no room', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const { page } = runtime;
    const { report } = await fit(runtime, SPARE_PARTS);
    const ended = (asked: FitAsk) =>
      window.driver.attempt(async () => {
        const control = new AbortController();
        const onProgress = ({ stage }: FitProgress): void => {
          if (stage === 'embedding') control.abort(new Error('changed my mind'));
        };
        await window.driver.runtime.deltas.fit(asked, { signal: control.signal, onProgress });
      });
    await expect(outcomeOf(page.evaluate(ended, WITH_HOURS))).rejects.toThrow('changed my mind');
    for (const [wrong, code] of [
      [{ ...SPARE_PARTS, domain: 'two-rows', examples: SPARE_PARTS.examples.slice(0, 2) }, 'INVALID_DATA'],
      [{ ...SPARE_PARTS, domain: 'one-label', examples: SPARE_PARTS.examples.slice(0, 20) }, 'INVALID_DATA'],
      [{ ...SPARE_PARTS, examples: [] }, 'INVALID_DATA'],
      [{ ...SPARE_PARTS, base: 'none' }, 'NO_TIER_FITS'],
    ] as const) {
      await expect(fit(runtime, wrong)).rejects.toMatchObject({ code });
    }
    const session = await page.context().newCDPSession(page);
    const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: usage });
    await expect(fit(runtime, WITH_HOURS)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await labelOf(runtime)).not.toBe('opening_hours');
    expect(await call(runtime, 'revisions', 'spare-parts')).toMatchObject({ inForce: report.revision.id });
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin });
    expect(await labelOf(await again(page))).not.toBe('opening_hours');
  });
});
