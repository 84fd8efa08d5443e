import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InvalidRequestError } from '@terrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { openContentStore } from '../content/content-store.js';
import { answerWith, sha256Of, startFileServer, type FileServer } from '../testing/file-server.js';
import { createFetcher, type Fetcher } from './fetcher.js';
import { parseHubAddress } from './hub-source.js';
import { hubSettings } from './open-fetcher.js';
import type { PullSource } from './pull-source.js';

const COMMIT = 'ab'.repeat(20);
const WEIGHTS = Buffer.alloc(5000, 3);
const CONFIG = Buffer.from('{"hidden_size":8}');
const TOKEN = 'hf_secret';
const REPOSITORY = `/someone/tiny/resolve/${COMMIT}`;
const blobOf = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
const TREE = [
  { type: 'directory', path: 'onnx', size: 0, oid: '0'.repeat(40) },
  { type: 'file', path: 'config.json', size: CONFIG.length, oid: blobOf(CONFIG) },
  {
    type: 'file',
    path: 'onnx/model_int8.onnx',
    size: WEIGHTS.length,
    oid: '0'.repeat(40),
    lfs: { oid: sha256Of(WEIGHTS), size: WEIGHTS.length },
  },
];

interface Hub {
  readonly hub: FileServer;
  readonly fetcher: Fetcher;
  open(address?: string): Promise<PullSource>;
}

async function setUp(tree: unknown = TREE): Promise<Hub> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-hub-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const hub = await startFileServer({
    '/api/models/someone/tiny/revision/main': JSON.stringify({ sha: COMMIT, siblings: [] }),
    [`/api/models/someone/tiny/tree/${COMMIT}`]: JSON.stringify(tree),
    [`${REPOSITORY}/config.json`]: CONFIG,
    [`${REPOSITORY}/onnx/model_int8.onnx`]: WEIGHTS,
  });
  const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
  const store = await openContentStore(root, { storage });
  const credentials = { origin: hub.address, token: TOKEN };
  const transport = { fetch, clock: systemClock, random: Math.random, allowHttp: false, credentials };
  const fetcher = createFetcher({ store, transport, hub: hub.address });
  return { hub, fetcher, open: (address = 'hf:someone/tiny') => fetcher.open(address, new AbortController().signal) };
}

const signal = new AbortController().signal;
const reasonOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

describe('a repository of the hub', () => {
  it('is pinned to the commit its branch has now, and knows its files with their hashes', async () => {
    const { open } = await setUp();
    const source = await open();
    expect(source.paths).toEqual(['config.json', 'onnx/model_int8.onnx']);
    expect(source.known('onnx/model_int8.onnx')).toEqual({ bytes: WEIGHTS.length, sha256: sha256Of(WEIGHTS) });
    expect(source.known('config.json')).toBeUndefined();
    expect([source.origin(''), source.origin('onnx')]).toEqual([
      `hf:someone/tiny@${COMMIT}`,
      `hf:someone/tiny@${COMMIT}/onnx`,
    ]);
  });

  it('checks small files by the id of their git blob', async () => {
    const { open, hub } = await setUp();
    const source = await open();
    expect(Buffer.from((await source.read('config.json', 1000, signal))!)).toEqual(CONFIG);
    hub.files.set(`${REPOSITORY}/config.json`, Buffer.from('{"hidden_size":9}'));
    expect(await reasonOf(source.read('config.json', 1000, signal))).toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });

  it('reads every page of a long list', async () => {
    const { open, hub } = await setUp();
    const first = answerWith(200, { link: `<${hub.address}/api/more>; rel="next"` }, JSON.stringify(TREE.slice(0, 2)));
    hub.files.set('/api/more', Buffer.from(JSON.stringify(TREE.slice(2))));
    hub.next.push((_, __, sound) => sound(), first);
    expect((await open()).paths).toEqual(['config.json', 'onnx/model_int8.onnx']);
  });

  it('gets the token, and another host that it redirects to does not', async () => {
    const { fetcher, hub } = await setUp();
    const storage = await startFileServer({ '/weights': WEIGHTS });
    hub.next.push(answerWith(302, { location: `${storage.address}/weights` }));
    const file = { path: 'models/tiny/model_int8.onnx', bytes: WEIGHTS.length, sha256: sha256Of(WEIGHTS) };
    await fetcher.fetch(`hf:someone/tiny@${COMMIT}/onnx`, file);
    expect(hub.requests).toMatchObject([
      { path: `${REPOSITORY}/onnx/model_int8.onnx`, authorization: `Bearer ${TOKEN}` },
    ]);
    expect(storage.requests).toMatchObject([{ authorization: undefined }]);
    expect(fetcher.store.has(file)).toBe(true);
  });

  it('keeps the token from other servers', async () => {
    const { fetcher } = await setUp();
    const other = await startFileServer({ '/weights.onnx': WEIGHTS });
    await fetcher.fetch(`${other.address}/`, {
      path: 'weights.onnx',
      bytes: WEIGHTS.length,
      sha256: sha256Of(WEIGHTS),
    });
    expect(other.requests).toMatchObject([{ authorization: undefined }]);
  });

  it('that is not there, or that is no hub, is told of', async () => {
    const { open, hub } = await setUp();
    expect((await reasonOf(open('hf:someone/else'))).message).toContain('has no someone/else at main');
    hub.next.push(answerWith(200, {}, '{"sha":"../../etc"}'));
    expect((await reasonOf(open())).message).toContain('does not answer as the hub does');
  });
});

describe('the address of a repository', () => {
  it.each([
    ['hf:a/b', { id: 'a/b', revision: 'main', folder: undefined }],
    ['hf:a/b@v1.0', { id: 'a/b', revision: 'v1.0', folder: undefined }],
    ['hf:a/b@refs/pr/1', { id: 'a/b', revision: 'refs/pr/1', folder: undefined }],
    [`hf:a/b@${COMMIT}/onnx`, { id: 'a/b', revision: COMMIT, folder: 'onnx' }],
  ])('%s is read', (address, parsed) => {
    expect(parseHubAddress(address)).toEqual(parsed);
  });

  it.each([['hf:'], ['hf:a'], ['hf:a/b/c'], ['hf:../b'], ['hf:a/b@../x'], ['hf:a/b@'], ['hf:a/b@x y']])(
    '%s is refused',
    (address) => {
      expect(() => parseHubAddress(address)).toThrow(InvalidRequestError);
    },
  );
});

describe('the hub', () => {
  it('is the one of the environment, then of the configuration, then of HF_ENDPOINT', () => {
    const HF_ENDPOINT = 'https://mirror.example/';
    expect(hubSettings({ HF_ENDPOINT, TERRACE_HUB: 'https://own.example' }, { hub: 'https://set.example' }).hub).toBe(
      'https://own.example',
    );
    expect(hubSettings({ HF_ENDPOINT }, { hub: 'https://set.example' }).hub).toBe('https://set.example');
    expect(hubSettings({ HF_ENDPOINT, HF_TOKEN: 'x' })).toEqual({
      hub: 'https://mirror.example',
      hubToken: 'x',
      allowHttp: false,
    });
    expect(hubSettings({})).toMatchObject({ hub: 'https://huggingface.co', hubToken: undefined });
  });

  it('gets no token when only a configuration file names it: that may be anybody’s', () => {
    const configured = { hub: 'https://set.example/' };
    expect(hubSettings({ HF_TOKEN: 'x' }, configured)).toMatchObject({
      hub: 'https://set.example',
      hubToken: undefined,
    });
    expect(hubSettings({ HF_TOKEN: 'x', HF_ENDPOINT: 'https://else.example' }, configured).hubToken).toBeUndefined();
    for (const name of ['TERRACE_HUB', 'HF_ENDPOINT']) {
      expect(hubSettings({ HF_TOKEN: 'x', [name]: 'https://set.example' }, configured).hubToken).toBe('x');
    }
    expect(hubSettings({ HF_TOKEN: 'x' }, { hub: 'https://huggingface.co/' }).hubToken).toBe('x');
    expect(hubSettings({ HF_TOKEN: 'x' }).hubToken).toBe('x');
  });
});
