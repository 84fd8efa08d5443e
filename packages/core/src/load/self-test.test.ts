import { describe, expect, it } from 'vitest';
import type { Golden } from '../catalog/golden.js';
import type { Model } from '../catalog/schema.js';
import type { LocalTier } from '../catalog/tier.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import { StorageError } from '../errors/storage-error.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { SelfTestRecord, SelfTestRecords } from '../ports/self-test-records.js';
import { exampleDelta, exampleModel, fakeFile } from '../testing/example-catalog.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createFakeEngine, type FakeModel } from '../testing/fake-engine.js';
import { createFakeSelfTestRecords } from '../testing/fake-self-test-records.js';
import { createFakeStore } from '../testing/fake-store.js';
import { engineModel } from './engine-model.js';
import { examineTier, raceTier, type ExaminerModule } from './examine-tier.js';
import { inspectSession, requirePassed } from './inspect-session.js';
import { createSelfTest, type SelfTest } from './self-test.js';

const TEXTS = ['freeze my account', 'what is the weather', 'hello'];
/** What the model should answer: another direction for every text. */
const right = (text: string): number[] => [Math.cos(text.length), Math.sin(text.length)];
const wrong = (text: string): number[] => [Math.sin(text.length), -Math.cos(text.length)];
const tokenCount = (text: string): number => text.split(' ').length + 2;

const golden: Golden = {
  texts: TEXTS,
  tokenIds: TEXTS.map((text) => Array.from({ length: tokenCount(text) }, (_, i) => i)),
  embeddings: { base: TEXTS.map(right) },
};

function setUp({
  cpu = { vector: right },
  cuda = {},
  model = exampleModel({ id: 'base', golden: fakeFile('golden.json') }),
  records = createFakeSelfTestRecords(),
  readGolden = async () => golden,
  loadExaminer = async () => ({ examineTier, raceTier, inspectSession }),
  runtimeVersion = '1.30.0',
  withDelta = false,
}: {
  cpu?: FakeModel;
  cuda?: FakeModel;
  model?: Model;
  records?: SelfTestRecords;
  readGolden?: () => Promise<Golden>;
  loadExaminer?: () => Promise<ExaminerModule>;
  runtimeVersion?: string;
  withDelta?: boolean;
}) {
  const engines = {
    cpu: createFakeEngine({ models: { base: cpu } }),
    cuda: createFakeEngine({ models: { base: cuda } }),
  };
  const store = createFakeStore();
  const variant = { ...model.variants[0]!, providers: ['cpu', 'cuda'] };
  const tier: LocalTier = {
    kind: 'local',
    id: model.id,
    placement: 'device',
    model,
    variant,
    delta: withDelta ? exampleDelta(model) : undefined,
  };
  const failures: unknown[] = [];
  const selfTest = createSelfTest({
    loadExaminer,
    records,
    golden: { golden: readGolden },
    store,
    clock: createFakeClock(),
    reference: 'cpu',
    environment: { runtimeVersion, cpu: 'Example CPU avx2' },
    onFailure: (error) => failures.push(error),
  });
  const open = async (provider: 'cpu' | 'cuda'): Promise<EngineSession> =>
    engines[provider].load(await engineModel(tier, { store, provider, expectedRunMs: 1 }));
  const ask = async (provider: 'cpu' | 'cuda'): Promise<Parameters<SelfTest['verify']>[0]> => ({
    session: await open(provider),
    tier,
    provider,
    openReference: () => open('cpu'),
  });
  const verify = async (provider: 'cpu' | 'cuda', how: 'verify' | 'verifyAnew' = 'verify') =>
    selfTest[how](await ask(provider));
  const race = async (provider: 'cpu' | 'cuda', outrunAboveMs: number) =>
    selfTest.race({ ...(await ask(provider)), outrunAboveMs });
  return { engines, records, tier, failures, selfTest, verify, race };
}

describe('the self-test with golden data', () => {
  it('passes a provider that gives the golden embeddings, asked one by one', async () => {
    const { verify, engines, selfTest } = setUp({});
    expect(await verify('cpu')).toMatchObject({
      kind: 'passed',
      basis: 'golden',
      numbers: { lowestCosine: expect.closeTo(1, 6) },
    });
    expect(engines.cpu.runs.map(({ input }) => input)).toEqual(
      TEXTS.map((text) => ({ task: 'feature-extraction', text, deltaId: undefined })),
    );
    expect(await selfTest.demotions()).toEqual([]);
  });

  it('fails a provider that gives others, with numbers, and demotes it', async () => {
    const { verify, selfTest, tier } = setUp({ cpu: { vector: wrong } });
    const verdict = await verify('cpu');
    expect(verdict).toMatchObject({ kind: 'failed', reason: expect.stringContaining('cosine') });
    expect(verdict.numbers['meanCosine']).toBeCloseTo(0, 5);
    expect(await selfTest.demotions()).toEqual([
      {
        kind: 'wrong',
        variantId: tier.variant.weights.sha256,
        provider: 'cpu',
        reason: expect.stringContaining('cosine'),
      },
    ]);
  });

  it('fails a tokenizer that reads texts otherwise', async () => {
    const { verify } = setUp({ cpu: { vector: right, tokens: { tokens: 128 } } });
    expect(await verify('cpu')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('128 tokens') });
  });

  it('is made once: later ones, and later processes, remember the verdict', async () => {
    const { verify, engines, records } = setUp({});
    await verify('cpu');
    await verify('cpu');
    // Nothing is loaded for what is remembered.
    const loadExaminer = (): Promise<never> => Promise.reject(new Error('not asked'));
    const next = setUp({ records, loadExaminer });
    await next.verify('cpu');
    expect(engines.cpu.runs).toHaveLength(TEXTS.length);
    expect(next.engines.cpu.runs).toHaveLength(0);
  });

  it.each([['passed', right] as const, ['failed', wrong] as const])(
    'is made again on request, and remembers that it %s',
    async (kind, vector) => {
      const first = setUp({ cpu: { vector: kind === 'passed' ? wrong : right } });
      await first.verify('cpu');
      const { verify, records } = setUp({ cpu: { vector }, records: first.records });
      expect(await verify('cpu', 'verifyAnew')).toMatchObject({ kind });
      expect(await records.list()).toMatchObject([{ verdict: { kind } }]);
    },
  );

  it('is made again with another version of the runtime', async () => {
    const { verify, records } = setUp({ cpu: { vector: wrong } });
    await verify('cpu');
    const next = setUp({ records, runtimeVersion: '1.31.0' });
    expect(await next.selfTest.demotions()).toEqual([]);
    expect(await next.verify('cpu')).toMatchObject({ kind: 'passed' });
  });

  it('goes by the form of answers when the golden data cannot be read, and tries them again next time', async () => {
    const error = new ArtifactMissingError({ message: 'golden.json is gone.', hint: 'Restore it.' });
    const { verify, records, failures } = setUp({ readGolden: () => Promise.reject(error) });
    expect(await verify('cpu')).toMatchObject({ kind: 'passed', basis: 'form' });
    expect(failures).toEqual([error]);
    expect(await records.list()).toEqual([]);
  });

  it('answers all the same when its verdict cannot be kept, and remembers it in this process', async () => {
    const error = new StorageError({ message: 'Read-only.', hint: 'Choose another place.' });
    const records: SelfTestRecords = { list: async () => [], put: () => Promise.reject(error) };
    const { verify, engines, failures } = setUp({ records });
    await verify('cpu');
    expect(await verify('cpu')).toMatchObject({ kind: 'passed' });
    expect(engines.cpu.runs).toHaveLength(TEXTS.length);
    expect(failures).toEqual([error]);
  });

  it('gives up when it is aborted, and remembers nothing', async () => {
    const { selfTest, tier, engines, records } = setUp({});
    const session = await engines.cpu.load(
      await engineModel(tier, { store: createFakeStore(), provider: 'cpu', expectedRunMs: 1 }),
    );
    const reason = new Error('enough');
    const openReference = (): Promise<EngineSession> => Promise.reject(new Error('not needed'));
    const asked = selfTest.verify({ session, tier, provider: 'cpu', openReference, signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
    expect(await records.list()).toEqual([]);
  });
});

describe('the self-test of another provider than cpu', () => {
  const scores = (text: string): number[] => [text.length % 5, 2, 0, 1, -1];
  const otherScores = (text: string): number[] => scores(text).toReversed();

  it('compares the distributions of its delta with those of cpu, and lets go of cpu', async () => {
    const { verify, engines } = setUp({
      cpu: { vector: right, scores },
      cuda: { vector: right, scores },
      withDelta: true,
    });
    expect(await verify('cuda')).toMatchObject({
      kind: 'passed',
      basis: 'golden',
      numbers: { largestVariation: expect.closeTo(0, 6), lowestCosine: expect.closeTo(1, 6) },
    });
    expect(engines.cpu.released).toHaveLength(1);
    expect(engines.cuda.released).toHaveLength(0);
  });

  it('fails one that reads the delta wrongly though its embeddings are right', async () => {
    const { verify, selfTest } = setUp({
      cpu: { vector: right, scores },
      cuda: { vector: right, scores: otherScores },
      withDelta: true,
    });
    expect(await verify('cuda')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('another label') });
    expect(await selfTest.demotions()).toMatchObject([{ provider: 'cuda' }]);
  });

  it('fails wrong embeddings without asking cpu for anything more', async () => {
    const { verify } = setUp({ cpu: { vector: right, scores }, cuda: { vector: wrong, scores }, withDelta: true });
    expect(await verify('cuda')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('cosine') });
  });

  it.each([
    ['passes', right, 'passed'],
    ['fails', wrong, 'failed'],
  ] as const)('%s one without golden data by what cpu answers', async (_, vector, kind) => {
    const { verify } = setUp({ cpu: { vector: right }, cuda: { vector }, model: exampleModel({ id: 'base' }) });
    expect(await verify('cuda')).toMatchObject({ kind, basis: 'cpu' });
  });
});

describe('the self-test of cpu without golden data', () => {
  const embedder = exampleModel({ id: 'base' });
  const classifier = exampleModel({ id: 'base', task: 'text-classification', labels: ['cold', 'warm'] });

  it.each<[string, Model, FakeModel, string | undefined]>([
    ['an embedding', embedder, { vector: right }, undefined],
    ['NaN', embedder, { vector: () => [Number.NaN, 1] }, 'no numbers'],
    ['a vector of another length', embedder, { vector: () => [1, 1] }, 'length'],
    ['one vector whatever the text', embedder, { vector: () => [0, 1] }, 'one answer to every text'],
    ['scores', classifier, { scores: (text) => [text.length, 1] }, undefined],
    ['scores of other labels', classifier, { scores: () => [1, 2, 3] }, '3 scores for 2 labels'],
    ['the same scores whatever the text', classifier, { scores: () => [1, 2] }, 'one answer to every text'],
    [
      'the same scores for words it does not know',
      classifier,
      { scores: () => [1, 2], tokens: { tokens: 5, unknownTokens: 3 } },
      undefined,
    ],
  ])('looks at the form of answers: %s', async (_, model, cpu, fault) => {
    const verdict = await setUp({ cpu, model }).verify('cpu');
    expect(verdict).toMatchObject(
      fault === undefined
        ? { kind: 'passed', basis: 'form' }
        : { kind: 'failed', basis: 'form', reason: expect.stringContaining(fault) },
    );
  });
});

describe('what a self-test measures', () => {
  const variantId = exampleModel({ id: 'base' }).variants[0]!.weights.sha256;
  /** Answers rightly, and takes another time for every question. */
  const taking = (...runsMs: number[]): FakeModel => {
    const model: FakeModel = { vector: right };
    model.onRun = () => void (model.runMs = runsMs.shift()!);
    return model;
  };

  it('is the median of its single runs, remembered with the verdict', async () => {
    const { verify, records, selfTest } = setUp({ cpu: taking(9, 2, 4) });
    expect(await verify('cpu')).toMatchObject({ kind: 'passed' });
    expect(await records.list()).toMatchObject([{ verdict: { kind: 'passed' }, runMs: 4 }]);
    expect(await selfTest.measurements()).toEqual([{ variantId, provider: 'cpu', runMs: 4 }]);
  });

  it('counts for nothing where the answers are wrong, or of another runtime', async () => {
    const wrongly = setUp({ cpu: { vector: wrong } });
    await wrongly.verify('cpu');
    expect(await wrongly.selfTest.measurements()).toEqual([]);
    const { verify, records } = setUp({});
    await verify('cpu');
    expect(await setUp({ records, runtimeVersion: '1.31.0' }).selfTest.measurements()).toEqual([]);
  });

  it('is not known of records from before times were kept, which are verdicts all the same', async () => {
    const { verify, records } = setUp({});
    await verify('cpu');
    const [{ runMs: _, ...older }] = (await records.list()) as [SelfTestRecord];
    const next = setUp({ records: createFakeSelfTestRecords([older]) });
    expect(await next.verify('cpu')).toMatchObject({ kind: 'passed' });
    expect(next.engines.cpu.runs).toHaveLength(0);
    expect(await next.selfTest.measurements()).toEqual([]);
  });
});

describe('the self-test in a race', () => {
  const variantId = exampleModel({ id: 'base' }).variants[0]!.weights.sha256;

  it('is a self-test like any other for one that keeps up', async () => {
    const { race, selfTest } = setUp({ cuda: { vector: right, runMs: 4 } });
    expect(await race('cuda', 4)).toMatchObject({ kind: 'passed', basis: 'golden' });
    expect(await selfTest.measurements()).toEqual([{ variantId, provider: 'cuda', runMs: 4 }]);
  });

  it('gives up one that is too slow with the shortest text, asked twice, and needs no reference for that', async () => {
    const { race, selfTest, engines, records } = setUp({ cuda: { vector: wrong, runMs: 8000 }, withDelta: true });
    expect(await race('cuda', 40)).toEqual({ kind: 'outrun' });
    expect(engines.cuda.runs.map(({ input }) => input.text)).toEqual(['hello', 'hello']);
    expect(engines.cpu.loads).toEqual([]);
    expect(await records.list()).toMatchObject([{ verdict: { kind: 'outrun' }, runMs: 8000 }]);
    expect(await selfTest.measurements()).toEqual([{ variantId, provider: 'cuda', runMs: 8000 }]);
    expect(await selfTest.demotions()).toEqual([]);
  });

  it('does not take the first run against one that compiles its kernels in it', async () => {
    const cuda: FakeModel = { vector: right, runMs: 900 };
    cuda.onRun = () => void (cuda.runMs = engines.cuda.runs.length === 1 ? 900 : 3);
    const { race, engines } = setUp({ cuda });
    expect(await race('cuda', 40)).toMatchObject({ kind: 'passed' });
  });

  it('fails one that is fast and wrong', async () => {
    const { race, selfTest } = setUp({ cuda: { vector: wrong, runMs: 1 } });
    expect(await race('cuda', 40)).toMatchObject({ kind: 'failed' });
    expect(await selfTest.demotions()).toMatchObject([{ kind: 'wrong', provider: 'cuda' }]);
    expect(await selfTest.measurements()).toEqual([]);
  });

  it('leaves one that was outrun to be tested to the end when it is wanted after all', async () => {
    const { race, verify, engines, selfTest } = setUp({ cuda: { vector: right, runMs: 800 } });
    await race('cuda', 40);
    expect(await verify('cuda')).toMatchObject({ kind: 'passed' });
    expect(engines.cuda.runs).toHaveLength(2 + TEXTS.length);
    await verify('cuda');
    expect(engines.cuda.runs).toHaveLength(2 + TEXTS.length);
    expect(await selfTest.measurements()).toMatchObject([{ runMs: 800 }]);
  });
});

it('makes an error of a failed verdict that says what is wrong and what to do', async () => {
  const { verify, tier } = setUp({ cpu: { vector: wrong } });
  const verdict = await verify('cpu');
  const requireIt = (): void => requirePassed(verdict, tier, { provider: 'cpu', reference: 'cpu' });
  expect(requireIt).toThrow(/base int8 answers wrongly with cpu: its mean cosine/);
  expect(requireIt).toThrow(ProviderWrongError);
  const passed = { kind: 'passed', basis: 'form', numbers: {} } as const;
  expect(() => requirePassed(passed, tier, { provider: 'cpu', reference: 'cpu' })).not.toThrow();
});
