import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FetchProgress } from '@terrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { openModelFolders, shippedModels } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { openContentStore } from '../content/content-store.js';
import { createFetcher } from '../fetch/fetcher.js';
import { planPull } from './plan-pull.js';
import { contentsOf } from './pull-plan.js';
import { runPull, type Pulling } from './run-pull.js';

/** A device with nothing, and a plan to bring the smallest model from the shipped folder. */
async function setUp(onProgress: (progress: FetchProgress) => void, signal = new AbortController().signal) {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-pull-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [shipped, overlay] = [path.join(root, 'shipped'), path.join(root, 'home/models')];
  mkdirSync(shipped);
  await rebuildCatalog(shipped, []);
  const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
  const store = await openContentStore(path.join(root, 'home/store'), { storage });
  const transport = { fetch, clock: systemClock, random: Math.random, allowHttp: false };
  const fetcher = createFetcher({ store, transport, hub: 'https://hub.invalid' });
  const source = await fetcher.open(shippedModels(), signal);
  const folders = await openModelFolders({ shipped, added: overlay, fetcher });
  const local = { catalog: folders.current(), presence: folders.presence, locate: folders.locate };
  const trust = { home: path.join(root, 'home'), clock: systemClock };
  const plan = await planPull(source, { wish: { ids: ['nano'], providers: ['cpu'] }, local, trust, signal });
  const pulling: Pulling = { plan, source, fetcher, overlay, shipped, signal, onProgress };
  return { pulling, store, overlay, plan };
}

describe('a pull', () => {
  it('FIELD-BUGS 20: has a total across all files from the first event on', async () => {
    const events: FetchProgress[] = [];
    const { pulling, plan } = await setUp((event) => events.push(event));
    await runPull(pulling);
    const totalBytes = contentsOf(plan).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(contentsOf(plan).length).toBeGreaterThan(2);
    expect(events[0]).toMatchObject({ doneBytes: 0, totalBytes });
    expect(events.at(-1)).toMatchObject({ doneBytes: totalBytes, totalBytes });
    expect(new Set(events.map((event) => event.totalBytes)).size).toBe(1);
    const done = events.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('FIELD-BUGS 13: that is cancelled installs nothing, and the next one brings the rest', async () => {
    const controller = new AbortController();
    const { pulling, overlay, store } = await setUp(({ doneBytes, totalBytes }) => {
      if (doneBytes > totalBytes / 2) controller.abort(new Error('enough'));
    }, controller.signal);
    await expect(runPull(pulling)).rejects.toThrow('enough');
    expect(existsSync(path.join(overlay, 'catalog.json'))).toBe(false);
    expect(readdirSync(path.join(store.root, 'users'))).toEqual([]);
    const rest: FetchProgress[] = [];
    const again = {
      ...pulling,
      signal: new AbortController().signal,
      onProgress: (event: FetchProgress) => void rest.push(event),
    };
    const { added } = await runPull(again);
    expect(added.models.map(({ id }) => id)).toEqual(['nano']);
    // Small files came the first time.
    expect(new Set(rest.map(({ file }) => file))).toEqual(new Set(['encoders/nano/model_q4.onnx']));
  });
});
