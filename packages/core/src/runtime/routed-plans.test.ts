import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { DeployedPath } from '../deploy/deployed-model.js';
import { routedEnd, routedTo } from '../deploy/rewards/routed-outcome.js';
import { createRuntime } from '../runtime.js';
import { createFakeDeployment } from '../testing/fake-deployment.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor, type FakeModel } from '../testing/index.js';
import { spentBudget } from '../testing/spent-budget.js';
import { withRequests } from './request-budget.js';
import { routeRequests } from './routed-plans.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { exampleCatalog } from '../testing/example-catalog.js';

const question = { text: 'freeze my card', domain: 'bank' } as const;
const sure = { scores: () => scoresFor('new_card', 0.999, EXAMPLE_LABELS) };
const unsure = { scores: () => scoresFor('new_card', 0.3, EXAMPLE_LABELS) };
const broken = {
  scores: () => {
    throw new EngineError({ message: 'it broke', hint: 'Try another one.' });
  },
};
const base: DeployedPath = { kind: 'tier', tier: 'base' };

function box(
  path: DeployedPath,
  { models = { nano: sure, base: sure }, later = false }: { models?: Record<string, FakeModel>; later?: boolean } = {},
) {
  const fakes = createFakePorts({ models });
  const deployment = createFakeDeployment(path, { later });
  return { ...fakes, deployment, runtime: createRuntime({ ...fakes, deployment: routeRequests(deployment) }) };
}

describe('a request that a deployment routes', () => {
  it.each([false, true])(
    'is answered by the model it was routed to (later: %s), and the ledger says so',
    async (later) => {
      const { runtime, entries, deployment } = box(base, { later });
      const result = await runtime.run(question, { key: 'phone' });
      expect(result).toMatchObject({ tier: 'base', path: ['base'], verdict: { degraded: undefined } });
      expect(result.trace[0]).toMatchObject({ kind: 'route', window: 'w1', model: 'chosen' });
      expect(result.trace[1]).toMatchObject({
        kind: 'plan',
        rejected: [{ tier: 'nano', code: 'policy', message: 'the deployment routes the request elsewhere' }],
      });
      await runtime.flush();
      const shares = { chosen: 0.75, other: 0.25 };
      const first = { stage: 'route', window: 'w1', path: '', chosen: 'chosen', alternatives: shares };
      const outcome = entries.find(({ kind }) => kind === 'outcome')!.record;
      expect(outcome).toMatchObject({ key: 'phone', tier: 'base', decisions: [first, { stage: 'start' }, {}] });
      expect(deployment.asked).toEqual([
        {
          requestId: result.requestId,
          text: 'freeze my card',
          task: 'text-classification',
          domain: 'bank',
          subDomain: undefined,
          key: 'phone',
          residency: 'cloud',
        },
      ]);
      expect(deployment.told).toMatchObject([{ route: { model: 'chosen' }, outcome, label: 'new_card' }]);
      expect(deployment.told).toHaveLength(1);
    },
  );

  it('climbs within its ladder, and by the tighter of both thresholds', async () => {
    const path: DeployedPath = { kind: 'ladder', tiers: ['nano', 'base'], minConfidence: 0.999999 };
    const climbed = await box(path).runtime.run({ ...question, minConfidence: 0.1 });
    expect(climbed.path).toEqual(['nano', 'base']);
    const tighter = await box({ ...path, minConfidence: 0.1 }).runtime.run({ ...question, minConfidence: 0.999999 });
    expect(tighter.path).toEqual(['nano', 'base']);
    const alone = await box({ kind: 'ladder', tiers: ['nano'] }, { models: { nano: unsure, base: sure } }).runtime.run(
      question,
    );
    expect(alone.path).toEqual(['nano']);
  });

  it('is planned for by itself when every tier of its model fails, and says so', async () => {
    const { runtime, deployment } = box(base, { models: { nano: sure, base: broken } });
    const result = await runtime.run(question);
    expect(result).toMatchObject({ tier: 'nano', verdict: { degraded: 'tier-failed' } });
    expect(deployment.told).toMatchObject([{ route: { model: 'chosen' }, outcome: { tier: 'nano', degraded: true } }]);
  });

  it('is answered by others where it rules its model out itself, and none the worse', async () => {
    const { runtime } = box({ kind: 'tier', tier: 'gone' });
    expect(await runtime.run(question)).toMatchObject({ tier: 'nano', verdict: { degraded: undefined } });
  });

  it('is answered here when its model may not be paid for any more', async () => {
    const catalog = { ...exampleCatalog(), endpoints: [{ ...exampleEndpoint(), placement: 'cloud' as const }] };
    const fakes = createFakePorts({ catalog, calibration: 'none', models: { nano: sure, base: sure } });
    const { id } = catalog.endpoints[0]!;
    const deployment = createFakeDeployment({ kind: 'tier', tier: id });
    const budget = withRequests(spentBudget('the budget is spent'));
    const runtime = createRuntime({
      ...fakes,
      deployment: routeRequests(deployment),
      budget,
      fetch: async () => Promise.reject(new Error('no')),
    });
    expect(await runtime.run(question)).toMatchObject({ placement: 'device', verdict: { degraded: 'cost' } });
    expect(routedTo(deployment.told[0]!.outcome)).toBeUndefined();
  });

  it('goes to others where its model would be late, and says nothing of that one', async () => {
    const { runtime, deployment } = box(base);
    // `base` takes about 8 ms here.
    expect(await runtime.run({ ...question, deadlineMs: 4 })).toMatchObject({ tier: 'nano' });
    expect(deployment.told).toMatchObject([{ route: { model: 'chosen' } }]);
    expect(routedTo(deployment.told[0]!.outcome)).toBeUndefined();
  });

  it('says nothing of its model where it makes no sense itself', async () => {
    const { runtime, deployment } = box(base);
    await expect(runtime.run({ ...question, domain: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    expect(deployment.told.map(({ outcome, route }) => routedEnd(outcome, route.path))).toEqual(['elsewhere']);
  });

  it('is planned for by itself when it waited in the queue: it may be tried a thousand times', async () => {
    const { runtime, deployment } = box(base);
    expect(await runtime.run(question, { queuedId: 'q1' })).toMatchObject({ requestId: 'q1' });
    expect(deployment.asked).toEqual([]);
  });

  it('tells of a failure as well, and of one that was aborted', async () => {
    const { runtime, deployment } = box(base, { models: { nano: broken, base: broken } });
    await expect(runtime.run(question)).rejects.toThrow('it broke');
    expect(deployment.told).toMatchObject([
      { outcome: { verdict: 'failed', error: 'ENGINE_FAILED' }, label: undefined },
    ]);
    await expect(runtime.run(question, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(deployment.told).toHaveLength(1);
  });

  it('is not routed when it names its tier', async () => {
    const { runtime, deployment } = box(base);
    expect(await runtime.run({ ...question, policy: 'nano' })).toMatchObject({ tier: 'nano' });
    expect(deployment.asked).toEqual([]);
    expect(deployment.told).toEqual([]);
  });

  it('cannot say itself among which tiers to choose', async () => {
    const { runtime } = box(base);
    await expect(runtime.run({ ...question, only: ['nano'] } as never)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

it('what a deployment needs is made ready, and nothing else', async () => {
  const { runtime, engine } = box(base);
  await runtime.prepare({ domain: 'bank' }, { only: ['base'] });
  expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['base']);
});
