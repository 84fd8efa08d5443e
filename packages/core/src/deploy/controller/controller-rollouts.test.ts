import { describe, expect, it } from 'vitest';
import { DEFAULT_GUARD } from '../rollout/start-rollout.js';
import { deploymentWorld, heavy, ladder, light, stages } from '../../testing/deployment-world.js';

describe('a deployment whose models somebody steers', () => {
  it('takes wishes over: the next window, a model that retires, a rollout that goes its way', async () => {
    const { open, pass, ask, truth, failures } = deploymentWorld({
      models: [light, heavy],
      budgetUsd: 0.001,
      auditShare: 1,
    });
    const control = await open();
    await pass(5_000);
    await control.wish({ kind: 'next-window' });
    await pass(1);
    expect((await control.status()).state.window?.id).toBe('w2');
    truth['heavy'] = { right: 0.8, costUsd: 0.0001 };
    await control.wish({ kind: 'roll-out', model: 'heavy', instead: 'light', unit: 'request' });
    await pass(1);
    expect((await control.status()).state.rollouts).toMatchObject([
      { id: 'heavy-1', step: 0, state: { kind: 'running' } },
    ]);
    const counts: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const model = (await ask(control))!;
      counts[model] = (counts[model] ?? 0) + 1;
    }
    expect(counts['light']! / 400).toBeGreaterThan(0.95);
    await control.wish({ kind: 'roll-back', rollout: 'heavy-1' });
    await control.wish({ kind: 'pause', rollout: 'nobody' });
    await pass(10_000);
    expect(await stages(control)).toEqual({ light: 'live', heavy: 'retired' });
    expect(failures).toMatchObject([{ code: 'UNKNOWN_DEPLOYMENT' }]);
    await control.wish({ kind: 'retire', model: 'light' });
    await pass(5_000);
    // The last one stays until another can answer.
    expect(await stages(control)).toMatchObject({ light: 'live' });
  });

  it('waits a moment for the model of a rollout that was only just added, and no longer', async () => {
    const { open, pass, set, failures } = deploymentWorld({ models: [light], budgetUsd: 0.001, canary: true });
    const control = await open();
    await pass(5_000);
    await control.wish({ kind: 'roll-out', model: 'heavy', instead: 'light', unit: 'request' });
    await pass(1);
    set({ models: [light, heavy] });
    await pass(5_000);
    expect((await control.status()).state).toMatchObject({
      rollouts: [{ id: 'heavy-1', state: { kind: 'running' } }],
      wishes: [],
    });
    expect(failures).toEqual([]);
    await control.wish({ kind: 'roll-out', model: 'nobody', instead: 'light', unit: 'request' });
    await pass(10_000);
    expect((await control.status()).state.wishes).toEqual([]);
    expect(failures).toMatchObject([{ code: 'UNKNOWN_DEPLOYMENT' }]);
  });

  it('lets a new model in by a canary, and takes it back by itself when it is worse', async () => {
    const { open, pass, ask, set, truth } = deploymentWorld({
      models: [light],
      budgetUsd: 0.001,
      auditShare: 1,
      canary: true,
    });
    const control = await open();
    await pass(5_000);
    truth['worse'] = { right: 0.2, costUsd: 0.0001 };
    set({ models: [light, ladder('worse', ['nano', 'small'])] });
    await pass(10_000);
    expect((await control.status()).state.rollouts).toMatchObject([{ model: 'worse', instead: 'light', step: 0 }]);
    let asked = 0;
    while ((await stages(control))['worse'] === 'live' && asked < 20_000) {
      for (let i = 0; i < 500; i++) await ask(control);
      asked += 500;
      await pass(5_000);
    }
    await pass(5_000);
    const { state } = await control.status();
    expect(state.rollouts[0]!.state).toMatchObject({ kind: 'rolled-back', by: 'reward' });
    expect(state.models[1]).toMatchObject({ stage: 'retired', reason: 'rolled-back' });
    expect(await ask(control)).toBe('light');
  });

  it('keeps everything of a key on one side of a rollout whose unit is the key', async () => {
    const { open, pass, ask } = deploymentWorld({ models: [light, heavy], budgetUsd: 0.001 });
    const control = await open();
    await pass(5_000);
    await control.wish({ kind: 'roll-out', model: 'heavy', instead: 'light', unit: 'key' });
    await pass(1);
    const sides = new Set<string>();
    for (let key = 0; key < 300; key++) {
      const models = new Set<string | undefined>();
      for (let i = 0; i < 3; i++) models.add(await ask(control, { key: `key ${key}` }));
      expect(models.size).toBe(1);
      sides.add([...models][0]!);
    }
    expect(sides).toEqual(new Set(['light', 'heavy']));
  });

  it('asks both sides of a rollout the same, though a third model would be given the easy requests', async () => {
    const third = ladder('third', ['nano', 'large']);
    const { open, pass, ask, truth } = deploymentWorld(
      { models: [light, heavy, third], budgetUsd: 0.001 },
      {
        openContext: async (modelOf) => ({
          // Within the bounds: what is held stays, and all the rest goes to one model.
          look: async () => (program, live, shares) => {
            shares.set(program.least);
            const place = live.findIndex((arm) => modelOf(arm) === 'third');
            shares[place]! += 1 - program.least.reduce((sum, share) => sum + share, 0);
          },
          learn: () => undefined,
          close: async () => undefined,
        }),
      },
    );
    truth['third'] = { right: 0.1, costUsd: 0.0001 };
    truth['light'] = { right: 0.9, costUsd: 0.0001 };
    const control = await open();
    await pass(5_000);
    for (let i = 0; i < 1_000; i++) await ask(control);
    const counts = async (): Promise<Record<string, number>> => {
      const found: Record<string, number> = { light: 0, heavy: 0, third: 0 };
      for (let i = 0; i < 300; i++) found[(await ask(control))!]!++;
      return found;
    };
    expect((await counts())['third']).toBeGreaterThan(250);
    await control.wish({ kind: 'roll-out', model: 'heavy', instead: 'light', unit: 'request' });
    await pass(1);
    expect((await counts())['light']).toBeGreaterThan(250);
  });

  it('takes no model back for what it costs that enters by itself: a window pays for what is worth it', async () => {
    const { open, pass, set, truth } = deploymentWorld({
      models: [light],
      budgetUsd: 0.001,
      auditShare: 1,
      canary: true,
    });
    const control = await open();
    await pass(5_000);
    truth['heavy'] = { right: 0.9, costUsd: 0.0005 };
    set({ models: [light, heavy] });
    await pass(10_000);
    const [rollout] = (await control.status()).state.rollouts;
    expect(rollout!.evidence.map(({ metric }) => metric)).toEqual(['reward', 'error']);
  });

  it('is done with a rollout whose next share the budget never pays for, and goes on planning windows', async () => {
    const { open, pass, ask, truth } = deploymentWorld({
      models: [light, { ...heavy, expectedCostUsd: 0.001 }],
      budgetUsd: 0.0003,
      auditShare: 1,
    });
    truth['heavy'] = { right: 0.95, costUsd: 0.001 };
    const control = await open();
    await pass(5_000);
    const pace = { outcomes: [20, 20, 20], labelled: true, patienceMs: 1_000 };
    const guard = { ...DEFAULT_GUARD, costMargin: undefined };
    await control.wish({ kind: 'roll-out', model: 'heavy', instead: 'light', unit: 'request', guard, pace });
    await pass(5_000);
    const kind = async (): Promise<string> => (await control.status()).state.rollouts[0]!.state.kind;
    for (let asked = 0; (await kind()) === 'running' && asked < 20_000; asked += 500) {
      for (let i = 0; i < 500; i++) await ask(control);
      await pass(5_000);
    }
    const { state } = await control.status();
    expect(state.rollouts[0]).toMatchObject({ step: 2, state: { kind: 'done' } });
    await control.wish({ kind: 'next-window' });
    await pass(1);
    const { window } = (await control.status()).state;
    expect(Number(window!.id.slice(1))).toBeGreaterThan(Number(state.window!.id.slice(1)));
    expect(window!.live['heavy']).toBeLessThan(0.5);
  });
});
