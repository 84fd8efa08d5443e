import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ArtifactCorruptError,
  ArtifactMissingError,
  EngineError,
  type EngineInput,
  type EngineModel,
} from '@terrace/core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { BUILT_WORKER, shippedModel } from './testing/shipped-model.js';
import { createEngineThreads } from './engine-threads.js';
import { loadInWorker } from './worker-session.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-worker-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const resolve = (name: string): string => pathToFileURL(createRequire(import.meta.url).resolve(name)).href;

/** A worker that does what the text tells it to, and gives back the texts it has seen, joined, as its token count. */
const STAND_IN = `
import { parentPort } from 'node:worker_threads';
import Comlink from '${resolve('comlink')}';
import nodeEndpoint from '${resolve('comlink/dist/esm/node-adapter.mjs')}';
const seen = [];
Comlink.expose({
  async load({ modelId }) {
    if (modelId === 'dies') process.exit(7);
    if (modelId === 'hangs') await new Promise(() => setInterval(() => undefined, 1000));
    return { loadMs: 1, bytesRead: 1, warmRunMs: 1, thread: 'worker' };
  },
  attach: async () => undefined,
  async run({ text }) {
    seen.push(text);
    if (text === 'exit') process.exit(3);
    if (text === 'crash') {
      setImmediate(() => { throw new Error('a stray exception'); });
      await new Promise(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { values: new Float32Array(0), tokens: seen.length, textTokens: 0, unknownTokens: 0, runMs: seen.join(' ') };
  },
  release: async () => undefined,
}, nodeEndpoint(parentPort));
`;
const standIn = path.join(folder, 'stand-in.mjs');
writeFileSync(standIn, STAND_IN);
const STAND_IN_URL = pathToFileURL(standIn);

const file = { location: '/nowhere', bytes: 1, sha256: '0'.repeat(64) };
const model = (modelId: string): EngineModel => ({
  variantId: file.sha256,
  modelId,
  provider: 'cpu',
  batchSensitive: false,
  weights: file,
  tokenizer: file,
  tokenizerConfig: undefined,
  graph: { interface: 'terrace', layers: 0, hidden: 1, features: 1 },
  contextTokens: 1,
  expectedRunMs: 1,
});
const input = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

async function loaded(modelId = 'stand-in') {
  const session = await loadInWorker(model(modelId), createEngineThreads(STAND_IN_URL));
  onTestFinished(() => session.release().catch(() => undefined));
  return session;
}

describe('a worker that dies', () => {
  it.each([
    ['exit', 'exit code 3'],
    ['crash', 'it failed'],
  ])('by %s rejects the call under way and those that wait, with EngineError', async (how, why) => {
    const session = await loaded();
    const calls = await Promise.all([how, 'next', 'after next'].map((text) => reasonOf(session.run(input(text)))));
    for (const error of calls) expect(EngineError.isInstance(error)).toBe(true);
    expect((calls[0] as EngineError).message).toContain(`The worker of stand-in ended: ${why}`);
    expect((calls[0] as EngineError).facts).toEqual({ model: 'stand-in' });
  });

  it('rejects every later call too', async () => {
    const session = await loaded();
    await reasonOf(session.run(input('exit')));
    expect(EngineError.isInstance(await reasonOf(session.run(input('again'))))).toBe(true);
    const delta = { deltaId: 'd', rank: 1, labelCount: 1, head: file, adapter: undefined };
    expect(EngineError.isInstance(await reasonOf(session.attach(delta)))).toBe(true);
  });

  it('while loading rejects the load', async () => {
    const error = await reasonOf(loadInWorker(model('dies'), createEngineThreads(STAND_IN_URL)));
    expect(EngineError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain('exit code 7');
  });

  it('because there is no such file rejects the load', async () => {
    const error = await reasonOf(
      loadInWorker(model('stand-in'), createEngineThreads(pathToFileURL(path.join(folder, 'none.mjs')))),
    );
    expect(EngineError.isInstance(error)).toBe(true);
    expect((error as Error).cause).toMatchObject({ code: 'MODULE_NOT_FOUND' });
  });
});

describe('a thread', () => {
  it('that let go of its variant loads the next one', async () => {
    const threads = createEngineThreads(STAND_IN_URL);
    onTestFinished(() => threads.close());
    const first = await loadInWorker(model('stand-in'), threads);
    await first.run(input('first'));
    await first.release();
    const second = await loadInWorker(model('stand-in'), threads);
    onTestFinished(() => second.release());
    expect((await second.run(input('second'))).runMs).toBe('first second');
    const beside = await loadInWorker(model('stand-in'), threads);
    onTestFinished(() => beside.release());
    expect((await beside.run(input('beside'))).runMs).toBe('beside');
  });

  it('whose load failed loads nothing any more, and another provider gets a fresh one', async () => {
    const threads = createEngineThreads(STAND_IN_URL);
    onTestFinished(() => threads.close());
    const first = await loadInWorker(model('stand-in'), threads);
    await first.run(input('first'));
    await first.release();
    const other = await loadInWorker({ ...model('stand-in'), provider: 'cuda' }, threads);
    onTestFinished(() => other.release());
    expect((await other.run(input('other'))).runMs).toBe('other');
    await reasonOf(loadInWorker(model('dies'), threads));
    const third = await loadInWorker(model('stand-in'), threads);
    onTestFinished(() => third.release());
    expect((await third.run(input('third'))).runMs).toBe('third');
  });
});

describe('an abort', () => {
  it('of a call that waits keeps it from ever reaching the worker', async () => {
    const session = await loaded();
    const controller = new AbortController();
    const first = session.run(input('first'));
    const waiting = reasonOf(session.run(input('waiting'), { signal: controller.signal }));
    const last = session.run(input('last'));
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    await first;
    // The stand-in tells what it has seen where the time of a run would be.
    expect((await last).runMs).toBe('first last');
  });

  it('of a load ends the wait for it, and the thread', async () => {
    const controller = new AbortController();
    const loading = reasonOf(loadInWorker(model('hangs'), createEngineThreads(STAND_IN_URL), controller.signal));
    const reason = new Error('never mind');
    controller.abort(reason);
    expect(await loading).toBe(reason);
  });
});

describe('the real worker', () => {
  it('tells what is wrong with a file as its own thread would', async () => {
    const { model: small } = await shippedModel('small', 'int8', 2);
    const corrupt = { ...small, weights: { ...small.weights, sha256: '0'.repeat(64) } };
    const error = await reasonOf(loadInWorker(corrupt, createEngineThreads(BUILT_WORKER)));
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ARTIFACT_CORRUPT', facts: { file: small.weights.location } });
    expect((error as ArtifactCorruptError).hint).toContain('models verify');
  });

  it('keeps the cause of a missing file', async () => {
    const { model: small } = await shippedModel('small', 'int8', 2);
    const missing = { ...small, weights: { ...small.weights, location: path.join(folder, 'none.onnx') } };
    const error = await reasonOf(loadInWorker(missing, createEngineThreads(BUILT_WORKER)));
    expect(ArtifactMissingError.isInstance(error)).toBe(true);
    expect((error as Error).cause).toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a run of a delta that it does not have, with facts, and goes on', async () => {
    const { model: small } = await shippedModel('small', 'int8', 2);
    const session = await loadInWorker(small, createEngineThreads(BUILT_WORKER));
    onTestFinished(() => session.release());
    const error = await reasonOf(session.run({ ...input('hello'), task: 'text-classification', deltaId: 'none' }));
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', facts: { model: 'small' } });
    expect((await session.run(input('hello'))).values).toHaveLength(384);
  });
});
