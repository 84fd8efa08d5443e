import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './errors/invalid-request-error.js';
import { UnknownDomainError } from './errors/unknown-domain-error.js';
import { createRuntime } from './runtime.js';
import { exampleCalibration, exampleLadder } from './testing/example-calibration.js';
import type { Step } from './runtime/step.js';
import type { Result } from './runtime/result.js';
import {
  createFakePorts,
  EXAMPLE_LABELS,
  exampleCatalog,
  exampleModel,
  scoresFor,
  type FakeModel,
} from './testing/index.js';

/** A model that is this sure of one label. */
const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'freeze my card', domain: 'bank' } as const;

async function collect(steps: AsyncGenerator<Step, Result>): Promise<{ steps: Step[]; result: Result }> {
  const seen: Step[] = [];
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { steps: seen, result: value };
    seen.push(value);
  }
}
const kinds = ({ trace }: Result): string[] => trace.map(({ kind }) => kind);

describe('a runtime', () => {
  it('answers on the lightest tier when that is sure', async () => {
    const ports = createFakePorts({ models: { nano: says('block_card', 0.99), base: says('balance', 0.99) } });
    const result = await createRuntime(ports).run(question);
    expect(result).toMatchObject({
      output: { kind: 'classification', label: 'block_card', outOfScope: false },
      tier: 'nano',
      placement: 'device',
      path: ['nano'],
      confidence: expect.closeTo(0.99, 4) as number,
      verdict: {
        kind: 'accept',
        reason: 'not-worth-it',
        calibrated: true,
        certificate: undefined,
        degraded: undefined,
      },
    });
    expect(ports.engine.loads.map(({ modelId }) => modelId)).toEqual(['nano']);
  });

  it('climbs when it is not sure, and fuses what both tiers said', async () => {
    const ports = createFakePorts({ models: { nano: says('new_card', 0.5), base: says('block_card', 0.97) } });
    const result = await createRuntime(ports).run(question);
    expect(result).toMatchObject({ output: { label: 'block_card' }, tier: 'base', path: ['nano', 'base'] });
    expect(result.verdict).toMatchObject({ kind: 'accept', reason: 'top', calibrated: true });
    expect(result.confidence).toBeLessThan(0.97);
  });

  it('traces plan, load, run, judge and stop, in order, with times', async () => {
    const models = {
      nano: says('new_card', 0.5, { loadMs: 40, runMs: 2 }),
      base: says('block_card', 0.97, { loadMs: 300, runMs: 7 }),
    };
    const ports = createFakePorts({ models });
    const { trace } = await createRuntime(ports).run(question);
    expect(trace).toMatchObject([
      {
        kind: 'plan',
        atMs: 0,
        durationMs: 0,
        ladder: ['nano', 'base'],
        rejected: [],
        catalogRevision: exampleCatalog().revision,
      },
      { kind: 'load', tier: 'nano', durationMs: 40, bytes: 2 ** 20, thread: 'inline' },
      { kind: 'run', tier: 'nano', variant: 'int8', durationMs: 2, tokens: 5 },
      { kind: 'judge', path: ['nano'], verdict: 'accept', calibrated: true },
      { kind: 'climb', from: 'nano', to: 'base', reason: 'utility' },
      { kind: 'load', tier: 'base', durationMs: 300 },
      { kind: 'run', tier: 'base', durationMs: 7 },
      { kind: 'judge', path: ['nano', 'base'], verdict: 'accept' },
      { kind: 'stop', reason: 'top', degraded: undefined },
    ]);
    const times = trace.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBe(349);
  });

  it('streams each step as it happens, a first answer before the climb, and last the result', async () => {
    const ports = createFakePorts({ models: { nano: says('new_card', 0.5), base: says('block_card', 0.97) } });
    const { steps, result } = await collect(createRuntime(ports).stream(question));
    const events = steps.flatMap((step) => (step.kind === 'trace' ? [step.event] : []));
    expect(events).toEqual(result.trace);
    expect(steps.find(({ kind }) => kind === 'answer')).toMatchObject({ output: { label: 'new_card' }, tier: 'nano' });
    expect(steps.findIndex(({ kind }) => kind === 'answer')).toBeLessThan(
      steps.findIndex((step) => step.kind === 'trace' && step.event.kind === 'run' && step.event.tier === 'base'),
    );
    expect(steps.at(-1)).toEqual({ kind: 'result', result });
  });

  it('folds the stream to the result', async () => {
    const run = () => createFakePorts({ models: { nano: says('new_card', 0.5), base: says('block_card', 0.97) } });
    const { result } = await collect(createRuntime(run()).stream(question));
    expect(await createRuntime(run()).run(question)).toEqual(result);
  });

  it('loads a tier once, however many requests come at once', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    const runtime = createRuntime(ports);
    const results = await Promise.all(Array.from({ length: 50 }, () => runtime.run(question)));
    expect(ports.engine.loads).toHaveLength(1);
    expect(ports.engine.attached).toHaveLength(1);
    expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(50);
    expect(kinds(await runtime.run(question))).toEqual(['plan', 'run', 'judge', 'stop']);
  });

  it('runs one tier alone, without fusion, when the policy names it', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99), base: says('block_card', 0.4) } });
    const result = await createRuntime(ports).run({ ...question, policy: 'base' });
    expect(result).toMatchObject({
      tier: 'base',
      path: ['base'],
      output: { label: 'block_card' },
      verdict: { calibrated: true },
    });
    expect(ports.engine.runs.map(({ modelId }) => modelId)).toEqual(['base']);
  });

  it('gives the scores of one tier as they came, for whoever weighs them anew', async () => {
    const catalog = exampleCatalog();
    const ladder = exampleLadder(['base']);
    const paths = ladder.paths.map((path) => ({ ...path, weights: [0.5] }));
    const calibration = exampleCalibration(catalog, [{ ...ladder, paths }]);
    const ports = createFakePorts({ catalog, calibration, models: { nano: {}, base: says('block_card', 0.9) } });
    const { answer, output } = await createRuntime(ports).run({ ...question, policy: 'base' });
    expect(answer.kind === 'scores' && Math.exp(Math.max(...answer.logProbs))).toBeCloseTo(0.9, 6);
    expect(output.kind === 'classification' && output.alternatives[0]!.score).toBeLessThan(0.8);
  });

  it('narrows the answer to the sub-domain that was asked for', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    const result = await createRuntime(ports).run({ ...question, subDomain: 'cards' });
    expect(result.output).toMatchObject({ label: 'oos', outOfScope: true });
  });

  it('answers without a calibration, and says that the confidence is raw', async () => {
    const ports = createFakePorts({
      calibration: 'none',
      models: { nano: says('balance', 0.8), base: says('balance', 0.85) },
    });
    const result = await createRuntime(ports).run(question);
    expect(result).toMatchObject({ tier: 'base', path: ['base'], verdict: { kind: 'accept', calibrated: false } });
    expect(result.confidence).toBeCloseTo(0.85, 5);
  });

  it('embeds', async () => {
    const ports = createFakePorts({ models: { nano: { vector: () => [0.6, 0.8] } } });
    const { output, confidence, verdict } = await createRuntime(ports).run({
      text: 'hello',
      task: 'feature-extraction',
    });
    expect(output).toEqual({ kind: 'embedding', vector: [Math.fround(0.6), Math.fround(0.8)] });
    expect(confidence).toBeUndefined();
    expect(verdict.kind).toBe('accept');
  });

  it('warns when a text was cut to the context of the model', async () => {
    const models = { nano: says('balance', 0.99, { tokens: { tokens: 512, textTokens: 900 } }) };
    const { trace } = await createRuntime(createFakePorts({ models })).run(question);
    expect(trace).toContainEqual(
      expect.objectContaining({ kind: 'warning', message: '900 tokens were cut to the 512 that nano reads' }),
    );
  });

  it('refuses what no stage could use before it does anything', async () => {
    const ports = createFakePorts();
    const runtime = createRuntime(ports);
    await expect(runtime.run({ text: '' })).rejects.toThrow(InvalidRequestError);
    await expect(runtime.run({ text: 'x', domain: 'zoo' })).rejects.toThrow(UnknownDomainError);
    await expect(runtime.run({ ...question, subDomain: 'loans' })).rejects.toThrow(UnknownDomainError);
    expect(ports.engine.loads).toEqual([]);
  });

  it('closes the engine and the ledger, and writes what was waiting first', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    const runtime = createRuntime(ports);
    await runtime.run(question);
    expect(ports.entries).toEqual([]);
    await runtime.close();
    expect(ports.entries.map(({ kind }) => kind)).toEqual(['load', 'outcome']);
    await expect(ports.ledger.outcomes()).rejects.toThrow();
    await expect(runtime.run(question)).rejects.toThrow();
  });
});

describe('a demanded bound', () => {
  it('rests on a certificate, which the verdict shows', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    const { verdict, trace } = await createRuntime(ports).run({ ...question, maxRisk: 0.03 });
    expect(verdict).toMatchObject({ kind: 'accept', certificate: { maxRisk: 0.03, delta: 0.05 } });
    const judged = trace.find(({ kind }) => kind === 'judge');
    expect(judged).toMatchObject({ threshold: verdict.certificate!.threshold });
  });

  it('makes it climb as far as it can, and abstain with the best answer attached when that is not enough', async () => {
    const models = { nano: says('balance', 0.3), base: says('balance', 0.25) };
    const { verdict, path, output } = await createRuntime(createFakePorts({ models })).run({
      ...question,
      maxRisk: 0.001,
      minConfidence: 0.9,
    });
    expect(path).toEqual(['nano', 'base']);
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified', certificate: undefined });
    expect(output).toMatchObject({ label: 'balance' });
  });

  it('is not claimed for a confidence below the threshold', async () => {
    const models = { nano: says('balance', 0.06), base: says('balance', 0.22) };
    const { verdict } = await createRuntime(createFakePorts({ models })).run({ ...question, minConfidence: 0.5 });
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'confidence' });
  });
});

describe('a text in another script', () => {
  it('is never accepted by tiers that cannot read it, however sure they seem', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.999), base: says('balance', 0.999) } });
    const result = await createRuntime(ports).run({ ...question, text: '口座を凍結してください' });
    expect(result).toMatchObject({
      tier: 'nano',
      verdict: { kind: 'abstain', reason: 'language', degraded: undefined },
    });
    expect(ports.engine.runs).toHaveLength(1);
  });

  it('climbs to a tier that can', async () => {
    const models = [
      ...exampleCatalog().models,
      exampleModel({ id: 'multilingual', language: ['mul'], flopsPerToken: 3e7 }),
    ];
    const catalog = exampleCatalog({ models });
    const ports = createFakePorts({
      catalog,
      models: { nano: says('balance', 0.999), base: says('balance', 0.999), multilingual: says('block_card', 0.99) },
    });
    const result = await createRuntime(ports).run({ ...question, text: '口座を凍結してください' });
    expect(result).toMatchObject({ tier: 'multilingual', verdict: { kind: 'accept' } });
    expect(ports.engine.runs.map(({ modelId }) => modelId)).toEqual(['nano', 'multilingual']);
  });

  it('is also known by words that are mostly unknown', async () => {
    const unknown = { tokens: { tokens: 10, textTokens: 10, unknownTokens: 6 } };
    const models = { nano: says('balance', 0.999, unknown), base: says('balance', 0.999, unknown) };
    const { verdict } = await createRuntime(createFakePorts({ models })).run({ ...question, text: 'qwrtz plmnb' });
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'language' });
  });
});
