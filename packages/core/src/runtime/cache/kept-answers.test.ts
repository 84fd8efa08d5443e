import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryResponseCache } from '../../cache/memory-response-cache.js';
import type { KeptAnswer } from '../../ports/response-cache.js';
import type { AnyResult } from './answers.js';
import { CHAT, createWorld, told, type World } from './testing/cache-world.js';

let hashes = 0;
const startHash = () => {
  hashes++;
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const memory = createMemoryResponseCache();
/** What a file would give: another object each time. */
let given: ((answer: KeptAnswer) => KeptAnswer) | undefined;
let w: World;
beforeEach(async () => {
  given = undefined;
  await memory.forget({});
  const get = async (key: string) => {
    const answer = await memory.get(key);
    return answer && given ? given(answer) : answer;
  };
  w = createWorld({ startHash, store: { ...memory, get } });
});

/** Changes everything that can be changed in it. */
function spoil(value: unknown): void {
  if (ArrayBuffer.isView(value)) return void (value as Float64Array).fill(7);
  if (typeof value !== 'object' || value === null) return;
  for (const each of Object.values(value)) spoil(each);
  if (Array.isArray(value)) value.push('more');
  for (const name of Object.keys(value)) (value as Record<string, unknown>)[name] = 'spoilt';
}

const LABELS = { text: 'my card is gone', domain: 'bank' } as const;
const VECTOR = { task: 'feature-extraction', text: 'a' } as const;
const certificate = { maxRisk: 0.1, delta: 0.05, n: 9, wrong: 0, riskUpperBound: 0.09, threshold: 0.5, coverage: 1 };
const certified = (result: AnyResult): AnyResult =>
  ({ ...result, verdict: { ...result.verdict, certificate } }) as AnyResult;

describe('an answer that is given again', () => {
  it.each<[string, object, (result: AnyResult) => AnyResult]>([
    ['labels', LABELS, certified],
    ['a text', CHAT, certified],
    [
      'a vector',
      VECTOR,
      (result) => {
        const vector = Float32Array.of(1, 2, 3);
        const answer = { kind: 'embedding', vector };
        return { ...result, output: { kind: 'embedding', vector: [...vector] }, answer } as AnyResult;
      },
    ],
  ])('of %s is what it was, whatever was done with it before', async (_, input, change) => {
    w.world.change = change;
    await w.ask(input);
    const ask = () => w.cached.run(input as never, { requestId: 'mine' }) as unknown as Promise<AnyResult>;
    const first = await ask();
    const before = structuredClone(first);
    spoil(first);
    const second = await ask();
    expect(second).toStrictEqual(before);
    spoil(second);
    expect(await ask()).toStrictEqual(before);
    await w.cached.flush();
    const { tier, verdict } = before;
    expect(w.outcomes).toMatchObject([1, 2, 3].map(() => ({ requestId: 'mine', tier, verdict: verdict.kind })));
  });

  it('of a stream tells the same tokens, whatever was done with them before', async () => {
    const input = { ...CHAT, generation: { topLogProbs: 1 } };
    await told(w.stream(input));
    await w.cached.flush();
    const first = await told(w.stream(input, { requestId: 'mine' }));
    const before = structuredClone(first);
    spoil(first);
    expect(await told(w.stream(input, { requestId: 'mine' }))).toStrictEqual(before);
  });

  it('is what was answered first, whatever was done with that while it was being kept', async () => {
    let name: (identity: string) => void = () => undefined;
    let asked = 0;
    const identity = () => (++asked === 2 ? new Promise<string>((resolve) => (name = resolve)) : 'models-1');
    w = createWorld({ startHash, store: memory, identity });
    const first = await w.cached.run(CHAT);
    const before = structuredClone(first.output);
    spoil(first);
    name('models-1');
    expect((await w.cached.run(CHAT)).output).toEqual(before);
  });

  it.each<[string, object]>([
    ['labels', LABELS],
    ['a text', CHAT],
  ])('of %s to several at a time is the own one of each', async (_, input) => {
    w.world.isSlow = true;
    const ask = () => w.cached.run(input as never) as unknown as Promise<AnyResult>;
    const asked = [ask(), ask(), ask()] as const;
    await w.asked(1);
    w.world.open();
    const [first, second, third] = await Promise.all(asked);
    const before = structuredClone(third);
    spoil(second);
    spoil(first);
    expect(third).toStrictEqual(before);
  });

  it('is unsealed once for as long as the store has it at hand', async () => {
    await w.ask(LABELS);
    await w.cached.run(LABELS);
    const before = hashes;
    await w.cached.run(LABELS);
    // Its key.
    expect(hashes - before).toBe(1);
  });

  it('is unsealed once where the store reads it from its file each time, and anew where that was changed', async () => {
    await w.ask(CHAT);
    expect(await w.ask(CHAT)).toBe('exact');
    given = (answer) => ({ ...answer });
    const before = hashes;
    expect(await w.ask(CHAT)).toBe('exact');
    expect(hashes - before).toBe(1);
    await w.cached.cache.forget({ tag: 'none' });
    expect(await w.ask(CHAT)).toBe('exact');
    expect(hashes - before).toBeGreaterThan(2);
    given = (answer) => ({ ...answer, body: answer.body.replace('Paris', 'Lyon.') });
    expect(await w.ask(CHAT)).toBe('miss');
  });

  it.each<[string, (answer: KeptAnswer) => KeptAnswer]>([
    ['is another one', (answer) => ({ ...answer, key: 'another' })],
    ["is another tenant's", (answer) => ({ ...answer, tenant: 'another' })],
    ['is of another scope', (answer) => ({ ...answer, scope: 'another' })],
  ])('is none where what the store gives %s', async (_, change) => {
    await w.ask(CHAT);
    expect(await w.ask(CHAT)).toBe('exact');
    given = change;
    expect(await w.ask(CHAT)).toBe('miss');
  });
});
