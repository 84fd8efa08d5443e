import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { groupOf, type KeptAnswer } from '@terrace/core/cache';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cacheFileOf } from '../../cache/cache-path.js';
import { openCacheFile } from '../../cache/open-cache-file.js';
import { cacheStats, clearCache, invalidateCache } from './cache.js';
import { createContext } from './doctor-context.js';
import { stores } from './doctor-stores.js';

function homeFolder(): string {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-cache-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

const answer = (key: string, tags: readonly string[]): KeptAnswer => ({
  key: key.padEnd(64, '0'),
  scope: 'a'.repeat(64),
  tenant: 'b'.repeat(64),
  tags,
  storedAtWallMs: Date.now(),
  expiresAtWallMs: Date.now() + 60_000,
  body: '{}',
  question: undefined,
});

async function keep(home: string): Promise<void> {
  const store = openCacheFile(home, () => undefined);
  await store.put([answer('1', ['news']), answer('2', ['news', 'shop']), answer('3', [])]);
  const group = groupOf({ task: 'text-classification', domain: 'bank', encoder: 'e'.repeat(64) });
  const row = { group, score: 1.5, probability: 1, atWallMs: 1 };
  await store.compare([
    { ...row, kind: 'shadow', right: true },
    { ...row, kind: 'audit', right: false },
    { ...row, group: 'of another version', kind: 'shadow', right: true },
  ]);
  await store.close();
}

/** What a command prints as JSON. */
async function printed(
  command: (flags: { home: string; json: true; tag?: string }) => Promise<number>,
  home: string,
  tag?: string,
) {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  expect(await command({ home, json: true, ...(tag !== undefined && { tag }) })).toBe(0);
  return JSON.parse(String(write.mock.calls.at(-1)![0])) as unknown;
}

describe('terrace cache', () => {
  it('says what is kept, and forgets what has a tag, or all of it', async () => {
    const home = homeFolder();
    await keep(home);
    expect(await printed(cacheStats, home)).toMatchObject({
      entries: 3,
      groups: [
        {
          task: 'text-classification',
          domain: 'bank',
          compared: 1,
          wrongAudits: { n: 1, count: 1 },
          standing: { state: 'shadow' },
        },
      ],
    });
    expect(await printed(invalidateCache, home, 'news')).toEqual({ forgotten: 2 });
    expect(await printed(invalidateCache, home, 'nothing')).toEqual({ forgotten: 0 });
    expect(await printed(clearCache, home)).toEqual({ forgotten: 1 });
    expect(await printed(cacheStats, home)).toMatchObject({ entries: 0 });
  });

  it('makes no file where no answer was ever kept', async () => {
    const home = homeFolder();
    expect(await printed(cacheStats, home)).toMatchObject({ entries: 0 });
    expect(await printed(clearCache, home)).toEqual({ forgotten: 0 });
    expect(existsSync(cacheFileOf(home))).toBe(false);
  });
});

describe('terrace doctor', () => {
  const examine = (home: string, fix: boolean) =>
    stores.run(createContext({ home, fix }, new AbortController().signal));

  it('finds nothing wrong with what is whole, or not there', async () => {
    const home = homeFolder();
    expect(await examine(home, false)).toMatchObject([{ state: 'ok' }]);
    await keep(home);
    expect(await examine(home, false)).toMatchObject([{ state: 'ok' }]);
  });

  it('sets a damaged cache and damaged documents aside when it is to put things right', async () => {
    const home = homeFolder();
    for (const name of ['cache.db', 'documents.db']) writeFileSync(path.join(home, name), 'no database '.repeat(500));
    expect((await examine(home, false)).map(({ state }) => state)).toEqual(['problem', 'problem']);
    expect((await examine(home, true)).map(({ state }) => state)).toEqual(['fixed', 'fixed']);
    const names = readdirSync(home);
    expect(names.filter((name) => /^(cache|documents)\.corrupt-.*\.db$/.test(name))).toHaveLength(2);
    expect(await examine(home, false)).toMatchObject([{ state: 'ok' }]);
  });
});
