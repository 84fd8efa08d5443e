import { describe, expect, it } from 'vitest';
import { ArtifactMissingError } from '../../errors/artifact-missing-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { RuntimeClosedError } from '../../errors/runtime-closed-error.js';
import type { OutcomeRecord, RunRecord } from '../../ports/ledger.js';
import { exampleCatalog, fakeFile } from '../../testing/example-catalog.js';
import { exampleTextCalibration, exampleTextModel } from '../../testing/example-text-tier.js';
import { createFakePorts } from '../../testing/fake-ports.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import type { Script } from '../../testing/scripted-text.js';
import { fold } from '../fold.js';
import { createTextRuntime } from './create-text-runtime.js';
import type { TextStep } from './text-step.js';

const task = 'text-generation';
const SECRET = 'zanzibar';

function setUp({
  models = ['small'],
  calibration,
  ...script
}: Script & {
  readonly models?: readonly string[];
  readonly calibration?: string;
  readonly scripts?: Readonly<Record<string, Script>>;
} = {}) {
  const catalog = {
    ...exampleCatalog({ models: models.map(exampleTextModel), deltas: [] }),
    ...(calibration !== undefined && {
      text: { templates: [], deltas: [], calibrations: [{ domain: 'bank', file: fakeFile('text-calibration.json') }] },
    }),
  };
  const ports = createFakePorts({ catalog });
  const engine = createFakeTextEngine(script);
  const readFile = async (): Promise<Uint8Array> => new TextEncoder().encode(calibration);
  const text = createTextRuntime({ ...ports, engine, readFile });
  const kept = async () => {
    await text.flush();
    const of = (kind: string) => ports.entries.filter((entry) => entry.kind === kind).map(({ record }) => record);
    return { outcomes: of('outcome') as OutcomeRecord[], runs: of('run') as RunRecord[], loads: of('load') };
  };
  return { text, engine, ports, kept };
}

const calibrated = (...tiers: readonly string[]): string =>
  JSON.stringify({
    format: 1,
    kind: 'text',
    domain: 'bank',
    data: { fingerprint: 'a'.repeat(64), rows: 100 },
    tiers: tiers.map((tier) => exampleTextCalibration(tier)),
  });

describe('a text runtime', () => {
  it('answers with the model of the device, and keeps what it took but no word of it', async () => {
    const { text, engine, kept } = setUp({ answers: `the answer is ${SECRET}` });
    const result = await text.run({ task, text: `where is ${SECRET}?` }, { key: 'kiosk' });
    expect(result.output.choices[0]!.text).toBe(`the answer is ${SECRET}`);
    const { outcomes, runs, loads } = await kept();
    expect(outcomes).toMatchObject([
      {
        requestId: result.requestId,
        task,
        tier: 'small',
        path: 'small',
        verdict: 'accept',
        reason: 'top',
        degraded: false,
        tokens: 5 + 4,
        key: 'kiosk',
        text: { inputTokens: 5, outputTokens: 4, firstTokenMs: undefined },
        decisions: [
          { stage: 'start', chosen: 'small' },
          { stage: 'continue', chosen: 'accept' },
        ],
      },
    ]);
    expect(loads).toHaveLength(1);
    expect(runs).toHaveLength(1);
    expect(JSON.stringify(await kept())).not.toContain(SECRET);
    await text.run({ task, text: 'again' });
    expect(engine.loads).toHaveLength(1);
    await text.close();
  });

  it('streams, result last, and says when the first token was shown', async () => {
    const { text, kept } = setUp();
    const steps: TextStep[] = [];
    for await (const step of text.stream({ task, text: 'hello' })) steps.push(step);
    expect(steps.at(-1)!.kind).toBe('result');
    expect(steps.filter(({ kind }) => kind === 'text')).toHaveLength(3);
    expect((await kept()).outcomes[0]!.text!.firstTokenMs).toBe(0);
    await text.close();
  });

  it('answers several at once', async () => {
    const { text, engine, kept } = setUp({ answers: ({ messages }) => `to ${messages[0]!.content}` });
    const asked = ['a', 'b', 'c', 'd'].map((each) => text.run({ task, text: each }));
    const texts = (await Promise.all(asked)).map(({ output }) => output.choices[0]!.text);
    expect(texts).toEqual(['to a', 'to b', 'to c', 'to d']);
    expect(engine.loads).toHaveLength(1);
    expect((await kept()).outcomes).toHaveLength(4);
    await text.close();
  });

  it('goes around a model that breaks, and leaves it out of the next plans', async () => {
    const { text, kept } = setUp({ models: ['a', 'b'], scripts: { a: { failAfter: 0 } }, answers: 'right' });
    const first = await text.run({ task, text: 'hello' });
    expect(first).toMatchObject({ tier: 'b', verdict: { degraded: 'tier-failed' } });
    const second = await text.run({ task, text: 'hello' });
    expect(second).toMatchObject({ tier: 'b', verdict: { degraded: undefined } });
    expect((await kept()).outcomes.map(({ degraded }) => degraded)).toEqual([true, false]);
    await text.close();
  });

  it('uses the calibration of the domain, and goes without one that cannot be read', async () => {
    const demanding = { task, text: 'hello', domain: 'bank', minConfidence: 0.7 } as const;
    const known = setUp({ calibration: calibrated('small') });
    const { confidence, verdict } = await known.text.run(demanding);
    expect(confidence).toBeGreaterThan(0.9);
    expect(verdict.kind).toBe('accept');
    const broken = setUp({ calibration: '{' });
    expect((await broken.text.run(demanding)).verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified' });
    expect(broken.ports.failures).toHaveLength(1);
    await Promise.all([known.text.close(), broken.text.close()]);
  });
});

describe('what has no answer', () => {
  it('is kept as failed, with the code of what it failed with', async () => {
    const { text, kept } = setUp({ failAfter: 0 });
    await expect(text.run({ task, text: 'hello' })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect((await kept()).outcomes).toMatchObject([
      { verdict: 'failed', error: 'ENGINE_FAILED', tier: 'small', path: '' },
    ]);
    await text.close();
  });

  it('is kept as aborted once, whenever whoever asked gave up', async () => {
    for (const turn of [-1, 0, 1]) {
      const over = new AbortController();
      const { text, engine, kept } = setUp({ onTurn: (at) => void (at === turn && over.abort()) });
      if (turn < 0) over.abort();
      await expect(text.run({ task, text: 'hello' }, { signal: over.signal })).rejects.toMatchObject({
        name: 'AbortError',
      });
      expect((await kept()).outcomes).toMatchObject([{ verdict: 'aborted', error: 'ABORTED' }]);
      expect(engine.runs.map(({ state }) => state)).toEqual(turn < 0 ? [] : ['cancelled']);
      await text.close();
    }
  });

  it('is kept as aborted where its reader went away', async () => {
    const { text, engine, kept } = setUp();
    for await (const step of text.stream({ task, text: 'hello' })) if (step.kind === 'text') break;
    const { outcomes } = await kept();
    expect(outcomes).toMatchObject([{ verdict: 'aborted', tier: 'small', text: { outputTokens: 1 } }]);
    expect(engine.runs).toMatchObject([{ state: 'cancelled' }]);
    await text.close();
  });

  it('is kept where its reader holds a step and never asks for the next one', async () => {
    for (const verdict of ['failed', 'aborted']) {
      const { text, engine, ports } = setUp();
      const over = new AbortController();
      const reading = text.stream({ task, text: 'hello' }, { signal: over.signal });
      for (let at = await reading.next(); !at.done && at.value.kind !== 'text'; at = await reading.next());
      if (verdict === 'aborted') over.abort();
      await text.close();
      const outcomes = ports.entries.filter(({ kind }) => kind === 'outcome');
      expect(outcomes).toMatchObject([{ record: { verdict, tier: 'small', text: { outputTokens: 1 } } }]);
      expect(engine.runs).toMatchObject([{ state: 'cancelled' }]);
      await expect(fold(reading)).rejects.toThrow();
      expect(ports.entries.filter(({ kind }) => kind === 'outcome')).toHaveLength(1);
    }
  });

  it('is over at once where whoever asked gives up while the device is looked at', async () => {
    const { text, ports, kept } = setUp();
    ports.probe.profile = () => new Promise(() => undefined);
    const over = new AbortController();
    const asked = text.run({ task, text: 'hello' }, { signal: over.signal });
    over.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await kept()).outcomes).toMatchObject([{ verdict: 'aborted', tier: '' }]);
    await text.close();
  });

  it('is over at once where whoever asked gives up while it is checked', async () => {
    const { text, kept } = setUp();
    const over = new AbortController();
    const check = (): Promise<number> => {
      setTimeout(() => over.abort());
      return new Promise(() => undefined);
    };
    const asked = text.run({ task, text: 'hello' }, { signal: over.signal, check });
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await kept()).outcomes).toMatchObject([{ verdict: 'aborted', tier: 'small' }]);
    await text.close();
  });

  it('is refused before anything is loaded where it cannot be understood or done', async () => {
    const { text, engine, kept } = setUp();
    await expect(text.run({ task, text: ' ' })).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(text.run({ task, text: 'a', policy: 'nobody' })).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(text.run({ task, text: 'a', generation: { n: 100 } })).rejects.toThrow('generation.n');
    expect(engine.loads).toEqual([]);
    // What could not be read is no request at all.
    expect((await kept()).outcomes).toMatchObject([{ error: 'INVALID_REQUEST', tier: '' }]);
    await text.close();
  });

  it('says why no tier fits', async () => {
    const { text, ports } = setUp();
    ports.store.missing.add('small/model_q4.onnx');
    await expect(text.run({ task, text: 'a' })).rejects.toBeInstanceOf(NoTierFitsError);
    await text.close();
  });

  it('is told so when the runtime is closed', async () => {
    const { text } = setUp({ onTurn: () => new Promise(() => undefined) });
    const asked = text.run({ task, text: 'hello' });
    asked.catch(() => undefined);
    while (text.waiting() === 0) await new Promise((resolve) => void setTimeout(resolve, 0));
    await text.close();
    await expect(asked).rejects.toBeInstanceOf(RuntimeClosedError);
    await expect(text.run({ task, text: 'hello' })).rejects.toBeInstanceOf(RuntimeClosedError);
  });
});

it('recommends and prepares without a text', async () => {
  const { text, engine } = setUp({ models: ['a', 'b'] });
  const { ladder } = await text.recommend({ task });
  expect(ladder.map(({ tier }) => tier.id)).toEqual(['a', 'b']);
  expect(engine.loads).toEqual([]);
  await text.prepare({ task });
  expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['a']);
  await text.close();
});

it('fails with what is missing where a model cannot be fetched after all', async () => {
  const { text, ports } = setUp();
  ports.store.presence = () => 'here';
  ports.store.missing.add('small/model_q4.onnx');
  await expect(text.run({ task, text: 'a' })).rejects.toBeInstanceOf(ArtifactMissingError);
  await text.close();
});
