import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeOfThisFile, type Answer, type Failure } from './support/answers.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { serverOfThisFile } from './support/running-server.js';
import { startScriptedUpstream } from './support/scripted-upstream.js';

const server = serverOfThisFile();
const home = homeOfThisFile();

interface Rung {
  readonly id: string;
  readonly placement: string;
  readonly health: string;
  readonly breaker: string | null;
  readonly runs: number;
  readonly p50Ms: number | null;
  readonly price: { readonly currency: string } | null;
  readonly dataResidency: string | null;
  readonly serves: string | null;
  readonly redact: boolean;
  readonly key: { readonly variable: string; readonly set: boolean } | null;
}
interface Added {
  readonly file: string;
  readonly endpoint: { readonly id: string; readonly serves?: { readonly model: string } };
  readonly notes: readonly string[];
}

const tiers = async (...args: string[]): Promise<Rung[]> => {
  const { code, stderr, json } = await terrace(['tiers', ...args, '--json'], { home });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return json<{ tiers: Rung[] }>().tiers;
};
const add = (...args: string[]) => terrace(['tiers', 'add', ...args, '--json'], { home });

describe('terrace tiers', () => {
  it('lists what is on the device, and asks nobody', async () => {
    const rungs = await tiers('--offline');
    expect(rungs.map(({ id, placement, health }) => [id, placement, health])).toEqual([
      ['nano', 'device', 'up'],
      ['small', 'device', 'up'],
      ['base', 'device', 'up'],
      ['base', 'device', 'up'],
    ]);
  });

  it('adds another Terrace by its address: its ladder, and a model whose scores fuse', async () => {
    const ladder = await add(server.url, '--id', 'site', '--residency-label', 'plant 7');
    expect(ladder).toMatchObject({ code: 0, stderr: '' });
    expect(ladder.json<Added>()).toMatchObject({
      endpoint: { placement: 'site', protocol: 'oip', model: 'auto:{domain}', domains: ['banking77', 'clinc150'] },
      notes: [],
    });
    const base = (await add(server.url, '--id', 'site-base', '--model', 'base')).json<Added>();
    const { deltas } = JSON.parse(readFileSync(path.join(SHIPPED, 'catalog.json'), 'utf8')) as {
      deltas: { id: string; contentId: string }[];
    };
    expect(base.endpoint.serves).toMatchObject({
      model: 'base',
      deltas: { clinc150: deltas.find(({ id }) => id === 'clinc150/base')!.contentId },
    });
    const rungs = await tiers('--domain', 'clinc150');
    expect(rungs.map(({ id, health, breaker, serves }) => [id, health, breaker, serves]).slice(-2)).toEqual([
      ['site-base', 'up', 'closed', 'base'],
      ['site', 'up', 'closed', null],
    ]);
    expect(rungs.at(-1)).toMatchObject({ dataResidency: 'plant 7', redact: false, key: { set: false } });
  });

  it('finds both in the catalog, well and unchanged', async () => {
    expect(await terrace(['models', 'verify'], { home })).toMatchObject({ code: 0 });
    const { json } = await terrace(['doctor', '--json'], { home });
    const { checks } = json<{ checks: { name: string; state: string; found: string }[] }>();
    expect(checks.filter(({ name }) => name.startsWith('endpoint ')).map(({ state }) => state)).toEqual(['ok', 'ok']);
  }, 60_000);

  it('counts what its own requests took', async () => {
    for (let i = 0; i < 3; i++) {
      const { json } = await terrace(
        ['run', 'what is my credit score', '--domain', 'clinc150', '--policy', 'site-base', '--json'],
        { home },
      );
      expect(json<Answer>()).toMatchObject({ tier: 'site-base', placement: 'site' });
    }
    const rung = (await tiers('--offline')).find(({ id }) => id === 'site-base');
    expect(rung).toMatchObject({ runs: 3, health: 'unknown', breaker: null, p50Ms: expect.any(Number) });
  }, 60_000);

  it('takes one out again', async () => {
    expect(await terrace(['tiers', 'remove', 'site-base'], { home })).toMatchObject({ code: 0 });
    expect((await tiers('--offline')).map(({ id }) => id)).not.toContain('site-base');
    expect(readdirSync(path.join(home, 'models/endpoints'))).toEqual(['site']);
  });

  it('adds a chat model with its prices, and its own place', async () => {
    const upstream = await startScriptedUpstream({
      models: ['llama'],
      chat: ({ messages }) => JSON.stringify({ label: String(messages.at(-1)?.content).replaceAll(' ', '_') }),
    });
    try {
      const prices = ['--price-input', '0.5', '--price-output', '1.5', '--currency', 'EUR', '--usd-per-unit', '1.08'];
      const where = ['--id', 'chat', '--placement', 'cloud', '--domain', 'clinc150'];
      const { code, json } = await add(upstream.url, ...where, ...prices);
      expect(code).toBe(0);
      expect(json<Added>().endpoint).toMatchObject({
        protocol: 'openai',
        model: 'llama',
        price: { currency: 'EUR', usdPerUnit: 1.08, perMillionInputTokens: 0.5, perMillionOutputTokens: 1.5 },
        golden: { domain: 'clinc150' },
      });
      const { stdout } = await terrace(['tiers', '--offline'], { home });
      expect(stdout).toContain('0.5 EUR in, 1.5 EUR out per million tokens');
    } finally {
      await upstream.close();
    }
    // Its server is gone now.
    expect((await tiers()).find(({ id }) => id === 'chat')).toMatchObject({
      health: 'down',
      breaker: 'open',
      redact: true,
    });
  });
});

describe('terrace tiers refuses', () => {
  const refused = async (...args: string[]): Promise<[number | null, string, string]> => {
    const fresh = temporaryFolder();
    const { code, json } = await terrace(['tiers', ...args, '--json'], { home: fresh });
    expect(readdirSync(fresh).filter((name) => name === 'models')).toEqual([]);
    const { error } = json<Failure>();
    return [code, error.code, error.message];
  };

  it.each([
    [['nonsense'], 'INVALID_REQUEST', 'There is no `terrace tiers nonsense`.'],
    [['add'], 'INVALID_REQUEST', 'The last argument is missing.'],
    [['add', 'http://api.example.com'], 'INVALID_REQUEST', 'not encrypted'],
    [['add', 'https://me:pass@api.example.com'], 'INVALID_REQUEST', 'password'],
    [['add', 'http://localhost', '--task', 'poetry'], 'INVALID_REQUEST', 'no task'],
    [['add', 'http://localhost', '--price-per-call', 'much'], 'INVALID_REQUEST', 'an amount'],
    [['remove', 'site'], 'INVALID_REQUEST', 'No endpoint "site" was added.'],
    [['--domain', 'law'], 'UNKNOWN_DOMAIN', 'no domain "law"'],
  ])('%j', async (args, error, message) => {
    expect(await refused(...args)).toEqual([2, error, expect.stringContaining(message)]);
  });

  it('what does not answer, and what is there already, and writes nothing', async () => {
    const before = readFileSync(path.join(home, 'models/catalog.json'), 'utf8');
    const dead = await add('http://127.0.0.1:9', '--id', 'dead');
    expect(dead).toMatchObject({ code: 1 });
    expect(dead.json<Failure>().error.code).toBe('ENDPOINT_UNREACHABLE');
    const twice = await add(server.url, '--id', 'site');
    expect(twice.json<Failure>().error).toMatchObject({
      code: 'INVALID_REQUEST',
      hint: expect.stringContaining('--replace'),
    });
    const noModel = await add(server.url, '--id', 'none', '--protocol', 'oip', '--model', 'huge');
    expect(noModel.code).not.toBe(0);
    expect(readFileSync(path.join(home, 'models/catalog.json'), 'utf8')).toBe(before);
  });

  it('where signatures are required and nobody can sign', async () => {
    const strict = temporaryFolder();
    writeFileSync(path.join(strict, 'terrace.config.json'), JSON.stringify({ requireSignatures: true }));
    const without = await terrace(['tiers', 'add', server.url, '--json'], { home: strict });
    expect(without.json<Failure>().error.message).toContain('no key to sign with');
    await terrace(['keys', 'create', '--owner', 'plant'], { home: strict });
    expect(await terrace(['tiers', 'add', server.url, '--id', 'site'], { home: strict })).toMatchObject({ code: 0 });
    expect(readdirSync(path.join(strict, 'models/endpoints/site'))).toEqual(['endpoint.json', 'endpoint.sig.json']);
    const { code } = await terrace(['recommend', '--domain', 'clinc150'], { home: strict });
    expect(code).toBe(0);
  }, 30_000);
});
