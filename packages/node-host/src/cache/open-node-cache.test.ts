import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RequestInput, Runtime, TextFace } from '@terrace/core';
import type { CacheOutcome } from '@terrace/core/cache';
import {
  createFakeCatalogSource,
  createMemoryLedger,
  exampleCalibration,
  exampleCatalog,
  exampleEndpoint,
} from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { exampleResult } from '../server/testing/fake-runtime.js';
import { systemClock } from '../system-clock.js';
import { cacheFileOf } from './cache-path.js';
import { openNodeCache, type NodeCacheOptions } from './open-node-cache.js';

const ASK: RequestInput = { task: 'text-classification', domain: 'bank', text: 'how much do i have' };

async function open(options: NodeCacheOptions = {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-cache-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const catalog = exampleCatalog();
  const distrusts = vi.fn<() => boolean>(() => false);
  const run = vi.fn<() => Promise<unknown>>(async () => exampleResult());
  const nothing = async (): Promise<void> => undefined;
  const plain = { run, stream: vi.fn<() => never>(), flush: nothing, close: nothing };
  const { runtime, forwardCache } = await openNodeCache(plain as unknown as Runtime & TextFace, {
    home,
    options,
    catalog: createFakeCatalogSource(catalog, exampleCalibration(catalog)),
    endpoints: [],
    routes: undefined,
    ledger: createMemoryLedger(),
    learning: { distrusts },
    clock: systemClock,
  });
  onTestFinished(() => runtime.close());
  const ask = async (): Promise<CacheOutcome | undefined> => {
    let told: CacheOutcome | undefined;
    await runtime.run(ASK, { onCache: (outcome) => (told = outcome) });
    await runtime.flush();
    return told;
  };
  const pass = (compute: () => Promise<string>) =>
    forwardCache.answer(
      {
        endpoint: exampleEndpoint({ id: 'site' }),
        body: { messages: [], temperature: 0 },
        tenant: '',
        wish: undefined,
        signal: undefined,
      },
      async () => ({
        requestId: 'passed-on',
        contentType: 'application/json',
        body: await compute(),
        costUsd: 0,
        sentBytes: 0,
        redacted: {},
        usage: undefined,
        spentBudget: undefined,
      }),
    );
  const forget = (): Promise<number> => runtime.cache.forget({});
  return { home, ask, distrusts, pass, forget };
}

it('keeps answers in the state folder, or in memory alone', async () => {
  const onDisk = await open();
  expect([await onDisk.ask(), await onDisk.ask()]).toEqual(['miss', 'exact']);
  expect(existsSync(cacheFileOf(onDisk.home))).toBe(true);
  const inMemory = await open({ memoryOnly: true });
  expect([await inMemory.ask(), await inMemory.ask()]).toEqual(['miss', 'exact']);
  expect(existsSync(cacheFileOf(inMemory.home))).toBe(false);
});

it('does not give again what a tier said that is not believed any more', async () => {
  const { ask, distrusts } = await open({ memoryOnly: true });
  await ask();
  distrusts.mockReturnValue(true);
  expect([await ask(), await ask()]).toEqual(['miss', 'exact']);
  distrusts.mockReturnValue(false);
  expect(await ask()).toBe('exact');
});

it('forgets chats that are passed on as well, also one that is under way', async () => {
  const whole = JSON.stringify({ choices: [{ finish_reason: 'stop' }] });
  const { pass, forget } = await open();
  const answer = vi.fn<() => Promise<string>>(async () => whole);
  let end: (body: string) => void = () => undefined;
  answer.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
  const slow = pass(answer);
  await vi.waitFor(() => expect(answer).toHaveBeenCalled());
  await forget();
  end(whole);
  await slow;
  expect((await pass(answer)).outcome).toBe('miss');
  // What is just being kept is forgotten as well.
  expect(await forget()).toBe(1);
  expect((await pass(answer)).outcome).toBe('miss');
});
