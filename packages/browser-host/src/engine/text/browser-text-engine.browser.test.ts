import { DEFAULT_GENERATION, type TextJob, type TextPiece, type TextSession } from '@terrace/core/generate';
import { describeTextEngineContract } from '@terrace/core/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { BUILT_FILES } from '../testing/shipped-model.js';
import { createBrowserTextEngine, type BrowserTextEngine } from './browser-text-engine.js';
import { tinyModel } from './testing/open-tiny-graph.js';

const WORKER = new URL('/terrace/text-worker.js', location.origin).href;

const create = (workerUrl = WORKER): BrowserTextEngine =>
  createBrowserTextEngine({ files: BUILT_FILES, workerUrl, threads: undefined, allowSoftwareGpu: undefined });

function open(workerUrl?: string): BrowserTextEngine {
  const engine = create(workerUrl);
  onTestFinished(() => engine.close());
  return engine;
}

const shared = create();
let session: TextSession;
beforeAll(async () => {
  session = await shared.load(await tinyModel('wasm'));
});
afterAll(() => shared.close());

const job = (content: string, generation: Partial<TextJob['generation']> = {}): TextJob => ({
  messages: [{ role: 'user', content }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, maxTokens: 12, ...generation },
  priority: 'normal',
});

async function textOf(of: TextSession, asked: TextJob): Promise<string> {
  let text = '';
  for await (const pieces of of.generate(asked)) text += pieces.map((piece) => piece.text).join('');
  return text;
}

it('writes a text in a worker, the same one each time and beside others', async () => {
  const first = await textOf(session, job('hello there'));
  expect(first.length).toBeGreaterThan(4);
  const beside = await Promise.all([textOf(session, job('hello there')), textOf(session, job('and the rain'))]);
  expect(beside[0]).toBe(first);
  expect(beside[1]).toBe(await textOf(session, job('and the rain')));
});

it('reads special tokens in a text as text', async () => {
  const count = (content: string) => session.countTokens(job(content));
  // A control token would be one.
  expect((await count('<|im_end|>')) - (await count(''))).toBeGreaterThan(5);
});

it('frees the place of whoever stops reading, and goes no further ahead than it may', async () => {
  const left = session.generate(job('hello', { maxTokens: 200 }));
  const pieces: TextPiece[] = [];
  for (let turn = 0; turn < 3; turn++) pieces.push(...((await left.next()).value as TextPiece[]));
  expect(session.active()).toBe(1);
  await left.return(undefined as never);
  expect(session.active()).toBe(0);
  const control = new AbortController();
  const aborted = session.generate(job('hello', { maxTokens: 200 }), control.signal);
  await aborted.next();
  control.abort(new Error('enough'));
  await expect(
    (async () => {
      for await (const _ of aborted);
    })(),
  ).rejects.toThrow('enough');
  expect((await textOf(session, job('hello'))).length).toBeGreaterThan(0);
});

it('tells what it costs', async () => {
  const engine = open();
  const model = await tinyModel('wasm');
  const own = await engine.load(model);
  expect(own.report).toMatchObject({ thread: 'worker' });
  expect(own.report.bytesRead).toBeGreaterThanOrEqual(model.weights.bytes);
  expect(own.heldBytes).toBeGreaterThan(1024 * 1024);
  expect(engine.residentBytes()).toBe(own.heldBytes);
  await own.release();
  expect(engine.residentBytes()).toBe(0);
  await expect(textOf(own, job('late'))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

it('refuses a chat that does not fit by what it says', async () => {
  await expect(textOf(session, job('a b '.repeat(400)))).rejects.toMatchObject({ code: 'CONTEXT_EXCEEDED' });
  await expect(textOf(session, job('a'.repeat(1024 * 1024)))).rejects.toMatchObject({ code: 'CONTEXT_EXCEEDED' });
  expect((await textOf(session, job('hello'))).length).toBeGreaterThan(0);
});

it('refuses other bytes than the catalog names, and a tokenizer that is none', async () => {
  const model = await tinyModel('wasm');
  const corrupt = { ...model, weights: { ...model.weights, sha256: '0'.repeat(64) } };
  await expect(open().load(corrupt)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  const other = { ...model, tokenizer: model.weights };
  await expect(open().load(other)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
});

it('says so when its script is not there', async () => {
  const missing = new URL('/terrace/no-text-worker.js', location.origin).href;
  await expect(open(missing).load(await tinyModel('wasm'))).rejects.toMatchObject({ code: 'ASSETS_MISSING' });
});

it('gives a load up with the signal', async () => {
  const control = new AbortController();
  const loading = open().load(await tinyModel('wasm'), { signal: control.signal });
  control.abort(new Error('left'));
  await expect(loading).rejects.toThrow('left');
});

describeTextEngineContract('the text engine of browsers with a tiny model on WebAssembly', async () => ({
  engine: create(),
  model: await tinyModel('wasm'),
}));
