import { InvalidRequestError } from '@terrace/core';
import { UnknownDeploymentError, type PilotPlan } from '@terrace/core/deploy';
import {
  createFakeClock,
  createMemoryDeploymentStore,
  createMemoryLedger,
  exampleDeploymentState,
  newDeploymentMemory,
  outcomeEntry,
} from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { beginPilot, endPilot, readPilotPlan } from './pilot-under-way.js';

const plan: PilotPlan = {
  name: 'autumn',
  domain: undefined,
  kpis: [{ metric: 'accuracy', goal: { kind: 'absolute', value: 0.9 } }],
  baseline: { kind: 'figures', figures: {} },
  fromWallMs: 1_000,
  toWallMs: 2_000,
  leastRequests: 200,
};

function deployment() {
  const clock = createFakeClock();
  const memory = newDeploymentMemory();
  const open = () => createMemoryDeploymentStore({ clock, memory });
  const ledger = createMemoryLedger();
  const store = open();
  return {
    store,
    open,
    ledger,
    memory,
    begin: (changes: Partial<PilotPlan> = {}) =>
      beginPilot({ plan: { ...plan, ...changes }, store, ledger, owner: 'test' }),
  };
}

describe('a pilot', () => {
  it('begins and ends without a deployment', async () => {
    const { store, begin } = deployment();
    expect(await begin()).toBe('now');
    expect(await readPilotPlan(store)).toMatchObject({ name: 'autumn' });
    expect(await endPilot(store, 'test')).toBe('now');
    await expect(readPilotPlan(store)).rejects.toThrow(UnknownDeploymentError);
  });

  it('leaves the rest of a deployment as it is, and the lease free', async () => {
    const { store, begin, memory } = deployment();
    memory.state = JSON.stringify(exampleDeploymentState());
    await begin();
    await endPilot(store, 'test');
    expect(await store.read()).toEqual(JSON.parse(JSON.stringify(exampleDeploymentState())));
    expect(await store.holder()).toBeUndefined();
  });

  it('is refused while another one is under way', async () => {
    const { begin } = deployment();
    await begin();
    await expect(begin({ name: 'winter' })).rejects.toThrow('autumn is under way');
  });

  it('is refused where another one has begun while it was looked over', async () => {
    const { begin, store, ledger } = deployment();
    await ledger.append([outcomeEntry({ atWallMs: 500 })]);
    const baseline = { kind: 'period', fromWallMs: 100, toWallMs: 1_000 } as const;
    const slow = {
      async *review(query: Parameters<typeof ledger.review>[0]) {
        await begin();
        yield* ledger.review(query);
      },
    };
    const late = { ...plan, name: 'winter', baseline };
    await expect(beginPilot({ plan: late, store, ledger: slow, owner: 'test' })).rejects.toThrow('autumn is under way');
    expect(await readPilotPlan(store)).toMatchObject({ name: 'autumn' });
  });

  it('is compared with requests there were', async () => {
    const { begin, ledger } = deployment();
    const baseline = { kind: 'period', fromWallMs: 100, toWallMs: 1_000 } as const;
    await ledger.append([outcomeEntry({ atWallMs: 50 }), outcomeEntry({ atWallMs: 1_500 })]);
    await expect(begin({ baseline })).rejects.toThrow(InvalidRequestError);
    await ledger.append([outcomeEntry({ atWallMs: 500 })]);
    await expect(begin({ baseline, domain: 'another' })).rejects.toThrow(InvalidRequestError);
    expect(await begin({ baseline })).toBe('now');
  });

  it('has a control group only of a model that there is', async () => {
    const { begin, memory } = deployment();
    const control = (model: string) => begin({ baseline: { kind: 'control', model, share: 0.1 } });
    await expect(control('light')).rejects.toThrow(UnknownDeploymentError);
    memory.state = JSON.stringify(exampleDeploymentState());
    await expect(control('heavy')).rejects.toThrow(UnknownDeploymentError);
    expect(await control('light')).toBe('now');
  });

  it('is left to whoever holds the deployment', async () => {
    const clock = createFakeClock();
    const memory = newDeploymentMemory();
    const [server, command] = [1, 2].map(() => createMemoryDeploymentStore({ clock, memory }));
    const lease = await server!.hold('a server');
    const asked = beginPilot({ plan, store: command!, ledger: createMemoryLedger(), owner: 'test' });
    // Whoever asks watches for a sign of life.
    while (memory.wishes.length === 0) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
    expect(await asked).toBe('soon');
    expect(memory.wishes).toEqual([{ kind: 'pilot', plan }]);
    await lease.release();
  });

  it('that makes no sense is not begun', async () => {
    const { begin, store } = deployment();
    await expect(begin({ toWallMs: 500 })).rejects.toThrow(InvalidRequestError);
    expect(await store.read()).toBeUndefined();
  });
});
