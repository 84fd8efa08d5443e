import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Question, SemanticAsk, SemanticCache, SemanticLook } from '../../cache/semantic/semantic-cache.js';
import type { CacheRecord } from '../../ports/ledger.js';
import { CHAT, createWorld, type World } from './testing/cache-world.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const QUESTION: Question = { encoder: 'e'.repeat(64), vector: Float32Array.of(1, 0), features: ['f'] };
const NOTHING: SemanticLook = { kind: 'none', reason: 'empty', candidate: undefined, question: QUESTION };
const CERTIFIED = { score: 1.9, maxWrongHitRate: 0.01, question: QUESTION };

const asking = (content: string): typeof CHAT => ({
  ...CHAT,
  messages: [CHAT.messages![0]!, { role: 'user', content }],
});
const FRANCE = asking('What is the capital of France?');
const ALIKE = asking("What's France's capital?");

let looks: SemanticAsk[];
let answers: { ask: SemanticAsk; look: SemanticLook; answer: { answerId: string; kept: boolean } }[];
let next: SemanticLook | Error;
let opened: number;
let marks: [string, CacheRecord][];
let w: World;

const semantic: SemanticCache = {
  async look(ask) {
    looks.push(ask);
    if (next instanceof Error) throw next;
    return next;
  },
  answered: (ask, look, answer) => void answers.push({ ask, look, answer }),
  forget: () => undefined,
  calibrate: () => Promise.reject(new Error('not here')),
  standings: () => [],
  flush: async () => undefined,
  close: async () => undefined,
};

beforeEach(() => {
  [looks, answers, marks, next, opened] = [[], [], [], NOTHING, 0];
  w = createWorld({
    startHash,
    settings: {
      maxBytes: 1e9,
      maxEntries: 1e6,
      ttlMs: 1e9,
      semantic: { maxWrongHitRate: 0.01, auditShare: 0.02 },
    },
    openSemantic: async () => {
      opened++;
      return semantic;
    },
    ledger: { append: async () => undefined, mark: (id, record) => void marks.push([id, record]) },
  });
});

const hit = (key: string, audited = false): SemanticLook => ({
  kind: 'hit',
  key,
  audited,
  auditProbability: audited ? 0.02 : 1,
  ...CERTIFIED,
});

describe('a question that is alike', () => {
  it('is answered from memory, and said to be', async () => {
    const first = await w.cached.run(FRANCE);
    await w.cached.flush();
    expect(answers).toMatchObject([{ answer: { kept: true, answerId: expect.stringMatching(/^[0-9a-f]{64}$/) } }]);
    next = hit(answers[0]!.ask.key);
    const again = await w.cached.run(ALIKE);
    expect(again.output).toEqual(first.output);
    expect(again.cache).toMatchObject({ kind: 'semantic', score: 1.9, maxWrongHitRate: 0.01, from: first.requestId });
    expect(again.trace[0]).toMatchObject({ kind: 'cache', hit: 'semantic' });
    expect(looks.map(({ text }) => text)).toEqual([FRANCE, ALIKE].map(({ messages }) => messages![1]!.content));
    expect(looks[0]!.scope).toBe(looks[1]!.scope);
    expect(opened).toBe(1);
  });

  it('is not looked for where the same one was answered, nobody wants it, or it is a vector', async () => {
    await w.ask(FRANCE);
    expect(looks).toHaveLength(1);
    expect(await w.ask(FRANCE)).toBe('exact');
    await w.ask({ ...ALIKE, cache: { semantic: false } });
    await w.ask({ task: 'feature-extraction', text: 'a' });
    expect(looks).toHaveLength(1);
  });

  it('has another scope under another system prompt, tenant or model', async () => {
    await w.ask(FRANCE);
    await w.ask({ ...FRANCE, messages: [FRANCE.messages![1]!] });
    await w.ask(FRANCE, { key: 'alice' });
    w.identity.now = 'models-2';
    await w.ask(FRANCE);
    expect(new Set(looks.map(({ scope }) => scope)).size).toBe(4);
  });

  it('is never answered with an entry of another scope, owner or model, whatever the index says', async () => {
    await w.ask(FRANCE, { key: 'alice' });
    next = hit(answers[0]!.ask.key);
    expect(await w.ask(ALIKE)).toBe('miss');
    expect(await w.ask({ ...ALIKE, messages: [ALIKE.messages![1]!] }, { key: 'alice' })).toBe('miss');
    w.identity.now = 'models-2';
    expect(await w.ask(ALIKE, { key: 'alice' })).toBe('miss');
  });

  it('is kept at once, and found by others as soon as it is embedded, however late', async () => {
    let embedded!: (question: Question) => void;
    const late = new Promise<Question>((resolve) => (embedded = resolve));
    next = { kind: 'none', reason: 'late', candidate: undefined, question: undefined, late };
    await w.ask({ ...FRANCE, cache: { tags: ['a'] } });
    expect(await w.ask(FRANCE)).toBe('exact');
    embedded(QUESTION);
    await expect.poll(() => answers).toHaveLength(2);
    expect(answers.map(({ look, answer }) => [look.question, answer.kept])).toEqual([
      [undefined, true],
      [QUESTION, true],
    ]);
    expect((await w.store.get(answers[1]!.ask.key))?.question?.features).toEqual(['f']);
  });

  it('is computed where what was found is gone', async () => {
    next = hit('0'.repeat(64));
    expect(await w.ask(ALIKE)).toBe('miss');
  });

  it('that is drawn for audit is computed, compared and written down', async () => {
    await w.ask(FRANCE);
    const { key } = answers[0]!.ask;
    next = hit(key, true);
    const right = await w.cached.run(ALIKE);
    expect(right.cache).toBeUndefined();
    await w.cached.flush();
    w.world.text = 'Lyon.';
    const wrong = await w.cached.run(asking('And the capital of France?'));
    await w.cached.flush();
    const audit = { kind: 'audit', savedUsd: 0, savedTokens: 0, savedMs: 0, probability: 0.02 };
    expect(marks).toEqual([
      [right.requestId, { ...audit, right: true }],
      [wrong.requestId, { ...audit, right: false }],
    ]);
    const [, first, second] = answers;
    expect(first!.answer.answerId).toBe(answers[0]!.answer.answerId);
    expect(second!.answer.answerId).not.toBe(first!.answer.answerId);
  });

  it('is computed where whoever knows what is alike fails', async () => {
    next = new Error('no encoder');
    expect(await w.ask(FRANCE)).toBe('miss');
    expect(await w.ask(ALIKE)).toBe('miss');
    expect(w.failures).toMatchObject([{ message: 'no encoder' }]);
  });

  it('of a caller that has given up already is left to whoever answers', async () => {
    const over = new AbortController();
    over.abort(new Error('enough'));
    w.world.failure = new Error('told by whoever answers');
    await expect(w.cached.run(FRANCE, { signal: over.signal })).rejects.toThrow('told by whoever answers');
  });
});
