import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRuntime, type Clock, type RemoteModule } from '@terrace/core';
import {
  createFakeFetch,
  createFakePorts,
  EXAMPLE_LABELS,
  exampleCatalog,
  exampleEndpoint,
  scoresFor,
  type FakeAnswer,
} from '@terrace/core/testing';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Parts {
  readonly create: typeof createRuntime;
  readonly loadRemote: () => Promise<RemoteModule>;
}

/** Calls are tried again after a while. */
const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    }),
};

/** An error is called by the name of its class. */
const KEEPING_NAMES = { mangle: { keepNames: { function: false, class: true } } } as const;

const core = fileURLToPath(new URL('../packages/core/', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-remote-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One script, as a browser's host makes it, and the modules in it. */
async function bundle(name: string, code: string): Promise<{ url: string; modules: string[] }> {
  const build = await rolldown({
    input: 'entry',
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? path.join(core, 'entry.js') : null),
        load: (id) => (id === path.join(core, 'entry.js') ? code : null),
      },
    ],
  });
  const file = path.join(folder, `${name}.mjs`);
  const { output } = await build.write({ file, format: 'esm', codeSplitting: false, minify: KEEPING_NAMES });
  await build.close();
  expect(output).toHaveLength(1);
  return { url: pathToFileURL(file).href, modules: output[0].moduleIds.map((id) => path.relative(core, id)) };
}

let runtime: Awaited<ReturnType<typeof bundle>>;
let remote: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  runtime = await bundle('runtime', "export { createRuntime } from './dist/index.js';");
  remote = await bundle('remote', "export { openRemotes } from './dist/remote/open-remotes.js';");
}, 60_000);

const question = { text: 'freeze my card, mail me at jo@example.com', domain: 'bank', minConfidence: 0.9 } as const;
const unsure = { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) };
const logits = {
  name: 'logits',
  datatype: 'FP32',
  shape: [1, EXAMPLE_LABELS.length],
  data: scoresFor('block_card', 0.97, EXAMPLE_LABELS),
};

/** The hint and the facts are its own, name and message are not. */
const asPlain = (error: unknown): { name: string; message: string; trace?: unknown } => {
  const { name, message, cause } = error as Error;
  return { ...(error as object), name, message, ...(cause instanceof Error && { cause: asPlain(cause) }) };
};

/** What a device below a cloud makes of an answer, without what depends on the moment, and what it sent. */
async function outcome({ create, loadRemote }: Parts, answer: FakeAnswer) {
  const catalog = { ...exampleCatalog(), endpoints: [exampleEndpoint({ id: 'cloud', placement: 'cloud' })] };
  const fakes = createFakePorts({ catalog, models: { nano: unsure, base: unsure } });
  const cloud = createFakeFetch(answer);
  const opened = create({ ...fakes, clock: systemClock, fetch: cloud.fetch, loadRemote });
  const { tier, path: tiers, output, verdict, costUsd, sentBytes, trace } = await opened.run(question);
  const events = trace.map((event) => ({ ...event, atMs: 0, durationMs: 0, waitedMs: 0 }));
  const endpoint = catalog.endpoints[0]!;
  const { kind } = opened.remotes.state({
    kind: 'remote',
    id: 'cloud',
    placement: 'cloud',
    endpoint,
    delta: undefined,
  });
  const { trace: _, ...only } = await opened.run({ ...question, policy: 'cloud' }).catch(asPlain);
  await opened.close();
  return { tier, tiers, output, verdict, costUsd, sentBytes, events, kind, only, sent: cloud.requests.length };
}

describe('a bundle of the runtime', () => {
  it('has nothing of clients, breakers and redaction in it', () => {
    const ofRemote = runtime.modules.filter((id) => /^dist\/(remote|redact)\/|cockatiel/.test(id));
    const always = ['queue-closed', 'runtime-closed', 'spending'].map((name) => `dist/remote/${name}.js`);
    expect(ofRemote.toSorted()).toEqual(always);
    expect(remote.modules.filter((id) => /^dist\/(runtime|recommend|load|run|judge)\b/.test(id))).toEqual([]);
  });

  it.each<[string, FakeAnswer]>([
    ['a good answer', { body: { model_name: 'base', outputs: [logits] } }],
    ['nonsense', { body: '<html>' }],
    ['a failure', { status: 500 }],
    ['a refusal', { status: 401 }],
    ['too much to do', { status: 429, headers: { 'retry-after': '60' } }],
    ['no connection', { error: Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' }) }],
  ])('makes the same of %s, though what asks endpoints shares no code with it', async (_, answer) => {
    const whole: Parts = { create: createRuntime, loadRemote: () => import('@terrace/core/remote') };
    const apart: Parts = {
      create: ((await import(runtime.url)) as { createRuntime: typeof createRuntime }).createRuntime,
      loadRemote: () => import(remote.url) as ReturnType<Parts['loadRemote']>,
    };
    expect(await outcome(apart, answer)).toEqual(await outcome(whole, answer));
  });
});
