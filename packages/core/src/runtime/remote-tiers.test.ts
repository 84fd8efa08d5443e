import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../catalog/endpoint.js';
import { EngineError } from '../errors/engine-error.js';
import { createRuntime } from '../runtime.js';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleBase, exampleCatalog, exampleDelta, exampleNano } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleTwin } from '../testing/example-endpoint.js';
import { createFakeSite, jsonReply } from '../testing/fake-site.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor, type FakeModel } from '../testing/index.js';
import { spentBudget } from '../testing/spent-budget.js';
import { withRequests } from './request-budget.js';

const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'freeze my card, mail me at jo@example.com', domain: 'bank' } as const;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const forever = (): Promise<never> => new Promise(() => undefined);

/** A device with nano and base below the endpoints, and a site that answers. */
function device({
  endpoints = [exampleEndpoint()],
  nano = says('new_card', 0.5),
  base = says('new_card', 0.6),
  ...ports
}: {
  endpoints?: readonly Endpoint[];
  nano?: FakeModel;
  base?: FakeModel;
} & Partial<Omit<Parameters<typeof createRuntime>[0], 'endpoints'>> = {}) {
  const plain = exampleCatalog();
  const catalog = { ...plain, endpoints: [...endpoints] };
  const fakes = createFakePorts({ catalog, calibration: exampleCalibration(plain), models: { nano, base } });
  const site = createFakeSite();
  const runtime = createRuntime({ ...fakes, fetch: site.fetch, ...ports });
  return { ...fakes, site, runtime };
}

/** A box that holds nano alone; base is computed at the site with the same weights. */
function twoBoxes(site = createFakeSite(), rest: { nano?: FakeModel } = {}) {
  const { nano = says('new_card', 0.5) } = rest;
  const whole = exampleCatalog();
  const catalog = {
    ...exampleCatalog({ models: [exampleNano()], deltas: [exampleDelta(exampleNano())] }),
    endpoints: [exampleTwin({ measuredMs: 40 })],
  };
  const fakes = createFakePorts({ catalog, calibration: exampleCalibration(whole), models: { nano } });
  return { ...fakes, site, runtime: createRuntime({ ...fakes, fetch: site.fetch }) };
}

describe('a tier that nobody measured', () => {
  it('stands above all others and is asked when nothing below is good enough', async () => {
    const { runtime, site } = device();
    const result = await runtime.run({ ...question, minConfidence: 0.95 });
    expect(result).toMatchObject({ tier: 'site', placement: 'site', path: ['site'], output: { label: 'block_card' } });
    expect(result.verdict).toMatchObject({ kind: 'accept', calibrated: false });
    expect(result.trace.map(({ kind }) => kind)).toContain('call');
    expect(site.texts).toHaveLength(1);
  });

  it('is not asked when the device is sure enough', async () => {
    const { runtime, site } = device({ nano: says('balance', 0.999) });
    expect(await runtime.run(question)).toMatchObject({ tier: 'nano', sentBytes: 0, costUsd: 0 });
    expect(site.texts).toEqual([]);
  });

  it('cannot keep a bound, and is not paid for one', async () => {
    const { runtime, site } = device();
    const result = await runtime.run({ ...question, maxRisk: 0.0001 });
    expect(result.verdict).toMatchObject({ kind: 'abstain' });
    expect(site.texts).toEqual([]);
  });
});

describe('a site that computes a model of the catalog', () => {
  it('stands where that model does, and its scores fuse with those of the device', async () => {
    const { runtime } = twoBoxes();
    const result = await runtime.run(question);
    expect(result).toMatchObject({ tier: 'site-base', path: ['nano', 'site-base'], output: { label: 'block_card' } });
    expect(result.verdict).toMatchObject({ kind: 'accept', calibrated: true, degraded: undefined });
    expect(result.sentBytes).toBeGreaterThan(20);
  });

  it('takes the place of the model when the device’s own fails', async () => {
    const broken = new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
    const { runtime } = device({
      endpoints: [exampleTwin()],
      base: { onLoad: () => Promise.reject(broken) },
    });
    const result = await runtime.run(question);
    expect(result).toMatchObject({ path: ['nano', 'site-base'], output: { label: 'block_card' } });
  });
});

describe('two tiers of one server', () => {
  it('are asked under ids of their own, which each keeps when it is asked again', async () => {
    const near = exampleEndpoint({ id: 'near' });
    const far = exampleEndpoint({ id: 'far', placement: 'cloud' });
    const { runtime, site } = device({ endpoints: [near, far] });
    const keys: (string | undefined)[] = [];
    site.respond((_, { headers }) => {
      keys.push(headers['idempotency-key']);
      return keys.length === 1 ? jsonReply({}, 500) : { label: 'block_card', probability: 0.9 };
    });
    await runtime.run({ ...question, minConfidence: 0.99 });
    expect(keys).toHaveLength(3);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('residency', () => {
  it('keeps a request on the device whatever it asks for', async () => {
    const { runtime, site } = device();
    const result = await runtime.run({ ...question, residency: 'device', minConfidence: 0.99 });
    expect(result).toMatchObject({ verdict: { kind: 'abstain' }, sentBytes: 0 });
    expect(site.texts).toEqual([]);
  });

  it('lets a request as far as the site and no further', async () => {
    const cloud = exampleEndpoint({ id: 'cloud', placement: 'cloud' });
    const { runtime, site } = device({ endpoints: [cloud] });
    const result = await runtime.run({ ...question, residency: 'site', minConfidence: 0.99 });
    expect(result.verdict.kind).toBe('abstain');
    expect(site.texts).toEqual([]);
  });
});

describe('what leaves the device', () => {
  it('is replaced on the way to the cloud, and told in the trace', async () => {
    const { runtime, site } = device({ endpoints: [exampleEndpoint({ id: 'cloud', placement: 'cloud' })] });
    const result = await runtime.run({ ...question, minConfidence: 0.9 });
    expect(site.texts).toEqual(['freeze my card, mail me at [EMAIL_1]']);
    expect(result.trace).toContainEqual(expect.objectContaining({ kind: 'call', redacted: { email: 1 } }));
  });

  it.each([
    ['as it is to the site', exampleEndpoint(), question.text],
    ['as it is where the operator says so', exampleEndpoint({ placement: 'cloud', redact: false }), question.text],
    ['replaced at the site where the operator says so', exampleEndpoint({ redact: true }), '[EMAIL_1]'],
  ])('goes %s', async (_, endpoint, text) => {
    const { runtime, site } = device({ endpoints: [endpoint] });
    await runtime.run({ ...question, minConfidence: 0.9 });
    expect(site.texts[0]).toContain(text);
  });
});

describe('money', () => {
  const priced = (perCall: number) => exampleTwin({ price: { ...exampleEndpoint().price, perCall } });

  function box(perCall: number, ports: Partial<Parameters<typeof createRuntime>[0]> = {}) {
    const whole = exampleCatalog();
    const catalog = {
      ...exampleCatalog({ models: [exampleNano()], deltas: [exampleDelta(exampleNano())] }),
      endpoints: [priced(perCall)],
    };
    const fakes = createFakePorts({
      catalog,
      calibration: exampleCalibration(whole),
      models: { nano: says('new_card', 0.6) },
    });
    const site = createFakeSite();
    return { site, entries: fakes.entries, runtime: createRuntime({ ...fakes, fetch: site.fetch, ...ports }) };
  }

  it('is spent where a better answer is worth it, counted in the result and in the ledger', async () => {
    const { runtime, entries } = box(0.001);
    expect(await runtime.run(question)).toMatchObject({ tier: 'site-base', costUsd: 0.001 });
    await runtime.flush();
    const outcome = entries.find(({ kind }) => kind === 'outcome');
    expect(outcome?.record).toMatchObject({ costUsd: 0.001, placement: 'site' });
    const runs = entries.flatMap((entry) => (entry.kind === 'run' ? [entry.record.tier] : []));
    expect(runs).toContain('site-base');
  });

  it('is not spent where a right answer is worth less', async () => {
    const { runtime, site } = box(0.02);
    expect(await runtime.run(question)).toMatchObject({ tier: 'nano', verdict: { kind: 'accept' } });
    expect(await runtime.run({ ...question, valueUsd: 1 })).toMatchObject({ tier: 'site-base' });
    expect(site.texts).toHaveLength(1);
  });

  it('is never more than the request allows', async () => {
    const { runtime, site } = box(0.001);
    expect(await runtime.run({ ...question, maxCostUsd: 0.0005 })).toMatchObject({ tier: 'nano' });
    expect(site.texts).toEqual([]);
  });

  it('is more for a longer text', async () => {
    const price = { ...exampleEndpoint().price, perMillionInputTokens: 10 };
    const { runtime, site } = device({ endpoints: [exampleEndpoint({ price })] });
    const limited = { ...question, minConfidence: 0.95, maxCostUsd: 0.001 };
    expect(await runtime.run({ ...limited, text: 'freeze it. '.repeat(1000) })).toMatchObject({ costUsd: 0 });
    expect(site.texts).toEqual([]);
    expect(await runtime.run(limited)).toMatchObject({ tier: 'site' });
  });

  it('is not exceeded by a tier that is asked ahead beside another one', async () => {
    const price = { ...exampleEndpoint().price, perCall: 0.001 };
    const near = exampleEndpoint({ id: 'near', price, measuredMs: 100 });
    const far = exampleEndpoint({ id: 'far', price, measuredMs: 40, placement: 'cloud' });
    const catalog = {
      ...exampleCatalog({ models: [], deltas: [exampleDelta(exampleNano())] }),
      endpoints: [near, far],
    };
    const fakes = createFakePorts({ catalog, calibration: 'none', models: {} });
    const site = createFakeSite({ label: 'block_card', probability: 0.6 });
    const runtime = createRuntime({ ...fakes, fetch: site.fetch });
    const asked = { ...question, deadlineMs: 400, maxCostUsd: 0.0015, valueUsd: 1 };
    const result = await runtime.run(asked);
    expect(result.costUsd).toBeLessThanOrEqual(0.0015);
    expect(result.trace.map(({ kind }) => kind)).not.toContain('hedge');
    const both = await runtime.run({ ...asked, maxCostUsd: 0.01 });
    expect(both.trace.map(({ kind }) => kind)).toContain('hedge');
  });

  it('stops with the budget, and says so', async () => {
    const { runtime, site } = box(0.001, { budget: withRequests(spentBudget('the month is spent')) });
    expect(await runtime.run(question)).toMatchObject({ tier: 'nano', verdict: { degraded: 'cost' } });
    expect(site.texts).toEqual([]);
  });
});

describe('a site that cannot be reached', () => {
  const gone = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

  it('costs the request its better answer and nothing else, and is not asked again before it is back', async () => {
    const { runtime, site, clock } = twoBoxes();
    let asked = 0;
    site.respond(() => {
      asked++;
      throw gone();
    });
    expect(await runtime.run(question)).toMatchObject({
      tier: 'nano',
      verdict: { kind: 'accept', degraded: 'offline' },
    });
    expect(await runtime.run(question)).toMatchObject({ tier: 'nano', verdict: { degraded: 'offline' } });
    expect(asked).toBe(1);
    site.respond(() => ({ label: 'block_card', probability: 0.97 }));
    clock.advance(60_000);
    await settled();
    expect(await runtime.run(question)).toMatchObject({ tier: 'site-base', verdict: { degraded: undefined } });
  });

  it('says what is the matter when nothing else could answer', async () => {
    const catalog = {
      ...exampleCatalog({ models: [], deltas: [exampleDelta(exampleNano())] }),
      endpoints: [exampleEndpoint()],
    };
    const fakes = createFakePorts({ catalog, calibration: 'none', models: {} });
    const site = createFakeSite();
    site.respond(() => {
      throw gone();
    });
    const runtime = createRuntime({ ...fakes, fetch: site.fetch });
    await expect(runtime.run(question)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });
});

describe('a site that answers rubbish', () => {
  it.each([
    [
      'another shape',
      () => jsonReply({ outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] }),
    ],
    ['an error page', () => jsonReply('<html>', 200, { 'content-type': 'text/html' })],
    ['a redirect', () => jsonReply({}, 302, { location: 'http://elsewhere.example/' })],
    [
      'numbers that are none',
      () => jsonReply({ outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, 5], data: [1, 2, 3, 4, null] }] }),
    ],
  ])('with %s is left out with a reason', async (_, reply) => {
    const { runtime, site } = twoBoxes();
    site.respond(reply);
    const result = await runtime.run(question);
    expect(result).toMatchObject({ tier: 'nano', verdict: { kind: 'accept', degraded: 'tier-failed' } });
    expect(result.trace).toContainEqual(
      expect.objectContaining({ kind: 'failed', tier: 'site-base', code: 'REMOTE_ANSWER_INVALID' }),
    );
  });
});

describe('a deadline', () => {
  it('keeps a request from climbing where an answer would come too late', async () => {
    const { runtime, site } = twoBoxes();
    const result = await runtime.run({ ...question, deadlineMs: 60 });
    expect(result).toMatchObject({ tier: 'nano', verdict: { degraded: 'deadline' } });
    expect(site.texts).toEqual([]);
  });

  it('returns the best so far when the site is slower than it promised, and cancels the call', async () => {
    const { runtime, site, clock } = twoBoxes();
    site.respond(forever);
    const answered = runtime.run({ ...question, deadlineMs: 500 });
    await settled();
    clock.advance(500);
    expect(await answered).toMatchObject({ tier: 'nano', verdict: { degraded: 'deadline' } });
    expect(site.cancelled()).toBeGreaterThan(0);
  });
});

describe('a deadline of a ladder that begins elsewhere', () => {
  it('leaves the device the time for its own answer', async () => {
    const nano = exampleNano();
    const elsewhere = { ...nano, variants: nano.variants.map((each) => ({ ...each, providers: ['webgpu'] })) };
    const deltas = { bank: exampleDelta(nano).contentId };
    const serves = { model: 'nano', variant: nano.variants[0]!.weights.sha256, deltas };
    const plain = exampleCatalog();
    const catalog = {
      ...exampleCatalog({ models: [elsewhere, exampleBase()] }),
      endpoints: [exampleEndpoint({ id: 'site-nano', serves, measuredMs: 5 })],
    };
    const models = { base: says('balance', 0.9) };
    const fakes = createFakePorts({ catalog, calibration: exampleCalibration(plain), models });
    const site = createFakeSite();
    const runtime = createRuntime({ ...fakes, fetch: site.fetch });
    // Loaded, so that it is no matter of that.
    await runtime.run({ ...question, policy: 'base' });
    site.respond(forever);
    const answered = runtime.run({ ...question, deadlineMs: 1000 });
    await settled();
    fakes.clock.advance(999);
    expect(await answered).toMatchObject({ tier: 'base', verdict: { degraded: 'tier-failed' } });
    expect(site.cancelled()).toBe(1);
  });
});

describe('a deadline that leaves no time for one after the other', () => {
  const slowNano = says('new_card', 0.5, { runMs: 60 });

  it('has both asked at once, and the answers fused', async () => {
    const { runtime, site } = twoBoxes(createFakeSite(), { nano: slowNano });
    const result = await runtime.run({ ...question, deadlineMs: 140 });
    expect(result.trace.map(({ kind }) => kind)).toContain('hedge');
    expect(result).toMatchObject({ path: ['nano', 'site-base'], output: { label: 'block_card' } });
    expect(site.texts).toHaveLength(1);
  });

  it('has the answer of the device when the other one does not come in time', async () => {
    const { runtime, site, clock } = twoBoxes(createFakeSite(), { nano: slowNano });
    site.respond(forever);
    const answered = runtime.run({ ...question, deadlineMs: 140 });
    await settled();
    clock.advance(140);
    expect(await answered).toMatchObject({ tier: 'nano', verdict: { kind: 'accept', degraded: 'deadline' } });
    expect(site.cancelled()).toBe(1);
  });

  it('has an answer where the device itself comes too late', async () => {
    let ends = (): void => undefined;
    const stalled = says('new_card', 0.5, { runMs: 60, onLoad: () => new Promise((resolve) => void (ends = resolve)) });
    const { runtime, site, clock } = twoBoxes(createFakeSite(), { nano: stalled });
    site.respond(forever);
    const answered = runtime.run({ ...question, deadlineMs: 140 });
    await settled();
    clock.advance(300);
    await settled();
    ends();
    expect(await answered).toMatchObject({ tier: 'nano', verdict: { degraded: 'deadline' } });
    expect(site.cancelled()).toBe(1);
  });

  it('has the answer of the site at the deadline when the device has none by then', async () => {
    const stalled = says('new_card', 0.5, { onLoad: forever, runMs: 60 });
    const { runtime, clock } = twoBoxes(createFakeSite(), { nano: stalled });
    const answered = runtime.run({ ...question, deadlineMs: 140 });
    await settled();
    clock.advance(140);
    expect(await answered).toMatchObject({ tier: 'site-base', verdict: { degraded: 'deadline' } });
  });

  it('has whichever answer comes first when neither is there in time', async () => {
    const stalled = says('new_card', 0.5, { onLoad: forever, runMs: 60 });
    const { runtime, site, clock } = twoBoxes(createFakeSite(), { nano: stalled });
    let answer = (): void => undefined;
    site.respond(() => new Promise((resolve) => (answer = () => resolve({ label: 'block_card', probability: 0.97 }))));
    const answered = runtime.run({ ...question, deadlineMs: 140 });
    await settled();
    clock.advance(200);
    await settled();
    answer();
    expect(await answered).toMatchObject({ tier: 'site-base', verdict: { degraded: 'deadline' } });
  });

  it('has the call cancelled for real when it is not needed', async () => {
    const { runtime, site } = twoBoxes(createFakeSite(), { nano: says('new_card', 0.999, { runMs: 60 }) });
    site.respond(forever);
    const result = await runtime.run({ ...question, deadlineMs: 140 });
    expect(result).toMatchObject({ path: ['nano'], verdict: { kind: 'accept', degraded: undefined } });
    expect(site.cancelled()).toBe(1);
    expect(result.sentBytes).toBeGreaterThan(0);
  });
});
