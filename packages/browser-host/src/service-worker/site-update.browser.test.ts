import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import type { ListedFile } from './file-list.js';
import { KeptFiles } from './kept-files.js';
import { sha256Of } from './sha256-of.js';
import { SiteRecords } from './site-records.js';
import { SiteState } from './site-state.js';
import { updateSite } from './site-update.js';

const LIST = new URL('/site/offline.json', location.href).href;
const MINUTE_MS = 60_000;
const bytesOf = (text: string) => new TextEncoder().encode(text);

interface Settings {
  readonly name: string;
  /** What is on the server, by path. */
  readonly files: Map<string, string>;
  readonly live: Set<string>;
  readonly clock: { nowWallMs: number };
  /** In the list, and not on the server. */
  readonly missing?: string;
}

/** The same site in one service worker after another. */
function openSite({ name, files, live, clock, missing }: Settings) {
  const wallMs = (): number => clock.nowWallMs;
  const state = new SiteState({
    records: new SiteRecords({ name, clock: systemClock }),
    listUrl: LIST,
    clock: { wallMs },
  });
  const kept = new KeptFiles({ name, listUrl: LIST });
  const fetched: string[] = [];
  const fetch = async (asked: unknown): Promise<Response> => {
    const path = new URL(String(asked)).pathname.slice('/site/'.length);
    if (path === 'offline.json') return new Response(await listOf(files));
    fetched.push(path);
    const text = path === missing ? undefined : files.get(path);
    return text === undefined ? new Response('', { status: 404 }) : new Response(text);
  };
  const matchAll = async () => [...live].map((id) => ({ id, url: '', postMessage: () => undefined }));
  const update = () =>
    updateSite({
      name,
      listUrl: LIST,
      state,
      kept,
      clients: { matchAll },
      fetch: fetch as typeof globalThis.fetch,
      clock: systemClock,
      onProgress: () => undefined,
    });
  return { state, kept, fetched, update };
}

async function listOf(contents: ReadonlyMap<string, string>): Promise<string> {
  const files: ListedFile[] = [];
  for (const [path, text] of contents)
    files.push({ path, bytes: bytesOf(text).length, sha256: await sha256Of(bytesOf(text)) });
  return JSON.stringify({ version: await sha256Of(bytesOf(JSON.stringify(files))), files });
}

describe('an update of a site', () => {
  let settings: Settings;
  const keptPaths = async (): Promise<string[]> =>
    (await (await caches.open(settings.name)).keys())
      .map(({ url }) => new URL(url).pathname.slice('/site/'.length))
      .toSorted();

  beforeEach(() => {
    const name = `terrace-site test ${crypto.randomUUID()}`;
    const files = new Map([
      ['a.js', 'a of one'],
      ['b.js', 'b of both'],
    ]);
    settings = { name, files, live: new Set(), clock: { nowWallMs: 0 } };
    onTestFinished(async () => {
      await caches.delete(name);
      indexedDB.deleteDatabase(name);
    });
  });

  it('fetches what the version before does not have, and makes it current at once', async () => {
    const first = openSite(settings);
    await first.update();
    const one = first.state.current!;
    settings.files.set('a.js', 'a of two');
    const second = openSite(settings);
    await second.state.load();
    expect(second.state.current!.id).toBe(one.id);
    await second.update();
    expect(second.fetched).toEqual(['a.js']);
    expect(second.state.current!.id).not.toBe(one.id);
    expect(await (await second.kept.read(second.state.current!.at('a.js')!))!.text()).toBe('a of two');
    expect(await (await second.kept.read(one.at('a.js')!))!.text()).toBe('a of one');
  });

  it('keeps a version as long as a page has it, and forgets it then', async () => {
    const site = openSite(settings);
    await site.update();
    const one = site.state.current!;
    await site.state.adopt(['page'], one);
    settings.live.add('page');
    settings.files.set('a.js', 'a of two');
    await site.update();
    settings.clock.nowWallMs += 2 * MINUTE_MS;
    const later = openSite(settings);
    await later.update();
    expect(later.state.versionOf('page')?.id).toBe(one.id);
    expect(await keptPaths()).toEqual(['a.js', 'a.js', 'b.js']);
    settings.live.delete('page');
    await later.update();
    expect(later.state.versionOf('page')).toBeUndefined();
    expect(later.state.versions()).toHaveLength(1);
    expect(await keptPaths()).toEqual(['a.js', 'b.js']);
  });

  it('forgets no page that is still being loaded', async () => {
    const site = openSite(settings);
    await site.update();
    await site.state.adopt(['page'], site.state.current!);
    settings.files.set('a.js', 'a of two');
    await site.update();
    settings.clock.nowWallMs += MINUTE_MS / 2;
    await site.update();
    expect(await keptPaths()).toEqual(['a.js', 'a.js', 'b.js']);
  });

  it('drops what is left of an update that another one overtook', async () => {
    await openSite(settings).update();
    const two = new Map([...settings.files, ['c.js', 'c of two'], ['d.js', 'd of two']]);
    const broken = openSite({ ...settings, files: two, missing: 'd.js' });
    await expect(broken.update()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(await keptPaths()).toEqual(['a.js', 'b.js', 'c.js']);
    settings.files.set('e.js', 'e of three');
    await openSite(settings).update();
    expect(await keptPaths()).toEqual(['a.js', 'b.js', 'e.js']);
  });

  it('finds out when what both versions have is damaged', async () => {
    await openSite(settings).update();
    const cache = await caches.open(settings.name);
    const [key] = (await cache.keys()).filter(({ url }) => url.includes('/b.js'));
    await cache.put(key!, new Response('b of bo'));
    settings.files.set('a.js', 'a of two');
    const site = openSite(settings);
    await site.update();
    expect(site.fetched.toSorted()).toEqual(['a.js', 'b.js']);
    expect(await (await site.kept.read(site.state.current!.at('b.js')!))!.text()).toBe('b of both');
  });

  it('is one for two workers that look at the same time', async () => {
    const [first, second] = [openSite(settings), openSite(settings)];
    await Promise.all([first.update(), second.update()]);
    expect([...first.fetched, ...second.fetched].toSorted()).toEqual(['a.js', 'b.js']);
    expect(second.state.current!.id).toBe(first.state.current!.id);
  });
});
