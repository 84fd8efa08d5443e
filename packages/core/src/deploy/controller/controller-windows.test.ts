import { describe, expect, it } from 'vitest';
import { DAY_MS, deploymentWorld, heavy, light } from '../../testing/deployment-world.js';

describe('a window of a deployment', () => {
  it('that is over waits for the models of the next one without looking for them all the time', async () => {
    const { open, pass, clock, hold, set } = deploymentWorld({ models: [light] });
    let sleeps = 0;
    const control = await open({
      clock: { ...clock, sleep: (ms, signal) => (sleeps++, clock.sleep(ms, signal)) },
    });
    await pass(10_000);
    hold(new Promise(() => undefined));
    await pass(DAY_MS - 60_000, 3_600_000);
    set({ models: [light, heavy] });
    await pass(120_000);
    expect((await control.status()).state.window?.id).toBe('w1');
    sleeps = 0;
    await pass(100, 1);
    expect(sleeps).toBeLessThan(5);
  });

  it('that cannot be planned anew, while more requests come than it was planned for, says so once', async () => {
    const { open, pass, ask, set, failures } = deploymentWorld({ models: [heavy], budgetUsd: 0.001 });
    const control = await open();
    await pass(5_000);
    set({ budgetUsd: 0.00001 });
    await pass(10_000);
    failures.length = 0;
    for (let i = 0; i < 1200; i++) await ask(control);
    await pass(60_000);
    expect(await ask(control)).toBe('heavy');
    expect(failures.length).toBeLessThan(2);
  });

  it('remembers in the next process how many requests it had and what it spent, and saves what is owed', async () => {
    const dear = { ...light, fixedCost: { onceUsd: 0.01, eachWindowUsd: 0.02 } };
    const first = deploymentWorld({ models: [dear], budgetUsd: 0.001 });
    const control = await first.open();
    await first.pass(5_000);
    for (let i = 0; i < 20; i++) await first.ask(control);
    expect(await control.status()).toMatchObject({ requests: 20, spentUsd: expect.closeTo(0.032, 9) });
    await control.close();
    const next = await first.open();
    expect(await next.status()).toMatchObject({ requests: 20, spentUsd: expect.closeTo(0.032, 9) });
    for (let i = 0; i < 5; i++) await first.ask(next);
    expect(await next.status()).toMatchObject({ requests: 25, spentUsd: expect.closeTo(0.0325, 9) });
  });

  it('counts on where more requests come than it was planned for', async () => {
    const { open, pass, ask } = deploymentWorld({ models: [light] });
    const control = await open();
    await pass(5_000);
    for (let i = 0; i < 2300; i++) {
      await ask(control);
      if (i % 100 === 0) await pass(1);
    }
    expect(await control.status()).toMatchObject({ requests: 2300, spentUsd: expect.closeTo(0.23, 9) });
  });

  it('ends early when what its models are worth has changed, but not again and again', async () => {
    const { open, pass, ask, truth } = deploymentWorld({
      models: [light, heavy],
      maxLive: 1,
      auditShare: 1,
      budgetUsd: 0.001,
    });
    truth['light'] = { right: 0.95, costUsd: 0.0001 };
    truth['heavy'] = { right: 0.5, costUsd: 0.0002 };
    const control = await open();
    await pass(5_000);
    const askAll = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await ask(control);
      await pass(5_000);
    };
    // Both have been tried, and the better one is live.
    for (let day = 0; day < 3; day++) {
      await askAll(200);
      await pass(DAY_MS, 3_600_000);
    }
    const before = (await control.status()).state.window!;
    expect(Object.keys(before.live)).toEqual(['light']);
    truth['light'] = { right: 0.05, costUsd: 0.0001 };
    await pass(2 * 3_600_000, 1_800_000);
    await askAll(100);
    await askAll(100);
    const after = (await control.status()).state.window!;
    expect(Object.keys(after.live)).toEqual(['heavy']);
    expect(after.fromWallMs).toBeLessThan(before.toWallMs);
    await askAll(300);
    expect((await control.status()).state.window!.id).toBe(after.id);
  });

  it('finds out anew what a model is worth of which people say other things than before', async () => {
    const { open, pass, ask, say } = deploymentWorld({ models: [light], auditShare: 1 });
    const control = await open();
    await pass(5_000);
    const askAll = async (right: boolean): Promise<number> => {
      for (let i = 0; i < 200; i++) {
        await ask(control);
        await say(right);
      }
      await pass(5_000);
      const [model] = (await control.status()).models;
      return model!.rewards;
    };
    expect(await askAll(true)).toBeCloseTo(200, 6);
    expect(await askAll(false)).toBeLessThan(1);
    const more = await askAll(false);
    expect(more).toBeGreaterThan(150);
    expect(more).toBeLessThan(201);
  });

  it('has its answers audited only as far away as their texts may go', async () => {
    const residencies: string[] = [];
    const { open, pass, ask } = deploymentWorld(
      { models: [light], auditShare: 1 },
      {
        auditor: async ({ text, residency }) => {
          residencies.push(residency);
          return { label: text, costUsd: 0, runMs: 0 };
        },
      },
    );
    const control = await open();
    await pass(5_000);
    await ask(control, { residency: 'device' });
    await ask(control);
    expect(residencies).toEqual(['device', 'cloud']);
  });
});
