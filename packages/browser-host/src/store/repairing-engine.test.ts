import {
  ArtifactCorruptError,
  ArtifactMissingError,
  EngineError,
  type EngineDelta,
  type EngineModel,
  type EngineSession,
  type LocatedFile,
  type ModelEngine,
} from '@terrace/core';
import { fakeSha } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { repairingEngine } from './repairing-engine.js';

const located = (name: string, where = 'old'): LocatedFile => ({
  location: `${where}:${name}`,
  bytes: 10,
  sha256: fakeSha(name),
});

const MODEL: EngineModel = {
  variantId: fakeSha('weights'),
  modelId: 'tiny',
  provider: 'wasm',
  batchSensitive: false,
  weights: located('weights'),
  tokenizer: located('tokenizer'),
  tokenizerConfig: undefined,
  graph: { interface: 'terrace', layers: 0, hidden: 1, features: 1 },
  contextTokens: 8,
  expectedRunMs: 1,
};
const DELTA: EngineDelta = { deltaId: 'd', rank: 0, labelCount: 2, head: located('head'), adapter: undefined };
const CORRUPT = new ArtifactCorruptError({ message: 'damaged', hint: 'fetch it' });
const MISSING = new ArtifactMissingError({ message: 'evicted', hint: 'fetch it' });

/** Fails as it is told, and takes what it is told then. */
function setUp(...failures: Error[]) {
  const asked: string[] = [];
  const take = async (files: readonly (LocatedFile | undefined)[]): Promise<void> => {
    asked.push(files.flatMap((file) => file?.location ?? []).join(' '));
    const failure = failures.shift();
    if (failure) throw failure;
  };
  const session = {
    report: { loadMs: 1, bytesRead: 1, peakMemoryBytes: 1, warmRunMs: 1, thread: 'worker' },
    alive: true,
    attach: ({ head, adapter }: EngineDelta) => take([head, adapter]),
    detach: async () => undefined,
    run: async () => ({ values: new Float32Array(1), tokens: 1, textTokens: 1, unknownTokens: 0, runMs: 1 }),
    runBatch: async () => [],
    features: async () => new Float32Array(),
    release: async () => undefined,
  } satisfies EngineSession;
  const engine = {
    load: async ({ weights, tokenizer, tokenizerConfig }: EngineModel) => {
      await take([weights, tokenizer, tokenizerConfig]);
      return session;
    },
    residentBytes: () => 7,
    callerLoad: () => 0,
    close: async () => undefined,
  } satisfies ModelEngine;
  const renewed: string[] = [];
  const repairing = repairingEngine(engine, async ({ location, ...file }) => {
    renewed.push(location);
    return { ...file, location: location.replace('old:', 'new:') };
  });
  return { engine: repairing, session, asked, renewed, failures };
}

describe('FIELD-BUGS 11: an engine whose worker cannot read a file', () => {
  it.each([
    ['damaged', CORRUPT],
    ['gone', MISSING],
  ])('is given it anew when it is %s, and tries once more', async (_, failure) => {
    const { engine, asked, renewed } = setUp(failure);
    await engine.load(MODEL);
    expect(asked).toEqual(['old:weights old:tokenizer', 'new:weights new:tokenizer']);
    expect(renewed).toEqual(['old:weights', 'old:tokenizer']);
  });

  it('is given the files of a delta anew', async () => {
    const { engine, asked, failures } = setUp();
    const session = await engine.load(MODEL);
    failures.push(CORRUPT);
    await session.attach({ ...DELTA, adapter: located('adapter') });
    expect(asked.slice(1)).toEqual(['old:head old:adapter', 'new:head new:adapter']);
    await session.attach(DELTA);
    expect(asked.at(-1)).toBe('old:head');
  });

  it('is not tried a third time', async () => {
    const { engine, asked } = setUp(CORRUPT, CORRUPT);
    await expect(engine.load(MODEL)).rejects.toBe(CORRUPT);
    expect(asked).toHaveLength(2);
  });

  it('fails as before when something else is wrong', async () => {
    const refused = new EngineError({ message: 'refused', hint: 'another graph' });
    const { engine, renewed } = setUp(refused);
    await expect(engine.load(MODEL)).rejects.toBe(refused);
    expect(renewed).toEqual([]);
  });

  it('says what the session says', async () => {
    const { engine, session } = setUp();
    const wrapped = await engine.load(MODEL);
    expect([wrapped.alive, engine.residentBytes(), wrapped.report]).toEqual([true, 7, session.report]);
    Object.assign(session, { alive: false });
    expect(wrapped.alive).toBe(false);
  });
});
