import { describe, expect, it } from 'vitest';
import { findServer, type Wish } from './find-server.js';

const LISTS: Readonly<Record<string, unknown>> = {
  'http://site:8420/v2/models': { models: [{ name: 'terrace/auto:clinc150' }, 'terrace/auto:shop', 'base:clinc150'] },
  'http://other:8420/v2/models': { models: ['terrace/auto:shop'] },
  'https://api.example/v1/models': { data: [{ id: 'small' }, { id: 'large' }] },
  'http://localhost:11434/v1/models': { data: [{ id: 'only' }] },
  'http://page/v2/models': '<!doctype html>',
};
const asked: { url: string; authorization: string | null }[] = [];
const network = {
  isEncrypted: false,
  fetch: (async (url: string, { headers }: RequestInit) => {
    asked.push({ url, authorization: new Headers(headers).get('authorization') });
    if (url.includes('locked')) return new Response('no', { status: 401 });
    if (url.includes('page')) return new Response('<!doctype html>');
    if (!(url in LISTS)) throw new TypeError('Failed to fetch');
    return Response.json(LISTS[url]);
  }) as typeof fetch,
};
const find = (wish: Partial<Wish>, isEncrypted = false) =>
  findServer({ address: '', key: '', model: '', ...wish }, { ...network, isEncrypted });

describe('what answers at an address', () => {
  it('is a Terrace with the domains that the page has, too', async () => {
    expect(await find({ address: ' http://site:8420/ ', key: 'k' })).toEqual({
      kind: 'found',
      protocol: 'oip',
      url: 'http://site:8420',
      model: 'auto:{domain}',
      domains: ['clinc150'],
    });
    expect(asked.at(-1)?.authorization).toBe('Bearer k');
  });

  it('is a server of OpenAI’s protocol, with the model that was named or the only one', async () => {
    const large = { kind: 'found', protocol: 'openai', url: 'https://api.example/v1', model: 'large' };
    expect(await find({ address: 'https://api.example/v1', model: 'large' })).toEqual(large);
    expect(await find({ address: 'https://api.example', model: 'large' })).toEqual(large);
    expect(await find({ address: 'http://localhost:11434/v1' })).toMatchObject({ model: 'only' });
    expect(await find({ address: 'https://api.example/v1' })).toEqual({ kind: 'refused', why: 'noModel' });
  });

  it.each([
    ['', 'wrongAddress'],
    ['localhost:8420', 'wrongAddress'],
    ['http://me:secret@site:8420', 'wrongAddress'],
    ['javascript:alert(1)', 'wrongAddress'],
    ['http://nobody', 'noAnswer'],
    ['http://locked', 'keyRefused'],
    ['http://other:8420', 'noDomains'],
    ['http://page', 'noServer'],
  ])('is none for "%s": %s', async (address, why) => {
    expect(await find({ address })).toEqual({ kind: 'refused', why });
  });

  it('is not asked where the browser would refuse it anyway', async () => {
    const before = asked.length;
    expect(await find({ address: 'http://site:8420' }, true)).toEqual({ kind: 'refused', why: 'mixedContent' });
    expect(asked).toHaveLength(before);
    expect(await find({ address: 'http://localhost:11434/v1' }, true)).toMatchObject({ kind: 'found' });
  });
});
