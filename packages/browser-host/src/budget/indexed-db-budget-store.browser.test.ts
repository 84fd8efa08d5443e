import { NOTHING, type PeriodLimit, type ReservationAsk } from '@terrace/core/budget';
import { describeBudgetStoreContract } from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { IndexedDbBudgetStore } from './indexed-db-budget-store.js';

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;

const open = (name = newName()): IndexedDbBudgetStore =>
  new IndexedDbBudgetStore({ name, clock: systemClock, onWarning: ({ message }) => expect.unreachable(message) });

const MONTH: PeriodLimit = { budgetId: 'month/usd', fromWallMs: Date.UTC(2031, 4, 1), unit: 'usd', limit: 1000 };
const asking = (id: string, usd: number): ReservationAsk => {
  const amounts = { ...NOTHING, usd };
  return { id, requestId: 'r1', atWallMs: MONTH.fromWallMs + 1, amounts, periods: [MONTH] };
};

describeBudgetStoreContract('IndexedDB', async () => {
  const name = newName();
  return { store: open(name), reopen: async () => open(name) };
});

it('keeps what a worker has reserved that is killed', async () => {
  const name = newName();
  const store = open(name);
  onTestFinished(() => store.close());
  const told: string[] = [];
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(new URL('./testing/reserving-worker.ts', import.meta.url), { type: 'module' });
    onTestFinished(() => worker.terminate());
    const before = told.length;
    worker.addEventListener('message', ({ data }: MessageEvent<string>) => told.push(data));
    worker.postMessage({ name, ask: asking(`tab ${i}`, 0.5) });
    await vi.waitUntil(() => told.length > before, { timeout: 15_000, interval: 2 });
    worker.terminate();
  }
  const [{ reserved } = { reserved: 0 }] = await store.spending([MONTH]);
  expect(reserved).toBeGreaterThanOrEqual(told.length / 2);
  expect(await store.reserve(asking('rest', MONTH.limit - reserved + 0.25))).toMatchObject({ budgetId: 'month/usd' });
  // What a tab that is gone held can still be settled by its name.
  await store.settle(told[0]!, { ...NOTHING, usd: 0.25 });
  expect(await store.spending([MONTH])).toMatchObject([{ spent: 0.25, reserved: reserved - 0.5 }]);
});
