import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../testing/fake-clock.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { createVectorIndex } from '../../vectors/create-vector-index.js';
import { createMemoryResponseCache } from '../memory-response-cache.js';
import { calibratePairs } from './calibrate-pairs.js';
import { createSemanticCache } from './create-semantic-cache.js';
import type { EmbedTexts } from './embed-question.js';
import { groupOf } from './group.js';
import type { SemanticAsk, SemanticLook } from './semantic-cache.js';
import { keepNote, NEW_NOTE } from './standing-note.js';
import { calibrationPorts as ports, embedding, vectorOf } from '../../testing/calibration-ports.js';

const startHash = () => {
  const running = createHash('sha256');
  return { update: (bytes: Uint8Array) => void running.update(bytes), digest: () => running.digest('hex') };
};

interface Options {
  readonly auditShare?: number;
  readonly random?: () => number;
  readonly embed?: EmbedTexts;
  readonly store?: ReturnType<typeof createMemoryResponseCache>;
  readonly maxVectors?: number;
}

async function setUp({ auditShare = 0.5, random = seededRandom(1), embed = embedding(), ...options }: Options = {}) {
  const clock = createFakeClock();
  const store = options.store ?? createMemoryResponseCache();
  const failures: unknown[] = [];
  const cache = await createSemanticCache({
    store,
    embed,
    createIndex: createVectorIndex,
    settings: { maxWrongHitRate: 0.05, auditShare },
    clock,
    random,
    startHash,
    onFailure: (error) => failures.push(error),
    ...(options.maxVectors !== undefined && { maxVectors: options.maxVectors }),
  });
  await settle();
  return { cache, store, clock, failures };
}

/** Lets what goes on in the background come to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

type World = Awaited<ReturnType<typeof setUp>>;

const askOf = (text: string, { scope = 's', task = 'text-classification' } = {}): SemanticAsk => ({
  scope,
  key: `${scope}/${text}`,
  task,
  domain: undefined,
  text,
});

/** Asks, and computes the label as who asked: wrong says that the cached one was another. */
async function compute(world: World, text: string, label: string, options: Parameters<typeof askOf>[1] = {}) {
  const ask = askOf(text, options);
  const look = await world.cache.look(ask);
  if (look.question) {
    const question = { task: ask.task, domain: ask.domain, ...look.question, answerId: label };
    const life = { storedAtWallMs: 0, expiresAtWallMs: 1, body: '{}', tenant: 't', tags: [] };
    await world.store.put([{ key: ask.key, scope: ask.scope, ...life, question }]);
  }
  world.cache.answered(ask, look, { answerId: label, kept: true });
  await settle();
  return look;
}

/** Ten labels of which each has texts that differ by a word nobody waits for. */
async function fill(world: World, { from = 0, to = 301, wrong = (_: number): boolean => false } = {}) {
  const looks: SemanticLook[] = [];
  for (let i = from; i < to; i++) {
    looks.push(
      await compute(
        world,
        `${i % 10} word${String.fromCharCode(97 + (i % 26))}` + 'x'.repeat(i),
        wrong(i) ? `other${i}` : `label${i % 10}`,
      ),
    );
  }
  await world.cache.flush();
  return looks;
}

/** As another process leaves it. */
async function certify(store: World['store'], { atWallMs, entries }: { atWallMs: number; entries: number }) {
  const group = groupOf({ task: 'text-classification', domain: undefined, encoder: 'e1' });
  const row = { group, right: true, probability: 1, kind: 'shadow', atWallMs } as const;
  await store.compare(Array.from({ length: 300 }, (_, i) => ({ ...row, score: 1 + i / 1_000 })));
  const certified = { rows: 300, delta: 0.01, maxWrongHitRate: 0.05, atWallMs, entries };
  await keepNote(store, group, { ...NEW_NOTE, sinceWallMs: atWallMs, certified });
}

/** Rows that certify labels among 40 entries, which are kept. */
async function setUpCertified(options: Options = {}) {
  const store = createMemoryResponseCache();
  await certify(store, { atWallMs: 1, entries: 40 });
  const world = await setUp({ random: () => 0.999, ...options, store });
  await fill(world, { to: 40 });
  return world;
}

describe('the semantic cache', () => {
  it('serves nothing until its own questions have certified it, and then what is near enough', async () => {
    const world = await setUp({ random: () => 0.999 });
    const looks = await fill(world);
    expect(looks.slice(0, 300).every(({ kind }) => kind === 'none')).toBe(true);
    const [standing] = world.cache.standings();
    expect(standing).toMatchObject({ state: 'certified', encoder: 'e1', audits: 0 });
    expect(standing!.wrongHitUpperBound).toBeLessThanOrEqual(0.05);
    const look = await world.cache.look(askOf('3 wordsomething'));
    expect(look).toMatchObject({ kind: 'hit', audited: false, auditProbability: 0.5, maxWrongHitRate: 0.05 });
  });

  it.each([
    ['that was compared here', true],
    ['that was not', false],
  ])('takes over what another process certifies meanwhile, of a group %s', async (_, isKnown) => {
    const before = await setUp({ random: () => 0.999 });
    await fill(before, { to: 40 });
    const world = isKnown
      ? before
      : await setUp({ random: () => 0.999, store: { ...before.store, groups: async () => [] } });
    await settle();
    expect(await world.cache.look(askOf('0 other'))).toMatchObject({ kind: 'none', reason: 'uncertified' });
    await certify(before.store, { atWallMs: world.clock.wallMs() + 1, entries: 40 });
    world.clock.advance(10_001);
    await world.cache.look(askOf('0 other'));
    await settle();
    expect(await world.cache.look(askOf('0 other'))).toMatchObject({ kind: 'hit' });
  });

  it('goes on where another process certified, and believes no note that its rows do not bear out', async () => {
    const world = await setUpCertified();
    const again = await setUp({ store: world.store, random: () => 0.999 });
    expect(again.cache.standings()[0]).toMatchObject({ state: 'certified' });
    expect(await again.cache.look(askOf('3 other'))).toMatchObject({ kind: 'hit' });

    const forged = createMemoryResponseCache();
    const [group] = await world.store.groups();
    await forged.keepNote(`semantic:${group}`, (await world.store.note(`semantic:${group}`))!);
    await forged.compare([
      { group: group!, score: NaN, right: true, probability: 1, kind: 'shadow', atWallMs: 1 },
      ...Array.from({ length: 300 }, (_, i) => ({
        group: group!,
        score: 1 + i / 1000,
        right: i % 4 > 0,
        probability: 1,
        kind: 'shadow' as const,
        atWallMs: 1,
      })),
    ]);
    expect((await setUp({ store: forged })).cache.standings()[0]).toMatchObject({ state: 'shadow', rows: 300 });
    for (const json of ['{', '{"version":2}', 'null', '{"version":1,"sinceWallMs":-1}']) {
      await forged.keepNote(`semantic:${group}`, json);
      expect((await setUp({ store: forged })).cache.standings()[0]).toMatchObject({ state: 'shadow' });
    }
  });

  it('never answers across scopes, tasks or encoders', async () => {
    const world = await setUpCertified();
    expect(await world.cache.look(askOf('3 other', { scope: 'another system prompt' }))).toMatchObject({
      reason: 'empty',
    });
    const other = await setUp({ store: world.store, embed: embedding('e2') });
    expect(await other.cache.look(askOf('3 other'))).toMatchObject({ kind: 'none', reason: 'empty' });
  });

  it('is withdrawn by audits that contradict, and serves nothing from then on', async () => {
    const world = await setUpCertified({ auditShare: 1, random: () => 0 });
    let audits = 0;
    for (; world.cache.standings()[0]?.state === 'certified' && audits < 200; audits++) {
      const ask = askOf(`${audits % 10} new${'y'.repeat(audits)}`);
      const look = await world.cache.look(ask);
      expect(look).toMatchObject({ kind: 'hit', audited: true, auditProbability: 1 });
      world.cache.answered(ask, look, { answerId: audits % 2 === 0 ? 'wrong' : `label${audits % 10}`, kept: false });
      await settle();
    }
    expect(audits).toBeLessThan(30);
    expect(world.cache.standings()[0]).toMatchObject({ state: 'withdrawn' });
    expect(await world.cache.look(askOf('3 other'))).toMatchObject({ kind: 'none', reason: 'withdrawn' });
    await world.cache.flush();
    const again = await setUp({ store: world.store });
    expect(again.cache.standings()[0]).toMatchObject({ state: 'withdrawn' });
  });

  it('goes back to shadow when its entries have doubled and no audit shows that it holds', async () => {
    const world = await setUpCertified();
    expect(await world.cache.look(askOf('3 other'))).toMatchObject({ kind: 'hit' });
    const before = await world.cache.look(askOf('4 other'));
    for (let i = 0; i < 45; i++) {
      world.cache.answered(askOf(`${i % 10} more${i}`), before, { answerId: `label${i % 10}`, kept: true });
    }
    await world.cache.look(askOf('3 other'));
    expect(await world.cache.look(askOf('3 other'))).toMatchObject({ kind: 'none', reason: 'uncertified' });
    expect(world.cache.standings()[0]).toMatchObject({ state: 'shadow', rows: 0 });
  });

  it('does not certify what is wrong too often', async () => {
    const [world, random] = [await setUp(), seededRandom(5)];
    await fill(world, { to: 620, wrong: () => random() < 0.25 });
    expect(world.cache.standings()[0]).toMatchObject({ state: 'shadow' });
  });

  it('never serves what the guard tells apart, however near it is', async () => {
    const world = await setUpCertified();
    const text = { task: 'text-generation', scope: 'chat' };
    await compute(world, '9 recipes with peanuts', 'a', text);
    const look = await world.cache.look(askOf('9 recipes without peanuts', text));
    expect(look).toMatchObject({ kind: 'none', reason: 'guard' });
    expect(JSON.stringify([...(look.question?.features ?? [])])).not.toContain('peanut');
  });

  it('forgets what is gone, whoever removed it', async () => {
    const world = await setUp();
    await compute(world, '3 one', 'a');
    expect(await world.cache.look(askOf('3 two'))).toMatchObject({ candidate: { key: 's/3 one' } });
    world.cache.forget(['s/3 one']);
    expect(await world.cache.look(askOf('3 two'))).toMatchObject({ reason: 'empty' });
    await compute(world, '3 one', 'a');
    await world.store.forget({});
    world.clock.advance(2_000);
    await world.cache.look(askOf('3 two'));
    await settle();
    expect(await world.cache.look(askOf('3 two'))).toMatchObject({ reason: 'empty' });
  });

  it('leaves damaged and poisoned entries out', async () => {
    const world = await setUp();
    const question = { task: 'text-classification', domain: undefined, encoder: 'e1', answerId: 'a' };
    const keep = (key: string, vector: Float32Array, features: readonly string[]) =>
      world.store.put([
        {
          key,
          scope: 's',
          tenant: 't',
          tags: [],
          storedAtWallMs: 0,
          expiresAtWallMs: 1,
          body: '{}',
          question: { ...question, vector, features },
        },
      ]);
    await keep('not a number', new Float32Array(16).fill(NaN), []);
    await keep(
      'long',
      vectorOf('3').map((value) => 50 * value),
      [],
    );
    await keep('short', vectorOf('3').slice(0, 4), []);
    await keep('words', vectorOf('3'), ['wpeanut']);
    world.clock.advance(2_000);
    await world.cache.look(askOf('3 one'));
    await settle();
    expect(await world.cache.look(askOf('3 one'))).toMatchObject({ reason: 'empty' });
  });

  it('makes room for the scope that is asked, and reads it again when it is asked next', async () => {
    const world = await setUp({ maxVectors: 4 });
    for (const scope of ['a', 'b']) {
      for (let i = 0; i < 3; i++) await compute(world, `3 ${i}`, 'x', { scope });
    }
    expect(await world.cache.look(askOf('3 four', { scope: 'a' }))).toMatchObject({ reason: 'loading' });
    await settle();
    expect(await world.cache.look(askOf('3 four', { scope: 'a' }))).toMatchObject({ reason: 'uncertified' });
    // Two scopes that have no room beside each other do not keep it reading.
    for (let i = 0; i < 3; i++) {
      expect(await world.cache.look(askOf('3 four', { scope: 'b' }))).toMatchObject({ reason: 'loading' });
      await settle();
      expect(await world.cache.look(askOf('3 four', { scope: 'a' }))).toMatchObject({ reason: 'uncertified' });
    }
    world.clock.advance(60_000);
    await world.cache.look(askOf('3 four', { scope: 'b' }));
    await settle();
    expect(await world.cache.look(askOf('3 four', { scope: 'b' }))).toMatchObject({ reason: 'uncertified' });
  });

  it('is no failure of a request where embedding is late, fails, or there is no encoder', async () => {
    const broken = await setUp({ embed: () => Promise.reject(new Error('no')) });
    expect(await broken.cache.look(askOf('3'))).toMatchObject({ reason: 'no-encoder' });
    await broken.cache.look(askOf('3'));
    expect(broken.failures).toHaveLength(1);
    const late = await setUp({ embed: () => new Promise(() => undefined) });
    const looking = late.cache.look(askOf('3'));
    late.clock.advance(100);
    expect(await looking).toMatchObject({ reason: 'late', question: undefined });
    const ended = new AbortController();
    const waiting = late.cache.look(askOf('3'), ended.signal);
    ended.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(await late.cache.look(askOf('x'.repeat(1_001)))).toMatchObject({ reason: 'guard', question: undefined });
  });

  it('gives a question that was embedded too late for its request to whoever keeps the answer', async () => {
    let embedded!: (value: Awaited<ReturnType<EmbedTexts>>) => void;
    const slow = await setUp({ embed: () => new Promise((resolve) => (embedded = resolve)) });
    const looking = slow.cache.look(askOf('3'));
    slow.clock.advance(100);
    const look = await looking;
    if (look.kind !== 'none') throw new Error('A hit of an empty cache.');
    embedded({ encoder: 'e1', vectors: [vectorOf('3')] });
    expect(await look.late).toMatchObject({ encoder: 'e1', features: expect.arrayContaining([expect.any(String)]) });
  });
});

describe('calibrating with pairs', () => {
  it('certifies labelled texts, which a cache then serves by', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => ({
      text: `${i % 10} ${'z'.repeat(i)}`,
      label: `label${i % 10}`,
    }));
    const given = ports();
    expect(await calibratePairs(rows, given)).toMatchObject({ state: 'certified', rows: 300, encoder: 'e1' });
    const world = await setUp({ store: given.store, random: () => 0.999 });
    for (let i = 0; i < 149; i++) await compute(world, `3 kept${'v'.repeat(i)}`, 'label3');
    // Few neighbours agree by chance: half as many as it was certified among must be there.
    expect(await world.cache.look(askOf('3 asked'))).toMatchObject({ kind: 'none', reason: 'uncertified' });
    await compute(world, '3 and one more', 'label3');
    expect(await world.cache.look(askOf('3 asked'))).toMatchObject({ kind: 'hit' });
    expect(await world.cache.look(askOf('3 asked', { scope: 'a new tenant' }))).toMatchObject({ reason: 'empty' });
  });

  it('is done by a cache that answers by it at once', async () => {
    const world = await setUp({ random: () => 0.999 });
    await fill(world, { to: 60 });
    const rows = Array.from({ length: 240 }, (_, i) => ({
      text: `${i % 10} ${'z'.repeat(i)}`,
      label: `label${i % 10}`,
    }));
    const standing = await world.cache.calibrate({ task: 'text-classification', rows });
    expect(standing).toMatchObject({ state: 'certified', rows: 120, entriesNeeded: 60, maxWrongHitRate: 0.05 });
    expect(await world.cache.look(askOf('3 other'))).toMatchObject({ kind: 'hit' });
    const control = new AbortController();
    control.abort(new Error('left'));
    const left = world.cache.calibrate({ task: 'text-classification', rows, signal: control.signal });
    await expect(left).rejects.toThrow('left');
  });

  it('counts no text twice, and none that nobody would look up: those are not answered by being alike', async () => {
    const again = Array.from({ length: 600 }, (_, i) => ({ text: `${i % 10} again`, label: `label${i % 10}` }));
    const long = Array.from({ length: 300 }, (_, i) => ({ text: `3 ${'z'.repeat(1_000 + i)}`, label: 'label3' }));
    expect(await calibratePairs([...again, ...long], ports())).toMatchObject({ state: 'shadow', rows: 5 });
    const same = Array.from({ length: 300 }, () => ({ a: '3 pay', b: '3 pay', same: true }));
    await expect(calibratePairs(same, { ...ports(), task: 'text-generation' })).rejects.toThrow(/too few/);
  });
});
