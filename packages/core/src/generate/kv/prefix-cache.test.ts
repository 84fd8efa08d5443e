import { describe, expect, it } from 'vitest';
import type { Caches } from '../graph/text-graph.js';
import { createPrefixCache } from './prefix-cache.js';

const released: string[] = [];
const caches = (name: string, bytes = 10): Caches => ({
  rows: 1,
  lengths: [20],
  bytes,
  release: () => void released.push(name),
});
/** So many ids, which begin alike up to `fork`. */
const ids = (length: number, fork = length): Int32Array =>
  Int32Array.from({ length }, (_, i) => (i < fork ? i : 1000 + i));

describe('a cache of beginnings', () => {
  it('finds the longest that is kept, and never the whole of what is asked for', () => {
    const prefixes = createPrefixCache({ limitBytes: 100, bytesPerToken: 1 });
    const [short, long] = [caches('short'), caches('long')];
    prefixes.keep(ids(20), short);
    prefixes.keep(ids(40), long);
    expect(prefixes.find(ids(60))).toEqual({ caches: long, tokens: 40 });
    expect(prefixes.find(ids(40))).toEqual({ caches: short, tokens: 20 });
    expect(prefixes.find(ids(60, 30))).toEqual({ caches: short, tokens: 20 });
    expect(prefixes.find(ids(60, 10))).toBeUndefined();
    expect(prefixes.find(ids(20))).toBeUndefined();
  });

  it('lets go of what was used longest ago, and takes nothing that is larger than all of it', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 30, bytesPerToken: 0.5 });
    for (const [i, name] of ['a', 'b', 'c'].entries()) prefixes.keep(ids(20 + i), caches(name));
    prefixes.find(ids(21));
    prefixes.keep(ids(30), caches('d'));
    expect(released).toEqual(['b']);
    prefixes.keep(ids(50), caches('large', 31));
    expect(released).toEqual(['b', 'large']);
    expect(prefixes.bytes).toBe(30);
  });

  it('keeps the same beginning once, and none that is read sooner than copied', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 100, bytesPerToken: 1 });
    prefixes.keep(ids(20), caches('first'));
    expect(prefixes.wants(ids(20))).toBe(false);
    expect([ids(3), ids(21), ids(101)].map(prefixes.wants)).toEqual([false, true, false]);
    prefixes.keep(ids(20), caches('again'));
    prefixes.keep(ids(3), caches('tiny'));
    expect(released).toEqual(['again', 'tiny']);
  });

  it('keeps beginnings that were used as parts of longer ones as long as these', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 30, bytesPerToken: 0.5 });
    prefixes.keep(ids(20), caches('system'));
    prefixes.keep(ids(40, 0), caches('other'));
    prefixes.keep(ids(40), caches('chat'));
    prefixes.find(ids(60));
    prefixes.keep(ids(50, 0), caches('new'));
    expect(released).toEqual(['other']);
  });

  it('lets no chat drive out what it shares with others, but another beginning', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 60, bytesPerToken: 1 });
    prefixes.keep(ids(20), caches('system', 20), true);
    prefixes.keep(ids(30), caches('first turn', 30));
    prefixes.keep(ids(40), caches('second turn', 40));
    expect(released).toEqual(['first turn']);
    expect(prefixes.wants(ids(41))).toBe(false);
    prefixes.keep(ids(41), caches('third turn', 41));
    expect(prefixes.find(ids(60))?.tokens).toBe(40);
    prefixes.keep(ids(50, 0), caches('another', 50));
    expect(released).toEqual(['first turn', 'third turn', 'system', 'second turn']);
  });

  it('keeps some chats and no more, however much memory there is', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: Infinity, bytesPerToken: 1 });
    for (let chat = 0; chat < 10; chat++) prefixes.keep(ids(200 + chat, 0), caches(`${chat}`, 200));
    prefixes.limit(Infinity);
    expect(prefixes.bytes).toBe(1400);
    expect(released).toEqual(['0', '1', '2']);
  });

  it('keeps one long chat in place of all others but what it shares with them', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 5000, bytesPerToken: 1 });
    prefixes.keep(ids(100), caches('system', 100), true);
    prefixes.keep(ids(500, 0), caches('another', 500));
    prefixes.keep(ids(3000), caches('long', 3000));
    expect(released).toEqual(['another']);
    expect(prefixes.find(ids(3010))).toMatchObject({ tokens: 3000 });
    prefixes.keep(ids(3020), caches('its next turn', 3020));
    expect(released).toEqual(['another', 'long']);
    expect(prefixes.wants(ids(5001))).toBe(false);
  });

  it('keeps less as soon as others need the room', () => {
    released.length = 0;
    const prefixes = createPrefixCache({ limitBytes: 100, bytesPerToken: 1 });
    for (const [i, name] of ['a', 'b', 'c'].entries()) prefixes.keep(ids(20 + i), caches(name));
    prefixes.limit(15);
    expect(released).toEqual(['a', 'b']);
    prefixes.limit(-5);
    expect(released).toEqual(['a', 'b', 'c']);
    expect(prefixes.bytes).toBe(0);
  });
});
