import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryResponseCache } from '../../cache/memory-response-cache.js';
import type { KeptAnswer, ResponseCacheStore } from '../../ports/response-cache.js';
import type { CachePorts } from './response-cache.js';
import { CHAT, createWorld, type World } from './testing/cache-world.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const HOUR_MS = 3_600_000;
const never = (): Promise<never> => new Promise(() => undefined);
const broken = (): Promise<never> => Promise.reject(new Error('no such disk'));

/** A memory store that notes what is put into it. */
function spied() {
  const kept: KeptAnswer[] = [];
  const memory = createMemoryResponseCache();
  const put: ResponseCacheStore['put'] = async (answers) => {
    kept.push(...answers);
    await memory.put(answers);
  };
  return { kept, memory, w: createWorld({ startHash, store: { ...memory, put } }) };
}

const worldOf = (store: Partial<ResponseCacheStore>, changed: Partial<CachePorts> = {}) =>
  createWorld({ startHash, store: { ...createMemoryResponseCache(), ...store }, ...changed });

describe('a store that fails', () => {
  it.each<[string, Partial<ResponseCacheStore>]>([
    ['to give answers', { get: broken }],
    ['to take answers', { put: broken }],
    ['to say how texts are hashed', { secret: broken }],
    ['in everything', { get: broken, put: broken, secret: broken, touch: broken, forget: broken }],
  ])('%s fails no request, and is told of once', async (_, store) => {
    const w = worldOf(store);
    for (let i = 0; i < 3; i++) await w.ask(CHAT);
    expect(w.world.asked).toHaveLength(3);
    expect(w.failures).toMatchObject([{ message: 'no such disk' }]);
  });

  const timed = async (w: World): Promise<void> => {
    while (w.clock.sleepers() === 0) await new Promise((resolve) => setTimeout(resolve));
  };

  it('by taking its time keeps a request waiting for 50 ms at most', async () => {
    const w = worldOf({ get: never });
    const answer = w.cached.run(CHAT);
    await timed(w);
    expect(w.world.asked).toHaveLength(0);
    w.clock.advance(50);
    expect((await answer).cache).toBeUndefined();
  });

  it('to open keeps the first request waiting for a second, and the next for 50 ms', async () => {
    const w = worldOf({ secret: never });
    for (const waitMs of [1000, 50]) {
      const answer = w.cached.run(CHAT);
      await timed(w);
      w.clock.advance(waitMs);
      expect((await answer).cache).toBeUndefined();
    }
  });

  it('says so to whoever wants answers forgotten', async () => {
    const w = worldOf({ secret: broken });
    await expect(w.cached.cache.forget({ tenant: 'alice' })).rejects.toThrow('no such disk');
  });

  it('has answers forgotten though others are always being kept', async () => {
    const written: (() => void)[] = [];
    const w = worldOf({ put: () => new Promise<void>((resolve) => void written.push(resolve)) });
    const nextIsWritten = async (text: string): Promise<void> => {
      const before = written.length;
      await w.cached.run({ ...CHAT, messages: [{ role: 'user', content: text }] });
      while (written.length === before) await new Promise((resolve) => setTimeout(resolve));
    };
    await nextIsWritten('first');
    let isForgotten = false;
    const forgotten = w.cached.cache.forget({}).then(() => (isForgotten = true));
    await nextIsWritten('second');
    written[0]!();
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
    const wasForgotten = isForgotten;
    written[1]!();
    await forgotten;
    expect(wasForgotten).toBe(true);
  });

  it('leaves no timer behind when it answers in time', async () => {
    const w = worldOf({});
    await w.cached.run(CHAT);
    await w.cached.flush();
    await w.cached.run(CHAT);
    await w.cached.flush();
    await w.cached.close();
    const asleep = w.clock.sleepers();
    w.clock.advance(50);
    expect(asleep).toBe(0);
  });

  it('does not keep who cannot be named', async () => {
    const w = worldOf(
      {},
      {
        identity: () => {
          throw new Error('no catalog');
        },
      },
    );
    expect(await w.ask(CHAT)).toBe('bypass');
    expect(w.failures).toHaveLength(1);
  });
});

describe('an entry that is not what was kept', () => {
  const poison: [string, (answer: KeptAnswer) => Partial<KeptAnswer>][] = [
    ['with other words', ({ body }) => ({ body: body.replace('Paris', 'Lyon.') })],
    ['cut off', ({ body }) => ({ body: body.slice(0, -1) })],
    ['empty', () => ({ body: '' })],
    ['no JSON', () => ({ body: 'x'.repeat(5000) })],
    ['a megabyte', ({ body }) => ({ body: body + ' '.repeat(1_000_000) })],
    ['with a longer life', ({ expiresAtWallMs }) => ({ expiresAtWallMs: expiresAtWallMs - 1 })],
    ['with a prototype', ({ body }) => ({ body: body.replace('{', '{"__proto__":{"kind":"labels"},') })],
  ];
  it.each(poison)('%s is not given, and removed', async (_, change) => {
    const { w, kept, memory } = spied();
    await w.ask(CHAT);
    await memory.put([{ ...kept[0]!, ...change(kept[0]!) }]);
    w.world.failure = new Error('computed');
    await expect(w.cached.run(CHAT)).rejects.toThrow('computed');
    expect((await w.store.stats()).entries).toBe(0);
  });

  it('of another request is not given', async () => {
    const { w, kept, memory } = spied();
    await w.ask(CHAT);
    await w.ask({ ...CHAT, domain: 'bank' });
    await memory.put([{ ...kept[1]!, body: kept[0]!.body }]);
    expect(await w.ask({ ...CHAT, domain: 'bank' })).toBe('miss');
  });
});

describe('a clock that is set', () => {
  it('back lengthens no life in this process, and forward ends it', async () => {
    let shiftMs = 0;
    const w = worldOf({});
    const clock = { ...w.clock, wallMs: () => w.clock.wallMs() + shiftMs };
    const cached = w.reopen({ clock });
    const hits = async () => (await cached.run({ ...CHAT, cache: { ttlMs: HOUR_MS } })).cache?.ageMs;
    await hits();
    await cached.flush();
    w.clock.advance(HOUR_MS * 0.75);
    expect(await hits()).toBe(HOUR_MS * 0.75);
    shiftMs = -HOUR_MS * 0.5;
    expect(await hits()).toBe(HOUR_MS * 0.75);
    w.clock.advance(HOUR_MS * 0.25);
    expect(await hits()).toBeUndefined();
    await cached.flush();
    shiftMs += 2 * HOUR_MS;
    expect(await hits()).toBeUndefined();
  });

  it('back lengthens no life of what was kept and not yet given again', async () => {
    let shiftMs = 0;
    const w = worldOf({});
    const cached = w.reopen({ clock: { ...w.clock, wallMs: () => w.clock.wallMs() + shiftMs } });
    const ask = { ...CHAT, cache: { ttlMs: HOUR_MS } };
    await cached.run(ask);
    await cached.flush();
    w.clock.advance(HOUR_MS);
    shiftMs = -HOUR_MS * 0.5;
    expect((await cached.run(ask)).cache).toBeUndefined();
  });

  it('makes an entry from the future no answer, and it is replaced', async () => {
    let shiftMs = HOUR_MS;
    const w = worldOf({});
    const cached = w.reopen({ clock: { ...w.clock, wallMs: () => w.clock.wallMs() + shiftMs } });
    await cached.run(CHAT);
    await cached.flush();
    shiftMs = 0;
    expect((await cached.run(CHAT)).cache).toBeUndefined();
    await cached.flush();
    expect((await cached.run(CHAT)).cache?.ageMs).toBe(0);
  });
});
