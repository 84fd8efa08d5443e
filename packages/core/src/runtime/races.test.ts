import { describe, expect, it, onTestFinished } from 'vitest';
import type { Golden } from '../catalog/golden.js';
import { EngineError } from '../errors/engine-error.js';
import { RUNTIME_BYTES } from '../recommend/predict.js';
import { examineTier, raceTier } from '../load/examine-tier.js';
import { inspectSession } from '../load/inspect-session.js';
import { createSelfTest } from '../load/self-test.js';
import type { ModelEngine } from '../ports/model-engine.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { createRuntime } from '../runtime.js';
import {
  createFakeEngine,
  createFakePorts,
  createFakeSelfTestRecords,
  exampleBrowserBase,
  exampleBrowserProfile,
  exampleCatalog,
  fakeFile,
  type FakeEngine,
  type FakeModel,
} from '../testing/index.js';
import { createRaces } from './races.js';
import type { RuntimePorts } from './stages.js';

const TEXTS = ['freeze my account', 'what is the weather', 'hello'];
const right = (text: string): number[] => [Math.cos(text.length), Math.sin(text.length)];
const wrong = (text: string): number[] => [Math.sin(text.length), -Math.cos(text.length)];
const golden: Golden = {
  texts: TEXTS,
  tokenIds: TEXTS.map((text) => Array.from({ length: text.split(' ').length + 2 }, (_, i) => i)),
  embeddings: { base: TEXTS.map(right) },
};
const base = { ...exampleBrowserBase(), golden: fakeFile('golden.json') };
const question = { text: 'where is my parcel', task: 'feature-extraction' } as const;
const loadRaces = async () => ({ createRaces });
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** One engine a provider. */
function byProvider(engines: Readonly<Record<'wasm' | 'webgpu', FakeEngine>>): ModelEngine {
  return {
    load: (model, options) => engines[model.provider as 'wasm' | 'webgpu'].load(model, options),
    residentBytes: () => undefined,
    callerLoad: () => 0,
    close: async () => void (await Promise.all(Object.values(engines).map((engine) => engine.close()))),
  };
}

/** A page on a device with WebAssembly and WebGPU, of which a test says how they compute. */
function openPage({
  wasm = { vector: right, runMs: 8 },
  webgpu = { vector: right, runMs: 3 },
  records = createFakeSelfTestRecords(),
  browser = 'Example Browser 156',
  profile = exampleBrowserProfile(),
  ...ports
}: {
  wasm?: FakeModel;
  webgpu?: FakeModel;
  records?: ReturnType<typeof createFakeSelfTestRecords>;
  browser?: string;
  profile?: DeviceProfile;
} & Partial<RuntimePorts> = {}) {
  const fakes = createFakePorts({ catalog: exampleCatalog({ models: [base] }), calibration: 'none', profile });
  const { clock, store, failures, onFailure } = fakes;
  const engines = {
    wasm: createFakeEngine({ models: { base: wasm }, thread: 'worker' }),
    webgpu: createFakeEngine({ models: { base: webgpu }, thread: 'worker' }),
  };
  const selfTest = createSelfTest({
    loadExaminer: async () => ({ examineTier, raceTier, inspectSession }),
    records,
    golden: { golden: async () => golden },
    store,
    clock,
    reference: 'wasm',
    environment: { runtimeVersion: '1.30.0', cpu: browser },
    onFailure,
  });
  const runtime = createRuntime({ ...fakes, engine: byProvider(engines), selfTest, loadRaces, ...ports });
  onTestFinished(() => runtime.close());
  /** Variants that were loaded with a provider, in order. */
  const dtypeOf = (id: string): string => base.variants.find(({ weights }) => weights.sha256 === id)!.dtype;
  const loads = (provider: 'wasm' | 'webgpu'): string[] =>
    engines[provider].loads.map(({ variantId }) => dtypeOf(variantId));
  const ask = () => runtime.run(question);
  /** Asks, and says which variant and provider answered. */
  const whoAnswers = async (): Promise<string> => {
    const before = { wasm: engines.wasm.runs.length, webgpu: engines.webgpu.runs.length };
    const { trace } = await ask();
    const dtype = trace.flatMap((event) => (event.kind === 'run' ? [event.variant] : [])).at(-1);
    return `${dtype} ${engines.webgpu.runs.length > before.webgpu ? 'webgpu' : 'wasm'}`;
  };
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(Math.min(left, 500));
      for (let turns = 0; turns < 3; turns++) await settled();
    }
  };
  return { runtime, engines, records, clock, store, failures, loads, ask, whoAnswers, pass };
}

describe('a race', () => {
  it('is run once, after the first answer, and the faster one that is right answers from then on', async () => {
    const page = openPage();
    expect(await page.whoAnswers()).toBe('int8 wasm');
    expect(page.loads('webgpu')).toEqual([]);
    await page.pass(9000);
    expect(await page.whoAnswers()).toBe('q4 webgpu');
    await page.pass(10_000);
    expect(await page.whoAnswers()).toBe('q4 webgpu');
    // Once to be tried out, and once to take over: before the next request, which finds it warm.
    expect(page.loads('webgpu')).toEqual(['q4', 'q4']);
    expect(page.engines.wasm.released).toHaveLength(page.engines.wasm.loads.length);
    expect(page.failures).toEqual([]);
  });

  it('is remembered: the next page begins with the winner, and races nothing', async () => {
    const { ask, pass, records } = openPage();
    await ask();
    await pass(9000);
    const next = openPage({ records });
    expect(await next.whoAnswers()).toBe('q4 webgpu');
    await next.pass(5000);
    expect(next.loads('wasm')).toEqual([]);
    expect(next.loads('webgpu')).toEqual(['q4']);
  });

  it('is run again with another browser, graphics adapter or runtime', async () => {
    const { ask, pass, records } = openPage();
    await ask();
    await pass(9000);
    const next = openPage({ records, browser: 'Example Browser 157', webgpu: { vector: right, runMs: 30 } });
    expect(await next.whoAnswers()).toBe('int8 wasm');
    await next.pass(9000);
    expect(next.loads('webgpu')).toEqual(['q4']);
    expect(await next.whoAnswers()).toBe('int8 wasm');
  });

  it('FIELD-BUG 5: is lost by what answers wrongly, however fast; it is told, and remembered', async () => {
    const { ask, pass, records, failures, whoAnswers } = openPage({ webgpu: { vector: wrong, runMs: 1 } });
    await ask();
    await pass(9000);
    expect(await whoAnswers()).toBe('int8 wasm');
    expect(failures).toMatchObject([{ code: 'PROVIDER_WRONG' }]);
    const next = openPage({ records });
    await next.ask();
    await next.pass(60_000);
    await next.ask();
    expect(next.loads('webgpu')).toEqual([]);
    expect(next.failures).toEqual([]);
  });

  it('FIELD-BUG 5: is lost by what reads deltas wrongly, though its embeddings are right', async () => {
    const scores = (text: string): number[] => [text.length % 5, 2, 0, 1, -1];
    const { ask, pass, failures, whoAnswers } = openPage({
      wasm: { vector: right, scores, runMs: 8 },
      webgpu: { vector: right, scores: (text) => scores(text).toReversed(), runMs: 1 },
    });
    await ask();
    await pass(9000);
    expect(await whoAnswers()).toBe('int8 wasm');
    expect(failures.map(String)).toEqual([expect.stringContaining('another label')]);
  });

  it('FIELD-BUG 2: takes no time with what is hopelessly slow', async () => {
    const page = openPage({ webgpu: { vector: right, runMs: 8000 } });
    await page.ask();
    await page.pass(9000);
    expect(page.engines.webgpu.runs).toHaveLength(2);
    expect(await page.whoAnswers()).toBe('int8 wasm');
    page.clock.advance(10_000_000);
    await page.ask();
    await page.pass(9000);
    expect(page.loads('webgpu')).toEqual(['q4']);
  });

  it('is decided by how fast the one in use has become since it was new', async () => {
    const wasm: FakeModel = { vector: right, runMs: 8 };
    const page = openPage({ wasm });
    await page.ask();
    wasm.runMs = 2;
    await page.pass(9000);
    expect(await page.whoAnswers()).toBe('int8 wasm');
    expect(page.loads('webgpu')).toEqual(['q4']);
  });

  it('waits until nothing else does', async () => {
    const wasm: FakeModel = { vector: right, runMs: 8 };
    const profile = exampleBrowserProfile({ cpu: { model: 'x', usableCores: 1, features: [] } });
    const page = openPage({ wasm, profile });
    await page.ask();
    let open = (): void => undefined;
    wasm.onRun = () => new Promise<void>((resolve) => void (open = resolve));
    const [running, waiting] = [page.ask(), page.ask()];
    await page.pass(9000);
    expect(page.loads('webgpu')).toEqual([]);
    delete wasm.onRun;
    open();
    await Promise.all([running, waiting]);
    await page.pass(9000);
    expect(page.loads('webgpu')).toContain('q4');
  });

  it('is not run where memory has no room beside what is in use, and is no failure', async () => {
    const wasm = { vector: right, runMs: 8, peakMemoryBytes: 2 ** 25 };
    const page = openPage({ wasm, memoryCeilingBytes: RUNTIME_BYTES + 2 ** 25 + 2 ** 22 });
    await page.ask();
    await page.pass(9000);
    expect(page.loads('webgpu')).toEqual([]);
    expect(page.loads('wasm')).toEqual(['int8']);
    expect(page.failures).toEqual([]);
    expect(await page.whoAnswers()).toBe('int8 wasm');
  });

  it('fetches nothing for a device that is to save data', async () => {
    const page = openPage({ profile: exampleBrowserProfile({ connection: { saveData: true } }) });
    page.store.fetchable.add('base/q4.onnx');
    await page.ask();
    await page.pass(9000);
    expect([...page.store.fetchable]).toEqual(['base/q4.onnx']);
    expect(page.loads('webgpu')).toEqual([]);
  });

  it('brings what it needs and is not here', async () => {
    const page = openPage();
    page.store.fetchable.add('base/q4.onnx');
    await page.ask();
    await page.pass(9000);
    expect([...page.store.fetchable]).toEqual([]);
    expect(await page.whoAnswers()).toBe('q4 webgpu');
  });

  it('is told of when it cannot be run, and tried again later and ever more seldom', async () => {
    const refuse = (): never => {
      throw new EngineError({ message: 'The runtime refused.', hint: 'Use another.' });
    };
    const webgpu: FakeModel = { vector: right, runMs: 3, onLoad: refuse };
    const page = openPage({ webgpu });
    for (let tries = 0; tries < 60; tries++) {
      await page.ask();
      page.clock.advance(4000);
      await page.pass(6000);
    }
    const { length } = page.loads('webgpu');
    expect(length).toBeGreaterThan(2);
    expect(length).toBeLessThan(7);
    expect(page.failures).toHaveLength(length);
    delete webgpu.onLoad;
    page.clock.advance(3_600_000);
    await page.ask();
    await page.pass(9000);
    expect(await page.whoAnswers()).toBe('q4 webgpu');
  });

  it('ends when the runtime is closed, and is no failure', async () => {
    const page = openPage({ webgpu: { onRun: () => new Promise(() => undefined) } });
    await page.ask();
    await page.pass(9000);
    expect(page.engines.webgpu.runs).toHaveLength(1);
    await page.runtime.close();
    expect(page.failures).toEqual([]);
  });

  it('does not hold up the end of the runtime while the winner is loaded', async () => {
    const webgpu: FakeModel = { vector: right, runMs: 3 };
    const page = openPage({ webgpu });
    await page.ask();
    let open = (): void => undefined;
    webgpu.onLoad = () => {
      if (page.loads('webgpu').length === 2) return new Promise<void>((resolve) => void (open = resolve));
    };
    await page.pass(9000);
    expect(page.loads('webgpu')).toHaveLength(2);
    const closed = page.runtime.close();
    await settled();
    open();
    await closed;
    expect(page.failures).toEqual([]);
  });

  it('is not run on a device with one provider', async () => {
    const [wasm] = exampleBrowserProfile().providers;
    const page = openPage({ profile: exampleBrowserProfile({ providers: [wasm!] }) });
    await page.ask();
    await page.pass(60_000);
    await page.ask();
    expect(page.loads('webgpu')).toEqual([]);
    expect(page.loads('wasm')).toEqual(['int8']);
  });
});

describe('a provider that is used before it was raced', () => {
  const [wasm, webgpu] = exampleBrowserProfile().providers;
  /** As a probe may find it: WebAssembly far behind. */
  const promising = exampleBrowserProfile({
    providers: [{ ...wasm!, gflops: { fp32: 0.1, int8: 0.1, q4: 0.1 } }, webgpu!],
  });

  it('FIELD-BUG 2: is not waited for when it is far slower than predicted: the next one answers', async () => {
    const page = openPage({ profile: promising, webgpu: { vector: right, runMs: 80_000 } });
    const { tier, trace, verdict } = await page.ask();
    expect([tier, verdict.degraded]).toEqual(['base', undefined]);
    expect(page.engines.webgpu.runs).toHaveLength(2);
    expect(page.engines.webgpu.released).toHaveLength(1);
    const failed = expect.objectContaining({
      kind: 'failed',
      message: expect.stringContaining('far slower') as string,
    });
    expect(trace).toContainEqual(failed);
    expect(await page.whoAnswers()).toBe('int8 wasm');
  });

  it('is used all the same, and tested to the end, where the other one is slower still', async () => {
    const page = openPage({ profile: promising, webgpu: { vector: right, runMs: 200 } });
    expect(await page.whoAnswers()).toBe('q4 webgpu');
    expect(await page.records.list()).toMatchObject([{ provider: 'webgpu', verdict: { kind: 'passed' }, runMs: 200 }]);
  });
});

describe('a provider that won a race', () => {
  async function afterRace(webgpu: FakeModel = { vector: right, runMs: 3 }) {
    const { ask, pass, records } = openPage();
    await ask();
    await pass(9000);
    return openPage({ records, webgpu });
  }

  it('device.lost: is loaded again when it is lost once, and nobody notices', async () => {
    const webgpu: FakeModel = { vector: right, runMs: 3 };
    const page = await afterRace(webgpu);
    await page.ask();
    webgpu.onRun = () => {
      webgpu.dead = true;
      throw new EngineError({ message: 'The device was lost.', hint: 'Load it again.' });
    };
    webgpu.onLoad = () => {
      webgpu.dead = false;
      delete webgpu.onRun;
    };
    const { verdict, trace } = await page.ask();
    expect(verdict).toMatchObject({ kind: 'accept', degraded: undefined });
    expect(trace.map(({ kind }) => kind)).not.toContain('failed');
    expect(page.loads('webgpu')).toEqual(['q4', 'q4']);
    expect(await page.whoAnswers()).toBe('q4 webgpu');
  });

  it('device.lost: is given up when it is lost again and again, in this process', async () => {
    const webgpu: FakeModel = { vector: right, runMs: 3 };
    const page = await afterRace(webgpu);
    webgpu.onLoad = () => void (webgpu.dead = false);
    const answered: string[] = [];
    for (let i = 0; i < 5; i++) {
      answered.push(await page.whoAnswers());
      webgpu.dead = true;
      await page.pass(1000);
    }
    expect(answered).toEqual(['q4 webgpu', 'q4 webgpu', 'q4 webgpu', 'q4 webgpu', 'int8 wasm']);
    expect(page.failures).toEqual([]);
    expect(await openPage({ records: page.records }).whoAnswers()).toBe('q4 webgpu');
  });

  it('device.lost: is not given up for losses that lie far apart', async () => {
    const webgpu: FakeModel = { vector: right, runMs: 3 };
    const page = await afterRace(webgpu);
    webgpu.onLoad = () => void (webgpu.dead = false);
    for (let i = 0; i < 8; i++) {
      expect(await page.whoAnswers()).toBe('q4 webgpu');
      webgpu.dead = true;
      page.clock.advance(600_000);
    }
  });

  it.each([
    ['cannot be loaded', 'onLoad'],
    ['fails to run', 'onRun'],
  ] as const)('FIELD-BUG 2: gives its place to the next one in the same request when it %s', async (_, when) => {
    const page = await afterRace({
      vector: right,
      [when]: () => {
        throw new EngineError({ message: 'The runtime refused.', hint: 'Use another.' });
      },
    });
    const { verdict, trace, tier } = await page.ask();
    expect([tier, verdict.kind, verdict.degraded]).toEqual(['base', 'accept', undefined]);
    expect(trace).toContainEqual(expect.objectContaining({ kind: 'failed', tier: 'base', code: 'ENGINE_FAILED' }));
    expect(page.loads('wasm')).toEqual(['int8']);
    expect(await page.whoAnswers()).toBe('int8 wasm');
    expect(page.loads('webgpu')).toHaveLength(1);
  });

  it('gives its place to the next one where a page prepares', async () => {
    const page = await afterRace({
      onLoad: () => {
        throw new EngineError({ message: 'The runtime refused.', hint: 'Use another.' });
      },
    });
    await page.runtime.prepare({ task: 'feature-extraction' });
    expect([page.loads('webgpu'), page.loads('wasm')]).toEqual([['q4'], ['int8']]);
  });
});
