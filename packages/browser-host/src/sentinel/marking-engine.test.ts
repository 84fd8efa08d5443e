import type { EngineModel } from '@terrace/core';
import { createFakeEngine, fakeFile, fakeLocation } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Mark } from './mark.js';
import { markingEngine } from './marking-engine.js';
import type { Sentinel } from './open-sentinel.js';
import type { PastCrashes } from './past-crashes.js';

const located = ({ sha256, bytes }: ReturnType<typeof fakeFile>) => ({
  location: fakeLocation(sha256),
  sha256,
  bytes,
});
const weights = fakeFile('base.onnx', 19);
const MODEL: EngineModel = {
  variantId: weights.sha256,
  modelId: 'base',
  provider: 'webgpu',
  batchSensitive: false,
  weights: located(weights),
  tokenizer: located(fakeFile('tokenizer.json')),
  tokenizerConfig: undefined,
  graph: { interface: 'terrace', layers: 6, hidden: 384, features: 384 },
  contextTokens: 128,
  expectedRunMs: 7,
};
const INPUT = { task: 'feature-extraction', text: 'hello', deltaId: undefined } as const;
const marked = (phase: Mark['phase']): Mark => ({
  variantId: weights.sha256,
  modelId: 'base',
  provider: 'webgpu',
  phase,
  bytes: 19,
});

function setUp(past?: Partial<PastCrashes>) {
  const events: unknown[] = [];
  const sentinel: Sentinel = {
    past: past && { proved: (mark) => void events.push(['proved', mark]), ...past },
    async during(mark, work) {
      events.push(['begin', mark]);
      return work().finally(() => events.push(['end', mark]));
    },
    close: () => events.push('closed'),
  };
  const fake = createFakeEngine({ models: { base: {} } });
  return { events, fake, engine: markingEngine(fake, Promise.resolve(sentinel)) };
}

describe('an engine that is watched', () => {
  it('marks a load, and each run whatever its size', async () => {
    const { events, engine } = setUp();
    const session = await engine.load(MODEL);
    expect(events.splice(0)).toEqual([
      ['begin', marked('load')],
      ['end', marked('load')],
    ]);
    await session.run(INPUT);
    await session.runBatch([INPUT, INPUT]);
    expect(events).toEqual([
      ['begin', marked('run')],
      ['end', marked('run')],
      ['begin', marked('run')],
      ['end', marked('run')],
    ]);
  });

  it('marks a load that nobody has asked for yet as such', async () => {
    const { events, engine } = setUp();
    await engine.load(MODEL, { isAhead: true });
    expect(events[0]).toEqual(['begin', { ...marked('load'), isAhead: true }]);
  });

  it('loads nothing ahead that a page has died of, nor where the rules of that are not to be had', async () => {
    for (const past of [{ mayLoadAhead: () => false }, {}]) {
      const { events, fake, engine } = setUp(past);
      await expect(engine.load(MODEL, { isAhead: true })).rejects.toThrow('died');
      expect([fake.loads, events]).toEqual([[], []]);
      await expect(engine.load(MODEL)).resolves.toBeDefined();
    }
    await expect(setUp({ mayLoadAhead: () => true }).engine.load(MODEL, { isAhead: true })).resolves.toBeDefined();
    await expect(setUp(undefined).engine.load(MODEL, { isAhead: true })).resolves.toBeDefined();
  });

  it('does everything else as it would unwatched', async () => {
    const { events, fake, engine } = setUp();
    fake.models['base'] = { heldBytes: 7 };
    const session = await engine.load(MODEL);
    expect(session).toMatchObject({ alive: true, heldBytes: 7, report: { bytesRead: 19 } });
    const head = located(fakeFile('head'));
    await session.attach({ deltaId: 'd', rank: 0, labelCount: 2, head, adapter: undefined });
    await session.run({ ...INPUT, deltaId: 'd' });
    await session.detach('d');
    await expect(session.run({ ...INPUT, deltaId: 'd' })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await session.release();
    expect(fake.released).toEqual([MODEL.variantId]);
    expect(session.alive).toBe(false);
    await engine.close();
    expect(events.at(-1)).toBe('closed');
  });

  it('takes a score of runs for proof, and those that fail for none', async () => {
    const { events, fake, engine } = setUp({});
    const proofs = () => events.filter((event) => Array.isArray(event) && event[0] === 'proved');
    const session = await engine.load(MODEL);
    fake.models['base'] = { onRun: () => Promise.reject(new Error('no')) };
    for (let i = 0; i < 30; i++) await expect(session.run(INPUT)).rejects.toThrow('no');
    fake.models['base'] = {};
    for (let i = 0; i < 19; i++) await session.run(INPUT);
    expect(proofs()).toEqual([]);
    for (let i = 0; i < 30; i++) await session.run(INPUT);
    expect(proofs()).toEqual([['proved', marked('run')]]);
  });

  it('does not load what the page has died of', async () => {
    const refusal = new Error('the page has died of it');
    const { events, fake, engine } = setUp({
      requireAllowed({ provider }) {
        if (provider === 'webgpu') throw refusal;
      },
    });
    await expect(engine.load(MODEL)).rejects.toBe(refusal);
    expect(fake.loads).toEqual([]);
    expect(events).toEqual([]);
    await expect(engine.load({ ...MODEL, provider: 'wasm' })).resolves.toBeDefined();
  });
});
