import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Example } from '../calibrate/score-rows.js';
import { deltaManifestSchema } from '../catalog/manifest.js';
import { parseFile } from '../catalog/parse.js';
import { factorName } from '../delta/peft/factor-name.js';
import type { StoredTensor } from '../delta/safetensors.js';
import { DeltaConflictError } from '../errors/delta-conflict-error.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { createFakeDeltasPorts, type FakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { createDeltas } from './create-deltas.js';
import { encodeFactors, encodeHead, packDelta } from './pack-delta.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const DOMAINS = { bank: ['balance', 'transfer', 'block'], travel: ['flight', 'hotel', 'block_seat'] } as const;

function examplesOf(labels: readonly string[], each: number, seed = 1): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: labels.length * each }, (_, i) => {
    const label = labels[i % labels.length]!;
    return { text: `${label} ${Math.floor(random() * 1e9).toString(36)}`, label, line: i + 1 };
  });
}

const evaluation = {
  bank: examplesOf(DOMAINS.bank, 30, 9),
  travel: examplesOf(DOMAINS.travel, 30, 10),
};

let ports: FakeDeltasPorts;

/** Deltas of both domains, for a `nano` that sees as clearly as `base` does unless it is blurred. */
async function fitBoth(nano: 'clear' | 'blurred'): Promise<void> {
  ports = createFakeDeltasPorts({ startHash });
  const { models } = ports.engine;
  if (nano === 'clear') models['nano'] = models['base']!;
  const deltas = createDeltas(ports);
  for (const [domain, labels] of Object.entries(DOMAINS))
    await deltas.fit({ domain, examples: examplesOf(labels, 20), subDomains: { first: [labels[0]] } });
}

const inForce = (domain: string) => ports.catalog.current().deltas.filter((delta) => delta.domain === domain);

/** Puts factors of one rank into the delta that a domain has for `base`. */
async function withFactors(domain: string, rank: number): Promise<void> {
  const model = ports.catalog.current().models.find(({ id }) => id === 'base')!;
  const random = seededRandom(domain.length + rank);
  const tensor = (rows: number, columns: number): StoredTensor => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
  });
  const factors = new Map([
    [factorName(1, 0, 'A'), tensor(rank, 8)],
    [factorName(1, 0, 'B'), tensor(8, rank)],
  ]);
  const labels = ['x', 'y'];
  const head = { labels, weight: Float32Array.from({ length: 16 }, () => random()), bias: new Float32Array(2) };
  const packed = packDelta({
    id: `${domain}/base`,
    domain,
    model,
    labels,
    outOfScopeLabel: null,
    subDomains: {},
    head: encodeHead(head, 'fp16'),
    factors: encodeFactors({ rank, factors }, { dtype: 'fp16', model }),
    facts: { method: 'imported', parents: [] },
    startHash,
  });
  const draft = { domain, origin: 'imported', deltas: [packed], without: ['nano'], calibration: undefined } as const;
  const { id } = await ports.revisions.keep(draft);
  await ports.revisions.activate(domain, id);
}

describe('compose', () => {
  beforeEach(() => fitBoth('clear'));

  it('takes no rows for a domain whose name every record has', async () => {
    ports = createFakeDeltasPorts({ startHash });
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'travel', examples: examplesOf(DOMAINS.travel, 10) });
    const subDomains = { constructor: ['balance'] };
    await deltas.fit({ domain: 'constructor', examples: examplesOf(DOMAINS.bank, 10), subDomains });
    const composed = deltas.compose({ domains: ['constructor', 'travel'], into: 'all', evaluation: {} });
    await expect(composed).resolves.toMatchObject({ promoted: true });
  });

  it('makes one domain of several, whose labels begin with the name of their own', async () => {
    const { conflicts, revision, promoted } = await createDeltas(ports).compose({
      domains: ['bank', 'travel'],
      into: 'desk',
      evaluation,
    });
    // Two heads that never saw each other's texts: some of these end in the other domain, and that is told.
    expect(conflicts).toMatchObject({
      verdict: 'warned',
      conflicts: [{ kind: 'accuracy-lost', domain: 'bank', rows: 90 }],
    });
    expect(promoted).toBe(true);
    expect(revision).toMatchObject({ domain: 'desk', origin: 'composed' });
    const deltas = inForce('desk');
    expect(deltas.map(({ base }) => base.id)).toEqual(['nano', 'base']);
    expect(deltas[0]!.labels).toEqual([
      ...inForce('bank')[0]!.labels.map((label) => `bank/${label}`),
      ...inForce('travel')[0]!.labels.map((label) => `travel/${label}`),
    ]);
    expect(Object.keys(deltas[0]!.subDomains)).toEqual(['bank', 'bank/first', 'travel', 'travel/first']);
    expect(Object.keys((await ports.revisions.calibration(revision))!.tiers)).toEqual(['nano', 'base']);
    const { rungs } = await createDeltas(ports).evaluate({
      domain: 'desk',
      examples: Object.entries(evaluation).flatMap(([domain, rows]) =>
        rows.map((row) => ({ ...row, label: `${domain}/${row.label}` })),
      ),
    });
    for (const { accuracy } of rungs) expect(accuracy.value).toBeGreaterThan(0.9);
    expect(ports.workshop.lent()).toBe(0);
  });

  it('tells of itself what it is made of', async () => {
    await createDeltas(ports).compose({ domains: ['bank', 'travel'], into: 'desk' });
    const manifests = [...ports.revisions.contents.values()].flatMap((bytes) => {
      const text = new TextDecoder().decode(bytes);
      return text.startsWith('{\n "format"') && text.includes('"desk"') ? [JSON.parse(text) as unknown] : [];
    });
    const { value, warnings } = parseFile(deltaManifestSchema, manifests[0], 'delta.json');
    expect(warnings).toEqual([]);
    expect(value.facts).toMatchObject({
      method: 'composed',
      composedOf: ['bank', 'travel'],
      parents: [inForce('bank')[0]!.contentId, inForce('travel')[0]!.contentId],
    });
    expect(value.facts!.metrics).toBeUndefined();
  });

  it('goes back to nothing', async () => {
    const deltas = createDeltas(ports);
    await deltas.compose({ domains: ['bank', 'travel'], into: 'desk' });
    await deltas.rollback('desk');
    expect(inForce('desk')).toEqual([]);
  });

  it('composes factors where a base has them, and lets go of what was tried', async () => {
    await withFactors('bank', 2);
    await withFactors('travel', 3);
    const { conflicts } = await createDeltas(ports).compose({ domains: ['bank', 'travel'], into: 'desk' });
    expect(inForce('desk')).toMatchObject([
      { base: { id: 'base' }, rank: 5, labels: ['bank/x', 'bank/y', 'travel/x', 'travel/y'] },
    ]);
    // Five of eight directions meet by chance, and both have labels of one name.
    expect(conflicts.verdict).toBe('warned');
    expect(conflicts.conflicts).toContainEqual({ kind: 'label-clash', labels: ['x', 'y'] });
  });

  it('leaves out a base on which a domain loses too much, and says so', async () => {
    await fitBoth('blurred');
    const { conflicts } = await createDeltas(ports).compose({ domains: ['bank', 'travel'], into: 'desk', evaluation });
    expect(inForce('desk').map(({ base }) => base.id)).toEqual(['base']);
    expect(conflicts.verdict).toBe('warned');
    const lost = conflicts.conflicts.find((each) => each.kind === 'accuracy-lost' && each.leftOut === 'nano');
    expect(lost).toMatchObject({ domain: 'travel', rows: 90 });
  });

  it('leaves nothing in force of what was composed under the same name before', async () => {
    await fitBoth('blurred');
    const deltas = createDeltas(ports);
    const before = await deltas.compose({ domains: ['bank', 'travel'], into: 'desk' });
    expect(before.revision.deltas.map(({ base }) => base.id)).toEqual(['nano', 'base']);
    const { revision } = await deltas.compose({ domains: ['bank', 'travel'], into: 'desk', evaluation });
    expect(revision.deltas.map(({ base }) => base.id)).toEqual(['base']);
    expect(inForce('desk').map(({ base }) => base.id)).toEqual(['base']);
  });

  it('refuses with numbers what costs a domain too much on every base, and changes nothing', async () => {
    await fitBoth('blurred');
    const before = ports.catalog.current();
    const models = before.models.slice(0, 1);
    ports.catalog.replace({ ...before, models, deltas: before.deltas.filter(({ base }) => base.id === 'nano') });
    const nano = ports.catalog.current();
    const asked = createDeltas(ports).compose({ domains: ['bank', 'travel'], into: 'desk', evaluation });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    if (!DeltaConflictError.isInstance(error)) throw error;
    expect(error.message).toMatch(/on nano "travel" falls from [\d.]+ % to [\d.]+ % right \(90 rows\)/);
    expect(error.facts).toMatchObject({ domain: 'travel', rows: 90 });
    expect(Number(error.facts['before']) - Number(error.facts['after'])).toBeGreaterThan(0.05);
    expect(ports.catalog.current()).toBe(nano);
    expect(await ports.revisions.list('desk')).toEqual([]);
  });

  it('refuses ranks beyond what a request can afford', async () => {
    await withFactors('bank', 40);
    await withFactors('travel', 40);
    await expect(createDeltas(ports).compose({ domains: ['bank', 'travel'], into: 'desk' })).rejects.toThrow('rank 80');
  });
});

describe('a composition that cannot be', () => {
  beforeAll(() => fitBoth('clear'));

  it.each([
    [{ domains: ['bank'], into: 'desk' }, '2 to 16 domains'],
    [{ domains: ['bank', 'bank'], into: 'desk' }, 'each once'],
    [{ domains: ['bank', 'nowhere'], into: 'desk' }, 'nowhere'],
    [{ domains: ['bank', 'travel'], into: 'bank' }, 'cannot name'],
    [{ domains: ['bank', 'travel'], into: 'a/b' }, 'cannot name'],
    [{ domains: ['bank', 'travel'], into: 'desk', weights: [1] }, 'weights'],
    [{ domains: ['bank', 'travel'], into: 'desk', weights: [1, Number.NaN] }, 'weights'],
    [{ domains: ['bank', 'travel'], into: 'desk', evaluation: { sea: [] } }, 'sea'],
    [
      { domains: ['bank', 'travel'], into: 'desk', evaluation: { bank: [{ text: 'a', label: 'b', line: 7 }] } },
      'Line 7',
    ],
  ])('refuses %j', async (ask, words) => {
    await expect(createDeltas(ports).compose(ask)).rejects.toThrow(words);
  });
});
