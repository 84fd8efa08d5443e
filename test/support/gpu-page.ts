import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SelfTestRecord } from '@terrace/core';
import type { Page } from 'playwright-core';
import { openSite } from './browser-of-suite.js';
import { PAGE_FOLDERS } from './browser.js';
import { changedCatalog } from './changed-catalog.js';
import type { StaticServer } from './static-server.js';

const CHANNEL = 'terrace-test-gpu';

/** Results of the GPU come back in reverse. */
export const WRONG_GPU = `
  const { getMappedRange } = GPUBuffer.prototype;
  GPUBuffer.prototype.getMappedRange = function (...args) {
    const range = getMappedRange.apply(this, args);
    if (this.usage & GPUBufferUsage.MAP_READ) new Float32Array(range).reverse();
    return range;
  };
`;

/** Results of the GPU come more than a second late. */
export const SLOW_GPU = `
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = async function (...args) {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    return mapAsync.apply(this, args);
  };
`;

/**
 * A server whose catalog says of `nano` that it computes much: by what is known before anything is measured, WebGPU is
 * the place for it.
 * @param flopsPerToken what it says
 * @param script runs in every engine worker before its own, with `channel` to the test
 */
export async function openGpuSite({
  flopsPerToken = 1e9,
  script = '',
}: { readonly flopsPerToken?: number; readonly script?: string } = {}): Promise<StaticServer> {
  const site = await openSite();
  const catalog = changedCatalog(({ models }) => {
    models.find(({ id }) => id === 'nano')!.flopsPerToken = flopsPerToken;
  });
  const worker = readFileSync(path.join(PAGE_FOLDERS['/terrace/']!, 'engine-worker.js'), 'utf8');
  const changed: Readonly<Record<string, string>> = {
    '/models/catalog.json': catalog,
    '/terrace/engine-worker.js': `{ const channel = new BroadcastChannel('${CHANNEL}'); ${script} }\n${worker}`,
  };
  site.intercept = ({ url = '' }, response) => {
    const content = changed[url];
    if (content === undefined) return false;
    response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'application/json').end(content);
    return true;
  };
  return site;
}

/** Takes the device of `GPU_WATCH` away as soon as it is given work. */
export const loseGpuWhenItComputes = (page: Page): Promise<void> =>
  page.evaluate((name) => {
    const channel = new BroadcastChannel(name);
    channel.postMessage('destroy when it computes');
    channel.close();
  }, CHANNEL);

/** Bytes of all buffers that `GPU_WATCH` knows of. */
export const gpuBufferBytes = (page: Page): Promise<number> =>
  page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const channel = new BroadcastChannel(name);
        const answered = ({ data }: MessageEvent<number>): void => {
          channel.close();
          resolve(data);
        };
        channel.addEventListener('message', answered, { once: true });
        channel.postMessage('count');
      }),
    CHANNEL,
  );

/** What is remembered of a provider that was tried with one model. */
export const verdictOn = (page: Page, provider: string): Promise<SelfTestRecord['verdict'] | undefined> =>
  page.evaluate(async (wanted) => {
    const valueOf = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error!));
      });
    const database = await valueOf(indexedDB.open('terrace-self-tests'));
    const records: SelfTestRecord[] = await valueOf(database.transaction('values').objectStore('values').getAll());
    database.close();
    return records.find((record) => record.provider === wanted)?.verdict;
  }, provider);
