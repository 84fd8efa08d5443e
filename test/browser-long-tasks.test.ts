import { describe, expect, it } from 'vitest';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';

/** A busy machine gets a few. */
const TRIES = 3;

/** A first visit: everything is loaded, two models answer, and then many requests come at once. */
const BUSY_PAGE = `<!doctype html>
<meta charset="utf-8">
<script>
  const longTasks = [];
  const seen = (list) => list.getEntries().forEach(({ duration }) => longTasks.push(duration));
  const observer = new PerformanceObserver(seen);
  observer.observe({ type: 'longtask', buffered: true });
</script>
<script type="module">
  import { createBrowserRuntime } from '/terrace/index.js';
  const runtime = await createBrowserRuntime({ catalogUrl: '/models/catalog.json' });
  const ask = (text, policy) => runtime.run({ domain: 'clinc150', text, policy });
  const results = [await ask('what is my credit score', 'nano'), await ask('who are you', 'base')];
  await runtime.prepare({ domain: 'banking77' });
  results.push(...(await Promise.all(Array.from({ length: 50 }, (_, i) => ask('freeze my account ' + i, 'nano')))));
  await new Promise((resolve) => setTimeout(resolve, 100));
  seen({ getEntries: () => observer.takeRecords() });
  console.log('[' + JSON.stringify({ answers: results.map(({ tier }) => tier), longTasks }));
</script>`;

describe.skipIf(!HAS_CHROMIUM)('how long a page is held up (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it.each([
    ['at full speed', 1],
    ['on a processor that is four times slower', 4],
  ])('FIELD-BUG 16: no task of a page takes more than 50 ms, its first load included, %s', async (_, slowdown) => {
    // What else this machine does may hold up any task. What the runtime does itself would show at every try.
    for (let tries = 1; ; tries++) {
      const longTasks = await longTasksOfFirstVisit(slowdown);
      if (longTasks.length === 0) return;
      if (tries === TRIES) expect(longTasks).toEqual([]);
    }
  });

  /** Durations in milliseconds. Nothing but the page itself runs in it meanwhile. */
  async function longTasksOfFirstVisit(slowdown: number): Promise<number[]> {
    const site = await openSite({ pages: { '/': BUSY_PAGE } });
    const page = await (await browser.newProfile()).newPage();
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    const said = page.waitForEvent('console', { predicate: (message) => message.text().startsWith('[') });
    await page.goto(site.url);
    const { answers, longTasks } = JSON.parse((await said).text().slice(1)) as {
      answers: string[];
      longTasks: number[];
    };
    expect(new Set(answers)).toEqual(new Set(['nano', 'base']));
    await page.close();
    return longTasks;
  }
});
