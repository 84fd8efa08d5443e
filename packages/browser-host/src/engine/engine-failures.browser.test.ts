import { EngineError, type EngineInput, type EngineModel } from '@terrace/core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBrowserEngine, type BrowserEngine, type BrowserEngineOptions } from './browser-engine.js';
import { changedWorker } from './testing/changed-worker.js';
import { BUILT_FILES, shippedModel } from './testing/shipped-model.js';

const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
const absent = new URL('/terrace/none.js', location.origin).href;

let nano: EngineModel;
/** Takes ONNX Runtime, as nano does not. */
let small: EngineModel;
beforeAll(async () => {
  nano = (await shippedModel('nano', 'q4', 'wasm')).model;
  small = (await shippedModel('small', 'int8', 'wasm')).model;
});

function open(options: Partial<BrowserEngineOptions> = {}): BrowserEngine {
  const engine = createBrowserEngine({ files: BUILT_FILES, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** A file with this content, whose size and hash are right. */
async function fileOf(content: string): Promise<EngineModel['weights']> {
  const blob = new Blob([content]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const url = URL.createObjectURL(blob);
  onTestFinished(() => URL.revokeObjectURL(url));
  return { location: url, bytes: blob.size, sha256 };
}

describe('FIELD-BUGS 1: a load that fails poisons no other', () => {
  it.each([
    ['weights that are no graph', async () => ({ weights: await fileOf('this is no graph') }), 'ENGINE_FAILED'],
    ['a web page in their place', async () => ({ weights: await fileOf('<!doctype html><p>hello') }), 'ENGINE_FAILED'],
    [
      'a page where they should be',
      async () => ({ weights: { ...nano.weights, location: location.href } }),
      'ARTIFACT_CORRUPT',
    ],
    [
      'weights that are not there',
      async () => ({ weights: { ...nano.weights, location: absent } }),
      'ARTIFACT_MISSING',
    ],
    ['a tokenizer that is none', async () => ({ tokenizer: await fileOf('{"format": 1}') }), 'ARTIFACT_CORRUPT'],
    ['a provider of other hosts', async () => ({ provider: 'cpu' }), 'ENGINE_FAILED'],
  ])('%s', async (_, change, code) => {
    const engine = open();
    const error = await reasonOf(engine.load({ ...nano, ...(await change()) }));
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/./) });
    expect(engine.residentBytes()).toBe(0);
    const session = await engine.load(nano);
    expect((await session.run(embed('hello'))).values).toHaveLength(256);
  });
});

describe('a file of the package that is not served', () => {
  const { wasm } = BUILT_FILES;
  it.each([
    ['the worker', { engineWorker: absent }, absent],
    ['the script of ONNX Runtime', { wasm: { ...wasm, module: absent } }, absent],
    ['what Emscripten wrote', { wasm: { ...wasm, glue: absent } }, wasm.module],
    ['the WebAssembly', { wasm: { ...wasm, binary: absent } }, absent],
    ['WebAssembly that is a web page', { wasm: { ...wasm, binary: location.href } }, location.origin],
  ])('%s is named, and the load ends', async (_, change, named) => {
    const engine = open({ files: { ...BUILT_FILES, ...change } });
    const error = await reasonOf(engine.load(small));
    expect(EngineError.isInstance(error)).toBe(true);
    expect((error as EngineError).message).toContain(named);
    expect((error as EngineError).hint).not.toBe('');
    engine.warm('wasm');
    await expect(engine.measure('wasm')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('of another origin is refused in words, and not before a model is loaded', async () => {
    const engine = open({ files: { ...BUILT_FILES, engineWorker: 'https://elsewhere.example/engine-worker.js' } });
    engine.warm('wasm');
    const error = await reasonOf(engine.load(small));
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', hint: expect.stringContaining('origin') });
  });

  it('is asked for again by the next load', async () => {
    const files = { ...BUILT_FILES, wasm: { ...wasm, binary: absent } };
    const engine = open({ files });
    await reasonOf(engine.load(small));
    Object.assign(files.wasm, wasm);
    await expect(engine.load(small)).resolves.toBeDefined();
  });
});

it('FIELD-BUGS 3: without an adapter WebGPU is refused in words, and nothing is downloaded for it', async () => {
  expect(navigator.gpu).toBeDefined();
  performance.clearResourceTimings();
  const error = await reasonOf(open().load({ ...nano, provider: 'webgpu' }));
  expect(EngineError.isInstance(error)).toBe(true);
  expect((error as EngineError).message).toContain('no adapter');
  expect(performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'))).toEqual([]);
});

it('FIELD-BUGS 15: without cross-origin isolation several threads are one, and a warning', async () => {
  expect(crossOriginIsolated).toBe(false);
  const warnings: string[] = [];
  const engine = open({ threads: 4, onWarning: (message) => warnings.push(message) });
  await expect((await engine.load(nano)).run(embed('hello'))).resolves.toBeDefined();
  expect(warnings).toEqual([expect.stringContaining('Cross-Origin-Opener-Policy')]);
});

describe('a worker that dies', () => {
  it('of a stray exception rejects the call under way and all others, and counts no more', async () => {
    const worker = changedWorker("channel.onmessage = () => { throw new Error('a stray exception'); };");
    const engine = open({ files: { ...BUILT_FILES, engineWorker: worker.url } });
    const { model } = await shippedModel('base', 'int8', 'wasm');
    const session = await engine.load(model);
    const calls = ['one', 'two'].map((text) => reasonOf(session.run(embed(text))));
    worker.tell('now');
    await expect.poll(() => session.alive).toBe(false);
    calls.push(reasonOf(session.run(embed('three'))));
    const errors = (await Promise.all(calls)).filter((ending) => EngineError.isInstance(ending));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.at(-1)!.message).toContain('a stray exception');
    expect(engine.residentBytes()).toBe(0);
    await expect((await engine.load(model)).run(embed('again'))).resolves.toBeDefined();
  });

  it('of a trap in WebAssembly says so before the run does: the run is worth another try', async () => {
    const worker = changedWorker(`
      channel.onmessage = () => {
        Uint8Array.prototype.set = () => { throw new WebAssembly.RuntimeError('unreachable'); };
        channel.postMessage('done');
      };`);
    const done = new Promise((resolve) => worker.channel.addEventListener('message', resolve, { once: true }));
    const engine = open({ files: { ...BUILT_FILES, engineWorker: worker.url } });
    const session = await engine.load(small);
    worker.tell('now');
    await done;
    const error = await reasonOf(session.run(embed('hello')));
    expect(session.alive).toBe(false);
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('ended: unreachable') });
  });
});

describe('an abort of a load', () => {
  it('ends the wait and the worker at once, and the next load is like any other', async () => {
    const engine = open();
    const controller = new AbortController();
    const loading = reasonOf(engine.load(nano, { signal: controller.signal }));
    const reason = new Error('never mind');
    controller.abort(reason);
    expect(await loading).toBe(reason);
    expect(engine.residentBytes()).toBe(0);
    await expect(engine.load(nano)).resolves.toBeDefined();
  });
});

describe('a closed engine', () => {
  it('loads and measures nothing any more, and a load under way ends', async () => {
    const engine = open();
    const loading = reasonOf(engine.load(nano));
    engine.warm('wasm');
    await engine.close();
    for (const call of [loading, reasonOf(engine.load(nano)), reasonOf(engine.measure('wasm'))])
      expect(EngineError.isInstance(await call)).toBe(true);
    engine.warm('wasm');
    expect(engine.residentBytes()).toBe(0);
  });
});
