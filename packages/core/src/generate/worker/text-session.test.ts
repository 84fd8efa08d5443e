import { describe, expect, it } from 'vitest';
import { engineClosed } from '../../encoder/session-faults.js';
import { EngineError } from '../../errors/engine-error.js';
import type { TextEngine, TextModel } from '../../ports/text-engine.js';
import { textJob as job, macrotask } from '../../testing/batcher-world.js';
import { fakeFile, fakeSha } from '../../testing/example-catalog.js';
import { createFakeChatTokenizer, FAKE_TOKENS, FAKE_VOCABULARY } from '../../testing/fake-chat-tokenizer.js';
import { createFakeTextGraph } from '../../testing/fake-text-graph.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { describeTextEngineContract } from '../../testing/text-engine-contract.js';
import { createLifeline } from '../../wait/lifeline.js';
import { createBatcher } from '../batch/batcher.js';
import { createTextWorker } from './create-text-worker.js';
import { CREDIT_TOKENS, textSession } from './text-session.js';
import type { TextEvent, TextWorker } from './text-worker.js';

const MODEL: TextModel = {
  variantId: fakeSha('text'),
  modelId: 'fake',
  provider: 'cpu',
  weights: { ...fakeFile('weights'), location: 'weights' },
  tokenizer: { ...fakeFile('tokenizer'), location: 'tokenizer' },
  tokenizerConfig: undefined,
  shape: { family: 'fake', kvHeads: 1, headDim: 1, kvBytesPerElement: 4, endTokens: [FAKE_TOKENS.end], maxRows: 8 },
  layers: 1,
  vocabulary: FAKE_VOCABULARY,
  contextTokens: 512,
  kvBytes: 1e6,
  delta: undefined,
};

const REPORT = {
  loadMs: 1,
  bytesRead: 1,
  peakMemoryBytes: 1,
  prefillTokensPerSecond: 1,
  decodeTokensPerSecond: 1,
  thread: 'worker',
} as const;

/** A worker in the same thread: what crosses is copied as messages are. */
function inThread({ onCall = (_: string): void => undefined } = {}) {
  const graph = createFakeTextGraph();
  const tokenizer = createFakeChatTokenizer();
  const listeners = new Set<(events: readonly TextEvent[]) => void>();
  const life = createLifeline();
  const worker = createTextWorker({
    load: async (model) => ({
      report: REPORT,
      start: (send) =>
        createBatcher({
          model,
          graph,
          tokenizer,
          grammars: {
            compile: () => {
              throw new Error('no formats here');
            },
          },
          readToolCalls: undefined,
          nowMs: () => performance.now(),
          random: seededRandom(1),
          yieldToMessages: macrotask,
          sleep: () => new Promise(() => undefined),
          send,
        }),
      countTokens: (chat) => tokenizer.prompt({ ...chat, context: 'refuse' }, Infinity).ids.length,
      encode: (text) => tokenizer.encode(text),
      release: () => graph.release(),
    }),
    send: (events) => {
      const copy = structuredClone(events);
      void macrotask().then(() => listeners.forEach((listener) => listener(copy)));
    },
  });
  const watched: TextWorker = {
    ...worker,
    begin: (...values) => (onCall('begin'), worker.begin(...structuredClone(values))),
    more: (...values) => (onCall(`more ${values[1]}`), worker.more(...values)),
    cancel: (jobId) => (onCall('cancel'), worker.cancel(jobId)),
  };
  let closed = false;
  const engine: TextEngine = {
    async load(model) {
      if (closed) throw engineClosed(model.modelId);
      const report = await worker.load(model);
      return textSession({
        modelId: model.modelId,
        worker: watched,
        events: { subscribe: (listener) => (listeners.add(listener), () => void listeners.delete(listener)) },
        life,
        report: { ...report, peakMemoryBytes: 1 },
        letGo: () => worker.release(),
      });
    },
    async close() {
      closed = true;
      life.end(engineClosed(MODEL.modelId));
    },
  };
  return { engine, graph, life, listeners };
}

describeTextEngineContract('a worker in the same thread', () => ({ engine: inThread().engine, model: MODEL }));

describe('a text session', () => {
  it('gives back what was read, in a few messages', async () => {
    const calls: string[] = [];
    const session = await inThread({ onCall: (call) => void calls.push(call) }).engine.load(MODEL);
    const said = 'a text that is longer than what may be ahead, so that somebody has to give back';
    let tokens = 0;
    for await (const pieces of session.generate(job(said)))
      for (const { logProbs } of pieces) tokens += logProbs.length;
    expect(tokens).toBe(said.length + 10);
    expect(calls[0]).toBe('begin');
    expect(calls.slice(1).every((call) => call.startsWith('more'))).toBe(true);
    expect(calls.length).toBeLessThan(tokens / 7);
  });

  it('is never further ahead than the credit', async () => {
    const { engine, graph } = inThread();
    const session = await engine.load(MODEL);
    const running = session.generate(job('x'.repeat(200)));
    await running.next();
    for (let i = 0; i < 200; i++) await macrotask();
    expect(graph.runs.filter(({ columns }) => columns === 1).length).toBeLessThanOrEqual(CREDIT_TOKENS);
    await running.return(undefined as never);
  });

  it('tells the worker at once that an abort has come, also when nobody reads', async () => {
    const calls: string[] = [];
    const session = await inThread({ onCall: (call) => void calls.push(call) }).engine.load(MODEL);
    const control = new AbortController();
    const running = session.generate(job('some text'), control.signal);
    await running.next();
    control.abort(new Error('enough'));
    expect(calls.at(-1)).toBe('cancel');
    await expect(running.next()).rejects.toThrow('enough');
    expect(calls.filter((call) => call === 'cancel')).toHaveLength(1);
  });

  it('fails every reader when the thread ends, and when the graph fails', async () => {
    for (const end of ['thread', 'graph'] as const) {
      const { engine, life, graph } = inThread();
      const session = await engine.load(MODEL);
      const running = [session.generate(job('one')), session.generate(job('two'))];
      for (const one of running) await one.next();
      if (end === 'thread') life.end(new EngineError({ message: 'it is gone', hint: '' }));
      else graph.breakNext(new Error('it is gone'));
      for (const one of running) {
        await expect(
          (async () => {
            for await (const _ of one);
          })(),
        ).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      }
      expect(session.alive).toBe(false);
      expect(session.active()).toBe(0);
      await expect(session.generate(job('three')).next()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    }
  });

  it('is not busy with what the worker has ended, also when its reader has forgotten it', async () => {
    const session = await inThread().engine.load(MODEL);
    const forgotten = session.generate(job('hi'));
    await forgotten.next();
    expect(session.active()).toBe(1);
    for (let i = 0; i < 60; i++) await macrotask();
    expect(session.active()).toBe(0);
    let text = '';
    for await (const pieces of forgotten) for (const piece of pieces) text += piece.text;
    expect(text).toMatch(/said: hi$/);
  });

  it('lets an answer that was written be read to its end, whatever became of the model', async () => {
    const session = await inThread().engine.load(MODEL);
    const late = session.generate(job('hi'));
    await late.next();
    while (session.active() > 0) await macrotask();
    await session.release();
    let text = '';
    for await (const pieces of late) for (const piece of pieces) text += piece.text;
    expect(text).toMatch(/said: hi$/);
  });

  it('says what an error of a job was', async () => {
    const session = await inThread().engine.load(MODEL);
    await expect(session.generate(job('x'.repeat(600))).next()).rejects.toMatchObject({
      code: 'CONTEXT_EXCEEDED',
      facts: { contextTokens: 511 },
    });
  });
});
