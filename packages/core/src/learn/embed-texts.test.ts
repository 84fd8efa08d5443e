import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalRung } from '../recommend/choose-ladder.js';
import { createFakeDeltasPorts, type FakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { embedTexts, timeTexts } from './embed-texts.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};
const textsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `balance ${i}`);
const attached = { kind: 'none' } as const;

let ports: FakeDeltasPorts;
let rung: LocalRung;
let asked: string[];
beforeEach(async () => {
  ports = createFakeDeltasPorts({ startHash });
  [rung] = (await ports.workshop.rungs()) as [LocalRung];
  asked = [];
  const { nano } = ports.engine.models;
  const featuresOf = nano!.features!;
  nano!.features = (text) => (asked.push(text), featuresOf(text));
});

describe('embedTexts', () => {
  it('gives one row a text, in order, from the cache where it knows them', async () => {
    const texts = textsOf(40);
    const { features, computed } = await embedTexts({ texts, rung, attached }, ports);
    expect([features.rows, features.columns, computed]).toEqual([40, 8, 40]);
    const { nano } = ports.engine.models;
    expect([...features.data.subarray(8, 16)]).toEqual([...Float32Array.from(nano!.features!('balance 1'))]);
    const again = await embedTexts({ texts: texts.toReversed(), rung, attached }, ports);
    expect(again.computed).toBe(0);
    expect([...again.features.data.subarray(-8)]).toEqual([...features.data.subarray(0, 8)]);
  });

  it('borrows a session for sixteen texts at most, and gives it back in between', async () => {
    const before: number[] = [];
    const borrow: FakeDeltasPorts['workshop']['borrow'] = (...args) => {
      expect(ports.workshop.lent()).toBe(0);
      before.push(asked.length);
      return ports.workshop.borrow(...args);
    };
    await embedTexts({ texts: textsOf(40), rung, attached }, { ...ports, workshop: { ...ports.workshop, borrow } });
    expect(before).toEqual([0, 16, 32]);
  });

  it('does without a cache that fails', async () => {
    const broken = { read: () => Promise.reject(new Error('lost')), write: () => Promise.reject(new Error('full')) };
    const { computed } = await embedTexts({ texts: textsOf(3), rung, attached }, { ...ports, features: broken });
    expect(computed).toBe(3);
  });

  it('keeps what was computed when it is given up, and holds no session', async () => {
    const control = new AbortController();
    const watch = {
      signal: control.signal,
      onText: (done: number) => done === 32 && control.abort(new Error('enough')),
    };
    const texts = textsOf(64);
    await expect(embedTexts({ texts, rung, attached }, ports, watch as never)).rejects.toThrow('enough');
    expect(ports.workshop.lent()).toBe(0);
    expect((await embedTexts({ texts, rung, attached }, ports)).computed).toBe(32);
  });

  it('tells what one text takes, whatever is known of it', async () => {
    const { clock, engine } = ports;
    const featuresOf = engine.models['nano']!.features!;
    engine.models['nano']!.features = (text) => (clock.advance(2), featuresOf(text));
    expect(await timeTexts({ texts: textsOf(3), rung, attached }, ports)).toBeCloseTo(2, 9);
  });
});
