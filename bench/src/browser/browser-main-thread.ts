import { readExamples } from '@terrace/node-host';
import { clincFiles, dataFolder, modelsFolder } from '../environment.js';
import { printFigures } from '../report.js';
import { openPages, timed } from './pages.js';

const REQUESTS = 300;

/** What the page's own thread does for a request, and whether it is ever held up, first load included. */
export async function browserMainThread(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: browser-main-thread (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const pages = await openPages(models);
  const page = await pages.load(await pages.newContext(), 'cascade');
  await page.evaluate(`
    globalThis.longTasks = [];
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask' });
  `);
  await page.evaluate('open()');
  const texts = rows.slice(0, REQUESTS).map(({ text }) => text);
  await timed(page, texts.slice(0, 20));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const taskMs = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
  };
  const before = await taskMs();
  await timed(page, texts);
  const perRequestMs = ((await taskMs()) - before) / REQUESTS;
  const longTasks = (await page.evaluate('longTasks')) as number[];
  await pages.close();
  printFigures(`The page's own thread, first load and ${REQUESTS} requests`, [
    {
      name: 'work a request',
      wanted: 'under 2 ms',
      measured: `${perRequestMs.toFixed(3)} ms`,
      holds: perRequestMs < 2,
    },
    {
      name: 'tasks longer than 50 ms',
      wanted: 'none',
      measured: longTasks.length === 0 ? 'none' : longTasks.map((ms) => `${ms.toFixed(0)} ms`).join(', '),
      holds: longTasks.length === 0,
    },
  ]);
}
