import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { engineModel, type EngineModel, type EngineSession, type Model, type Variant } from '@terrace/core';
import { checkOf } from '@terrace/core/engine';
import { createNodeEngine, openModelFolders } from '@terrace/node-host';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { homeOfThisFile, HARD, refusal } from './support/answers.js';
import { changeWeights, scramble } from './support/changed-weights.js';
import { flipByte, linkedModels, replaceFile } from './support/linked-models.js';
import { SHIPPED, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const SEVERAL_LOADS_MS = 30_000;
const BASE_WEIGHTS = 'encoders/base/model_int8.onnx';

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly fix?: string;
  readonly selfTest?: { kind: string; provider: string; runtimeVersion: string; numbers: Record<string, number> };
}

interface Where {
  readonly home: string;
  /** The shipped ones, unless it says others. */
  readonly models?: string;
}

interface Diagnosis {
  readonly code: number | null;
  readonly find: (name: string) => Finding | undefined;
}

async function doctor(where: Where): Promise<Diagnosis> {
  const { code, json } = await terrace(['doctor', '--json'], where);
  const { checks } = json<{ checks: Finding[] }>();
  return { code, find: (name) => checks.find((check) => check.name === name) };
}

/** Models whose base int8 computes something else than the model it says it is. */
function wrongModels(): string {
  const models = linkedModels();
  changeWeights(models, BASE_WEIGHTS, scramble(4096));
  return models;
}

const rejections = async (where: Where) => {
  const { json } = await terrace(['recommend', '--task', 'feature-extraction', '--json'], where);
  return json<{ rejected: { tier: string; variant: string; code: string; message: string }[] }>().rejected;
};

describe('FIELD-BUGS 5, in spirit: silently wrong output', () => {
  /** A device whose models were all tested. */
  const tested = { home: homeOfThisFile() };
  let diagnosis: Diagnosis;
  beforeAll(async () => void (diagnosis = await doctor(tested)), SEVERAL_LOADS_MS);

  it('doctor tests every variant, says how near it comes and with which runtime, in numbers too', () => {
    const { find } = diagnosis;
    for (const name of ['nano q4', 'small int8', 'base int8', 'base q4']) {
      expect(find(name)).toMatchObject({
        state: 'ok',
        found: expect.stringContaining('self-test passed with cpu (mean cosine'),
        selfTest: {
          kind: 'passed',
          basis: 'golden',
          provider: 'cpu',
          runtimeVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
        },
      });
      expect(find(name)?.selfTest?.numbers['lowestCosine']).toBeGreaterThan(0.97);
    }
  });

  it(
    'doctor demotes a provider that answers wrongly, and the recommender leaves it out from then on',
    { timeout: SEVERAL_LOADS_MS },
    async () => {
      const where = { home: temporaryHome(), models: wrongModels() };
      const { code, find } = await doctor(where);
      expect(code).toBe(1);
      expect(find('base int8')).toMatchObject({
        state: 'problem',
        found: expect.stringMatching(/self-test failed with cpu: its mean cosine is 0\.\d+; int8 should reach/),
        fix: expect.stringContaining('models verify'),
        selfTest: { kind: 'failed', provider: 'cpu' },
      });
      expect(find('base q4')).toMatchObject({ state: 'ok' });
      expect(await rejections(where)).toContainEqual(
        expect.objectContaining({
          tier: 'base',
          variant: 'int8',
          code: 'untrusted',
          message: expect.stringContaining('cpu: its mean cosine'),
        }),
      );
    },
  );

  it('doctor tests anew, so that what was mended is trusted again', { timeout: SEVERAL_LOADS_MS }, async () => {
    const file = path.join(tested.home, 'self-tests.json');
    const wrong = '"kind": "failed", "reason": "it was wrong"';
    writeFileSync(file, readFileSync(file, 'utf8').replace('"kind": "passed"', wrong));
    expect((await rejections(tested)).map(({ code }) => code)).toContain('untrusted');
    const { code } = await doctor(tested);
    expect(code).toBe(0);
    expect((await rejections(tested)).map((each) => each.code)).not.toContain('untrusted');
  });

  it(
    'golden data that is damaged is told of, and models answer all the same',
    { timeout: SEVERAL_LOADS_MS },
    async () => {
      const models = linkedModels();
      replaceFile(models, 'encoders/golden.json', flipByte);
      const { find } = await doctor({ home: temporaryHome(), models });
      expect(find('base int8')).toMatchObject({ state: 'ok', selfTest: { kind: 'passed', basis: 'form' } });
      expect(find('self-test')).toMatchObject({ state: 'warning', found: expect.stringContaining('golden.json') });
    },
  );
});

describe('an ONNX file that the runtime refuses', () => {
  const home = homeOfThisFile();

  it('ends a request of that tier with its name and what to do', async () => {
    const models = linkedModels();
    changeWeights(models, BASE_WEIGHTS, (content) => content.fill(7));
    // The calibration knows the old weights; this is about the file.
    const refused = await refusal(['run', '--task', 'feature-extraction', '--policy', 'base', HARD], { home, models });
    expect(refused).toMatchObject({ exit: 1, code: 'ENGINE_FAILED', facts: { model: 'base', provider: 'cpu' } });
    expect(refused.message).toContain('base cannot be loaded with cpu');
    expect(refused.facts?.['file']).toContain('model_int8.onnx');
    expect(refused.hint).toContain('ONNX');
  });

  it('is a problem for doctor, in the words of the runtime', { timeout: SEVERAL_LOADS_MS }, async () => {
    const models = linkedModels();
    changeWeights(models, BASE_WEIGHTS, (content) => content.fill(7));
    const { code, find } = await doctor({ home: temporaryHome(), models });
    expect(code).toBe(1);
    expect(find('base int8')).toMatchObject({
      state: 'problem',
      found: expect.stringMatching(/base cannot be loaded with cpu\. .*protobuf/i),
    });
    expect(find('small int8')).toMatchObject({ state: 'ok' });
  });
});

describe('FIELD-BUGS 10: several worker threads at once', () => {
  it('answer with the golden outputs, all of them, and as each does alone', { timeout: SEVERAL_LOADS_MS }, async () => {
    const folders = await openModelFolders({ shipped: SHIPPED, added: '/no/models/were/added' });
    const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
    onTestFinished(() => engine.close());
    const models = folders.current().models.filter(({ text }) => !text);
    const golden = await folders.golden(models[0]!.golden!);
    const load = async (model: Model, variant: Variant): Promise<EngineSession> => {
      const tier = {
        kind: 'local' as const,
        id: model.id,
        placement: model.placement,
        model,
        variant,
        delta: undefined,
      };
      const plain: EngineModel = await engineModel(tier, { store: folders, provider: 'cpu', expectedRunMs: Infinity });
      return engine.load(plain);
    };
    const answer = async (session: EngineSession): Promise<Float32Array[]> => {
      const values: Float32Array[] = [];
      for (const text of golden.texts) {
        values.push((await session.run({ task: 'feature-extraction', text, deltaId: undefined })).values);
      }
      return values;
    };
    const variants = models.flatMap((model) => model.variants.map((variant) => ({ model, variant })));
    // Two of each: the same weights in two threads, beside other ones.
    const workers = await Promise.all(
      [...variants, ...variants].map(async (each) => ({ ...each, session: await load(each.model, each.variant) })),
    );
    expect(workers.map(({ session }) => session.report.thread)).toEqual(workers.map(() => 'worker'));
    const together = await Promise.all(workers.map(({ session }) => answer(session)));
    for (const [i, { model, variant, session }] of workers.entries()) {
      const expected = golden.embeddings[model.id]!.map((values) => Float32Array.from(values));
      expect(checkOf('feature-extraction').goldenCompare(together[i]!, expected, variant.dtype).fault).toBeUndefined();
      expect(together[i]).toEqual(await answer(session));
    }
  });
});
