import { expect, it } from 'vitest';
import { homeOfThisFile, refusal } from './support/answers.js';
import { terrace } from './support/run-cli.js';

interface Recommended {
  readonly ladder: readonly string[];
  readonly meanMs: number;
  readonly tiers: readonly {
    tier: string;
    variant: string;
    placement: string;
    delta: string;
    memoryBytes: number;
    latencyMs: number;
    p95Ms: number;
    quality: number;
    basis: string;
  }[];
  readonly rejected: readonly { tier: string; variant: string; code: string; message: string }[];
  readonly certificate: { maxRisk: number; coverage: number; threshold: number } | null;
}

const where = { home: homeOfThisFile() };
const ROOMY = ['--memory', '2GiB'];

async function recommend(...flags: string[]): Promise<Recommended> {
  const { code, json } = await terrace(['recommend', '--domain', 'clinc150', '--json', ...flags], where);
  expect(code).toBe(0);
  return json<Recommended>();
}

it('recommends a ladder from nano to base with an estimate for every tier that fits', async () => {
  const { ladder, tiers, meanMs } = await recommend(...ROOMY);
  expect([ladder[0], ladder.at(-1)]).toEqual(['nano', 'base']);
  expect(meanMs).toBeGreaterThan(0);
  expect(tiers.map(({ tier }) => tier)).toEqual(['nano', 'small', 'base']);
  for (const tier of tiers) {
    expect(tier.placement).toBe('device');
    expect(tier.delta).toBe(`clinc150/${tier.tier}`);
    for (const value of [tier.memoryBytes, tier.latencyMs]) expect(value).toBeGreaterThan(0);
    expect(tier.p95Ms).toBeGreaterThanOrEqual(tier.latencyMs);
    expect(tier.quality).toBeGreaterThan(0.9);
  }
});

it('gives every variant that it does not use a reason', async () => {
  const { ladder, tiers, rejected } = await recommend(...ROOMY);
  const variants = ['nano q4', 'small int8', 'base int8', 'base q4'];
  const used = tiers.filter(({ tier }) => ladder.includes(tier)).map(({ tier, variant }) => `${tier} ${variant}`);
  const left = rejected.map(({ tier, variant }) => `${tier} ${variant}`);
  expect([...used, ...left].toSorted()).toEqual(variants.toSorted());
  for (const { code, message } of rejected) {
    expect(code).toMatch(/^[a-z]+$/);
    expect(message).not.toBe('');
  }
});

it('names larger tiers as slower, heavier and better', async () => {
  const [nano, small, base] = (await recommend(...ROOMY)).tiers;
  for (const field of ['latencyMs', 'memoryBytes', 'quality'] as const) {
    expect(small![field]).toBeGreaterThan(nano![field]);
    expect(base![field]).toBeGreaterThan(small![field]);
  }
});

it('shortens the ladder as memory shrinks, and says which tiers no longer fit', async () => {
  const limits = ['2GiB', '120MiB', '64MiB'];
  const recommended: Recommended[] = [];
  for (const limit of limits) recommended.push(await recommend('--memory', limit));
  const forMemory = recommended.map(({ rejected }) => rejected.filter(({ code }) => code === 'memory').length);
  expect(forMemory).toEqual(forMemory.toSorted((a, b) => a - b));
  expect(forMemory[0]).toBe(0);
  expect(recommended.at(-1)!.ladder).toEqual(['nano']);
  const base = recommended.at(-1)!.rejected.find(({ tier, variant }) => tier === 'base' && variant === 'int8');
  expect(base).toMatchObject({ code: 'memory', message: expect.stringMatching(/needs \d+ MiB/) });
});

it('fails with code 3 when nothing fits, and says what to change', async () => {
  const refused = await refusal(['recommend', '--domain', 'clinc150', '--memory', '1MiB'], where);
  expect(refused).toMatchObject({ exit: 3, code: 'NO_TIER_FITS' });
  for (const tier of ['nano', 'small', 'base']) expect(refused.message).toContain(tier);
  expect(refused.hint).toContain('memory');
});

it('shows the certificate of a bound, or that there is none', async () => {
  const { certificate } = await recommend(...ROOMY, '--max-risk', '2%');
  expect(certificate).toMatchObject({ maxRisk: 0.02 });
  expect(certificate!.coverage).toBeGreaterThan(0.8);
  expect((await recommend(...ROOMY, '--max-risk', '0.0001')).certificate).toBeNull();
});

it('drops tiers that a deadline rules out', async () => {
  const { tiers } = await recommend(...ROOMY);
  const [nano, base] = [tiers[0]!, tiers.at(-1)!];
  const betweenMs = (nano.latencyMs + base.latencyMs) / 2;
  const { rejected, ladder } = await recommend(...ROOMY, '--deadline', `${betweenMs.toFixed(3)}ms`);
  expect(ladder[0]).toBe('nano');
  expect(ladder).not.toContain('base');
  expect(rejected.filter(({ code }) => code === 'deadline').map(({ tier }) => tier)).toContain('base');
});

it('names the one tier of a policy', async () => {
  const { ladder } = await recommend(...ROOMY, '--policy', 'small');
  expect(ladder).toEqual(['small']);
});

it('does not need a domain for embeddings', async () => {
  const { code, json } = await terrace(['recommend', '--task', 'feature-extraction', '--json'], where);
  expect(code).toBe(0);
  expect(json<Recommended>().ladder).not.toEqual([]);
});

it('prints tables for people', async () => {
  const { code, stdout } = await terrace(['recommend', '--domain', 'clinc150', '--memory', '64MiB'], where);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^use nano, about \d+(\.\d+)? ms a request\n\ntier +variant +memory +latency/);
  expect(stdout).toMatch(/^nano +q4 +\d+(\.\d+)? MiB/m);
  expect(stdout).toMatch(/^not used\n {2}small +int8 +memory +it needs/m);
});

it('refuses an unknown domain and lists those there are', async () => {
  const refused = await refusal(['recommend', '--domain', 'clinc'], where);
  expect(refused).toMatchObject({ exit: 2, code: 'UNKNOWN_DOMAIN' });
  expect(refused.hint).toContain('clinc150');
});
