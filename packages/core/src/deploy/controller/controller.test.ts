import { describe, expect, it } from 'vitest';
import { DAY_MS, deploymentWorld, heavy, ladder, light, stages, turn } from '../../testing/deployment-world.js';
import { createFakeClock, outcomeEntry } from '../../testing/index.js';
import type { OutcomeRecord } from '../../ports/ledger.js';

describe('a deployment', () => {
  it('brings two ladders and a tier of others into service, and sends requests where the budget lets them be right', async () => {
    const { open, pass, ask, prepared } = deploymentWorld();
    const control = await open();
    expect(await ask(control)).toBeUndefined();
    await pass(5_000);
    expect(prepared.toSorted()).toEqual(['cloud', 'heavy', 'light']);
    expect(await stages(control)).toEqual({ light: 'live', heavy: 'live', cloud: 'live' });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 1500; i++) {
      const model = (await ask(control))!;
      counts[model] = (counts[model] ?? 0) + 1;
      if (i % 100 === 0) await pass(5_000);
    }
    await pass(5_000);
    const { models, state } = await control.status();
    expect(state.window?.id).toBe('w1');
    const [, , cloudStanding] = models;
    expect(cloudStanding!.meanReward).toBeGreaterThan(0.85);
    expect(cloudStanding!.meanCostUsd).toBeCloseTo(0.001, 12);
    // (b - .0002) / (.001 - .0002) of the requests is what the budget lets the best one have beside `heavy`.
    expect(counts['cloud']! / 1500).toBeGreaterThan(0.3);
    expect(counts['cloud']! * 0.001 + counts['heavy']! * 0.0002 + counts['light']! * 0.0001).toBeLessThan(
      1500 * 0.0005 * 1.01,
    );
  });

  it('takes a new model in while the others answer, tries it, and sends requests to it once it is known to be better', async () => {
    const { open, pass, ask, set, hold, truth } = deploymentWorld({ models: [light, heavy], budgetUsd: 0.001 });
    const control = await open();
    await pass(5_000);
    for (let i = 0; i < 500; i++) await ask(control);
    let start = (): void => undefined;
    hold(new Promise((resolve) => void (start = resolve)));
    truth['newcomer'] = { right: 0.99, costUsd: 0.0001 };
    set({ models: [light, heavy, ladder('newcomer', ['nano', 'large'])] });
    await pass(5_000);
    expect(await stages(control)).toMatchObject({ newcomer: 'downloading', light: 'live', heavy: 'live' });
    for (let i = 0; i < 50; i++) expect(['light', 'heavy']).toContain(await ask(control));
    start();
    await pass(5_000);
    expect(await stages(control)).toMatchObject({ newcomer: 'live' });
    expect((await control.status()).state.window).toMatchObject({ id: 'w2' });
    for (let i = 0; i < 2000; i++) await ask(control);
    await pass(5_000);
    const last = [];
    for (let i = 0; i < 500; i++) last.push(await ask(control));
    expect(last.filter((model) => model === 'newcomer').length).toBeGreaterThan(300);
  });

  it('leaves what answers where it is when a model does not start, and tries that one again later', async () => {
    const { open, pass, ask, set, breaks, failures } = deploymentWorld({ models: [light], maxLive: 2 });
    const control = await open();
    await pass(5_000);
    breaks.add('heavy');
    set({ models: [light, heavy] });
    await pass(10_000);
    const { state } = await control.status();
    expect(state.models).toMatchObject([
      { model: 'light', stage: 'live' },
      { model: 'heavy', stage: 'retired', reason: 'start-failed', failures: 1 },
    ]);
    expect(await ask(control)).toBe('light');
    expect(failures).toMatchObject([{ message: 'heavy does not start' }]);
    breaks.clear();
    await pass(DAY_MS + 10_000, 3_600_000);
    expect(await stages(control)).toEqual({ light: 'live', heavy: 'live' });
  });

  it('lets a model go only when no request uses it any more', async () => {
    const { open, pass, set, released } = deploymentWorld({ models: [light, heavy] });
    const control = await open();
    await pass(5_000);
    const ask = {
      requestId: 'slow',
      text: 'x',
      task: 'text-classification',
      domain: undefined,
      subDomain: undefined,
      key: undefined,
      residency: 'cloud',
    } as const;
    let route = await control.deployment.route(ask);
    while (route!.model !== 'light') {
      control.deployment.ended({
        ask,
        route: route!,
        outcome: outcomeEntry({ requestId: 'x', path: 'nano' }).record as OutcomeRecord,
        label: undefined,
      });
      route = await control.deployment.route(ask);
    }
    set({ models: [heavy] });
    await pass(10_000);
    expect(await stages(control)).toMatchObject({ light: 'draining', heavy: 'live' });
    expect(released).toEqual([]);
    control.deployment.ended({
      ask,
      route: route!,
      outcome: outcomeEntry({ requestId: 'slow', path: 'nano' }).record as OutcomeRecord,
      label: undefined,
    });
    await pass(5_000);
    expect(released).toEqual(['light']);
    expect((await control.status()).state.models.find(({ model }) => model === 'light')).toMatchObject({
      stage: 'retired',
      reason: 'removed',
    });
  });

  it('says the smallest feasible budget and stays with the window before, or plans as ever where there is none', async () => {
    const { open, pass, ask, set, failures } = deploymentWorld({ models: [heavy], budgetUsd: 0.00001 });
    const control = await open();
    await pass(5_000);
    expect(failures).toMatchObject([
      { code: 'INFEASIBLE_BUDGET', facts: { smallestFeasible: expect.closeTo(0.0002, 6) } },
    ]);
    expect(await ask(control)).toBeUndefined();
    await expect(control.preview()).rejects.toMatchObject({ code: 'INFEASIBLE_BUDGET' });
    set({ budgetUsd: 0.001 });
    await pass(5_000);
    for (let i = 0; i < 300; i++) expect(await ask(control)).toBe('heavy');
    set({ budgetUsd: 0.00001 });
    await pass(10_000);
    expect(await ask(control)).toBe('heavy');
    expect((await control.status()).state.window?.id).toBe('w1');
  });

  it('starts one window for however far the clock jumps, and ends none early when it jumps back', async () => {
    let offsetMs = 0;
    const { open, pass, clock } = deploymentWorld();
    const jumping = { ...clock, wallMs: () => clock.wallMs() + offsetMs };
    const control = await open({ clock: jumping });
    await pass(10_000);
    offsetMs = 10 * DAY_MS;
    await pass(10_000);
    const id = async (): Promise<string | undefined> => (await control.status()).state.window?.id;
    expect(await id()).toBe('w2');
    offsetMs = -100 * DAY_MS;
    await pass(3_600_000, 600_000);
    expect(await id()).toBe('w2');
    await pass(DAY_MS, 3_600_000);
    expect(await id()).toBe('w3');
  });

  it('goes on with the same window, and with what was seen, in another process after a crash', async () => {
    const first = deploymentWorld();
    const control = await first.open();
    await first.pass(5_000);
    for (let i = 0; i < 600; i++) await first.ask(control);
    await first.pass(5_000);
    const before = await control.status();
    // Its beats stop, as nobody moves the clock that it looks at.
    const dead = first.clock;
    const clock = createFakeClock({ wallMs: dead.wallMs() });
    const opening = first.open({ clock, owner: 'two' });
    for (let i = 0; i < 30; i++) {
      clock.advance(1000);
      await turn();
    }
    const second = await opening;
    expect(await first.ask(second)).toBeDefined();
    const after = await second.status();
    expect(after.controller).toBe('two');
    expect(after.state.window).toEqual(before.state.window);
    for (const [i, { requests, rewards, meanReward }] of before.models.entries()) {
      expect(after.models[i]!.requests).toBeCloseTo(requests, -1);
      expect(after.models[i]!.rewards).toBeCloseTo(rewards, 6);
      expect(after.models[i]!.meanReward).toBeCloseTo(meanReward!, 6);
    }
    // The one that was thought to be dead decides nothing any more once it finds out, and writes nothing.
    await first.pass(10_000);
    expect(await first.ask(control)).toBeUndefined();
    expect(first.failures).toMatchObject([{ code: 'LEASE_LOST' }]);
    expect((await second.status()).controller).toBe('two');
  });

  it('has one controller at a time', async () => {
    const { open, pass } = deploymentWorld();
    const control = await open();
    const refused = open({ owner: 'two' }).catch((error: unknown) => error);
    await pass(30_000, 1000);
    expect(await refused).toMatchObject({ code: 'LEASE_HELD', facts: { owner: 'one' } });
    await control.close();
    expect(await (await open({ owner: 'two' })).status()).toMatchObject({ controller: 'two' });
  });

  it('goes on without requests, and with many more than it expected', async () => {
    const { open, pass, ask } = deploymentWorld();
    const control = await open();
    await pass(3 * DAY_MS + 60_000, 3_600_000);
    expect((await control.status()).state.window?.id).toBe('w4');
    let spentUsd = 0;
    for (let i = 0; i < 2500; i++) {
      const model = (await ask(control))!;
      spentUsd += { light: 0.0001, heavy: 0.0002, cloud: 0.001 }[model]!;
      if (i % 100 === 0) await pass(1);
    }
    expect(spentUsd / 2500).toBeLessThan(0.0005 * 1.01);
    expect(spentUsd / 2500).toBeGreaterThan(0.0004);
  });

  it('leaves a model that was live and does not load in the next process, for one that does', async () => {
    const first = deploymentWorld({ models: [light, heavy], maxLive: 1 });
    const control = await first.open();
    await first.pass(5_000);
    const [live] = Object.keys((await control.status()).state.window!.live);
    await control.close();
    first.breaks.add(live!);
    const next = await first.open();
    await first.pass(15_000);
    const other = live === 'light' ? 'heavy' : 'light';
    expect(await stages(next)).toEqual({ [live!]: 'retired', [other]: 'live' });
    expect(await first.ask(next)).toBe(other);
  });

  it('lets go of a model that was live and is configured no more when the next process begins', async () => {
    const first = deploymentWorld({ models: [light, heavy] });
    const control = await first.open();
    await first.pass(5_000);
    await control.wish({ kind: 'roll-out', model: 'light', instead: 'heavy', unit: 'request' });
    await first.pass(5_000);
    await control.close();
    first.set({ models: [heavy] });
    const next = await first.open();
    await first.pass(15_000);
    expect(await stages(next)).toEqual({ light: 'retired', heavy: 'live' });
    expect((await next.status()).state.rollouts).toMatchObject([{ state: { kind: 'rolled-back', by: 'person' } }]);
    expect(await first.ask(next)).toBe('heavy');
    expect(first.failures).toEqual([]);
  });

  it('without anybody who says what answers are worth, goes by costs among the models that answer', async () => {
    const { open, pass, ask, truth } = deploymentWorld({ models: [light, heavy], auditShare: 0, auditor: undefined });
    truth['heavy'] = { right: 0.1, costUsd: 0.00001 };
    const control = await open();
    await pass(5_000);
    for (let i = 0; i < 500; i++) await ask(control);
    const { models } = await control.status();
    expect(models.map(({ meanReward }) => meanReward)).toEqual([1, 1]);
    const last = [];
    for (let i = 0; i < 300; i++) last.push(await ask(control));
    expect(last.filter((model) => model === 'heavy').length).toBeGreaterThan(250);
  });

  it('lets what a request says of its models have the word on its shares, and tells what came of it', async () => {
    const learnt: (readonly unknown[])[] = [];
    let isClosed = false;
    const { open, pass, ask } = deploymentWorld(
      { models: [light, heavy], budgetUsd: 0.001, auditShare: 1 },
      {
        openContext: async (modelOf) => ({
          look: async ({ requestId }) =>
            requestId === 'r1'
              ? undefined
              : (_program, live, shares) =>
                  live.forEach((arm, place) => (shares[place] = modelOf(arm) === 'heavy' ? 1 : 0)),
          learn: (...observation) => void learnt.push(observation),
          close: async () => void (isClosed = true),
        }),
      },
    );
    const control = await open();
    await pass(5_000);
    await ask(control);
    for (let i = 0; i < 20; i++) expect(await ask(control)).toBe('heavy');
    await pass(5_000);
    expect(learnt).toHaveLength(21);
    expect(learnt.at(-1)).toEqual(['r21', 'heavy', expect.any(Number), 0.0002, 1]);
    const [, , , , propensity] = learnt[0]!;
    expect(propensity).toBeGreaterThan(0);
    await control.close();
    expect(isClosed).toBe(true);
  });
});
