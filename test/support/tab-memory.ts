import { readFileSync } from 'node:fs';
import type { CDPSession, Page, WebWorker } from 'puppeteer-core';

/** What one thread of a page holds when its garbage has been collected. */
interface Held {
  /** JavaScript heap in use. */
  readonly heapBytes: number;
  /** Living objects that listeners hang on: ports, channels, signals, workers, databases. */
  readonly targets: number;
  readonly promises: number;
}

/** Of a tab whose page has a runtime of its own. */
export interface TabMemory {
  readonly page: Held;
  readonly runtimeWorker: Held;
  /** Listeners of the page. */
  readonly listeners: number;
  readonly engineWorkers: number;
  /** What the browser counts as stored for the origin. */
  readonly storedBytes: number;
  /** Of all processes of the browser. */
  readonly residentBytes: number;
}

const workersOf = (page: Page, script: string): WebWorker[] =>
  page.workers().filter((worker) => worker.url().includes(script));

export const engineWorkersOf = (page: Page): number => workersOf(page, 'engine-worker').length;

export async function memoryOf(page: Page): Promise<TabMemory> {
  const session = await page.createCDPSession();
  const [runtimeWorker] = workersOf(page, 'runtime-worker');
  if (!runtimeWorker) throw new Error('the page has no runtime of its own');
  try {
    const held = { page: await heldBy(session), runtimeWorker: await heldBy(runtimeWorker.client) };
    const { jsEventListeners } = await session.send('Memory.getDOMCounters');
    const storedBytes = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    const engineWorkers = engineWorkersOf(page);
    return {
      ...held,
      listeners: jsEventListeners,
      engineWorkers,
      storedBytes,
      residentBytes: await residentBytes(page),
    };
  } finally {
    await session.detach();
  }
}

async function heldBy(thread: CDPSession): Promise<Held> {
  // What a first collection finalises, a second one frees.
  for (const _ of [1, 2]) await thread.send('HeapProfiler.collectGarbage');
  const { usedSize: heapBytes } = await thread.send('Runtime.getHeapUsage');
  return { heapBytes, targets: await countOf(thread, 'EventTarget'), promises: await countOf(thread, 'Promise') };
}

/** How many objects of a class, or of one derived from it, are alive. */
async function countOf(thread: CDPSession, name: string): Promise<number> {
  const objectGroup = 'counted';
  const { result } = await thread.send('Runtime.evaluate', { expression: `${name}.prototype`, objectGroup });
  const { objects } = await thread.send('Runtime.queryObjects', { prototypeObjectId: result.objectId!, objectGroup });
  const count = await thread.send('Runtime.callFunctionOn', {
    functionDeclaration: 'function () { return this.length; }',
    objectId: objects.objectId!,
    returnByValue: true,
  });
  await thread.send('Runtime.releaseObjectGroup', { objectGroup });
  return count.result.value as number;
}

async function residentBytes(page: Page): Promise<number> {
  const session = await page.browser().target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const kibibytes = processInfo.map(({ id }) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]);
  return kibibytes.reduce((sum, each) => sum + Number(each ?? 0) * 1024, 0);
}
