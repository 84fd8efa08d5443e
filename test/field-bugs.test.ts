import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError, type EngineModel, type TraceEvent } from '@terrace/core';
import {
  createNodeEngine,
  createNodeRuntime,
  openModelFolders,
  openSqliteLedger,
  type NodeRuntime,
} from '@terrace/node-host';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, EASY, eventsOf, HARD, homeOfThisFile, tiersOf } from './support/answers.js';
import { edited, linkedModels, replaceFile } from './support/linked-models.js';
import { SHIPPED, temporaryFolder } from './support/run-cli.js';

/** The bundled one: a thread inherits Vitest's condition for sources, with which another would look for core there. */
const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const home = homeOfThisFile();
const embed = { task: 'feature-extraction', text: HARD, deltaId: undefined } as const;

async function modelOf(id: string, expectedRunMs: number): Promise<EngineModel> {
  const folders = await openModelFolders({ shipped: SHIPPED, added: '/no/models/were/added' });
  const model = folders.current().models.find((each) => each.id === id)!;
  const { weights } = model.variants[0]!;
  const { interface: layout, layers, hidden, features, contextTokens } = model;
  return {
    variantId: weights.sha256,
    modelId: id,
    provider: 'cpu',
    batchSensitive: false,
    weights: await folders.locate(weights),
    tokenizer: await folders.locate(model.tokenizer),
    tokenizerConfig: await folders.locate(model.tokenizerConfig!),
    graph: { interface: layout, layers, hidden, features },
    contextTokens,
    expectedRunMs,
  };
}

/** The same model with weights that have the right hash and are no graph. */
function withGarbage(model: EngineModel): EngineModel {
  const content = Buffer.alloc(4096, 7);
  const location = path.join(temporaryFolder(), 'model.onnx');
  writeFileSync(location, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { ...model, variantId: sha256, weights: { location, bytes: content.length, sha256 } };
}

async function openRuntime(state = home): Promise<NodeRuntime> {
  const runtime = await createNodeRuntime({ home: state, modelsFolder: SHIPPED, engineWorkerUrl: BUILT_WORKER });
  onTestFinished(() => runtime.close());
  return runtime;
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('FIELD-BUG 1: a failed load does not poison later ones', () => {
  it.each([
    ['nano', 'inline', 0],
    ['small', 'worker', 5],
  ])('%s (%s) loads and answers after garbage and after another file', async (id, _, expectedRunMs) => {
    const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
    onTestFinished(() => engine.close());
    const good = await modelOf(id, expectedRunMs);
    for (let i = 0; i < 2; i++) {
      expect(EngineError.isInstance(await reasonOf(engine.load(withGarbage(good))))).toBe(true);
      const wrong = { ...good, weights: { ...good.weights, sha256: '0'.repeat(64) } };
      expect(await reasonOf(engine.load(wrong))).toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    }
    const session = await engine.load(good);
    const { values } = await session.run(embed);
    expect(Math.hypot(...values)).toBeCloseTo(1, 3);
  });

  it('a load that fails leaves models that run alone', async () => {
    const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
    onTestFinished(() => engine.close());
    const good = await modelOf('small', 5);
    const session = await engine.load(good);
    const before = (await session.run(embed)).values;
    await Promise.all(
      [withGarbage(good), withGarbage(await modelOf('nano', 0))].map((bad) => reasonOf(engine.load(bad))),
    );
    expect((await session.run(embed)).values).toEqual(before);
  });
});

describe('FIELD-BUG 2: a missing provider does not end the request', () => {
  interface CatalogFile {
    models: { variants: { providers: string[] }[] }[];
  }
  const withProviders = (change: (providers: string[]) => string[]): string => {
    const models = linkedModels();
    const edit = edited<CatalogFile>((catalog) => {
      for (const { variants } of catalog.models) for (const v of variants) v.providers = change(v.providers);
    });
    replaceFile(models, 'catalog.json', edit);
    return models;
  };

  it('a variant that lists one that is not there before cpu goes on with cpu', async () => {
    const models = withProviders((providers) => ['cuda', 'webgpu', ...providers]);
    const answer = await ask(HARD, { home, models });
    expect(answer).toMatchObject({ code: 0, tier: 'base', output: { label: 'freeze_account' }, stderr: '' });
    expect(eventsOf(answer, 'failed')).toEqual([]);
  });

  it('a variant that runs nowhere here is left out, with the reason, and the others answer', async () => {
    const models = linkedModels();
    const change = edited<{ models: { id: string; variants: { providers: string[] }[] }[] }>((catalog) => {
      for (const { id, variants } of catalog.models)
        if (id === 'base') for (const v of variants) v.providers = ['cuda'];
    });
    replaceFile(models, 'catalog.json', change);
    const answer = await ask(EASY, { home, models });
    expect(answer).toMatchObject({ code: 0, output: { label: 'credit_score' } });
    const [plan] = eventsOf(answer, 'plan');
    expect(plan?.ladder).not.toContain('base');
    expect(plan?.rejected).toContainEqual(expect.objectContaining({ tier: 'base', code: 'provider' }));
  });
});

describe('FIELD-BUG 9: the event loop stays alive during inference', () => {
  it('ticks go on in every run of base', async () => {
    const runtime = await openRuntime();
    const request = { domain: 'clinc150', policy: 'base', text: 'where is my money '.repeat(90) };
    await runtime.run(request);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    onTestFinished(() => clearInterval(timer));
    // A text of 360 words takes base many times the millisecond between two ticks.
    const during: number[] = [];
    const events: TraceEvent[] = [];
    for (let run = 0; run < 5; run++) {
      const before = ticks;
      const { trace } = await runtime.run(request);
      during.push(ticks - before);
      events.push(...eventsOf({ trace }, 'run'));
    }
    expect(events).toHaveLength(5);
    for (const count of during) expect(count).toBeGreaterThan(0);
  });

  it('another request on nano is answered while base computes', async () => {
    const runtime = await openRuntime();
    const long = { domain: 'clinc150', policy: 'base', text: 'where is my money '.repeat(90) };
    const short = { domain: 'clinc150', policy: 'nano', text: EASY };
    await Promise.all([runtime.run(long), runtime.run(short)]);
    const order: string[] = [];
    const slow = runtime.run(long).then(() => order.push('base'));
    const quick = runtime.run(short).then(() => order.push('nano'));
    await Promise.all([slow, quick]);
    expect(order).toEqual(['nano', 'base']);
  });
});

describe('FIELD-BUG 16: the first request after loading does not pay for the warm-up', () => {
  it.each([
    ['nano', 0],
    ['base', 5],
  ])('%s has run inside loading, and says how long a warm run takes', async (id, expectedRunMs) => {
    const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
    onTestFinished(() => engine.close());
    const { report } = await engine.load(await modelOf(id, expectedRunMs));
    expect(report.warmRunMs).toBeGreaterThan(0);
    expect(report.warmRunMs).toBeLessThan(report.loadMs);
  });

  it('a request loads once, before its run, and the next one not at all', async () => {
    const runtime = await openRuntime();
    const request = { domain: 'clinc150', policy: 'base', text: HARD };
    const [first, second] = [await runtime.run(request), await runtime.run(request)];
    expect(first.trace.map(({ kind }) => kind)).toEqual(['plan', 'load', 'run', 'judge', 'stop']);
    expect(second.trace.map(({ kind }) => kind)).toEqual(['plan', 'run', 'judge', 'stop']);
    const [load] = eventsOf(first, 'load');
    const [run] = eventsOf(first, 'run');
    // What a run takes is counted after what a load takes, and apart from it.
    expect(run!.atMs).toBeGreaterThanOrEqual(load!.atMs);
    expect(load!.durationMs + run!.durationMs).toBeLessThanOrEqual(run!.atMs + 1);
    expect(run!.runMs).toBeLessThan(load!.durationMs);
    expect(tiersOf(second)).toEqual(['base']);
  });

  it('the ledger keeps what loading took apart from what runs took, and no run of the warm-up', async () => {
    const state = temporaryFolder();
    const runtime = await openRuntime(state);
    for (let i = 0; i < 3; i++) await runtime.run({ domain: 'clinc150', policy: 'base', text: HARD });
    await runtime.flush();
    const ledger = await openSqliteLedger({ file: path.join(state, 'ledger.db') });
    onTestFinished(() => ledger.close());
    const statistics = await ledger.statistics();
    expect(statistics).toHaveLength(1);
    // Three requests; whether the first one counts is for the runtime to say.
    const { runs, p50Ms = Infinity, loadMs = 0 } = statistics[0]!;
    expect(runs).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(3);
    expect(loadMs).toBeGreaterThan(p50Ms);
  });
});
