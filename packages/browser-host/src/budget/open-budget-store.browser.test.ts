import type { StorageError } from '@terrace/core';
import { NOTHING, type PeriodLimit } from '@terrace/core/budget';
import { describeBudgetStoreContract } from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openBrowserBudgetStore } from './open-budget-store.js';

const open = () => {
  const warnings: StorageError[] = [];
  const name = `terrace-test-${crypto.randomUUID()}`;
  const store = openBrowserBudgetStore({ name, clock: systemClock, onWarning: (warning) => warnings.push(warning) });
  return { store, warnings };
};

const MONTH: PeriodLimit = { budgetId: 'month/usd', fromWallMs: Date.UTC(2031, 4, 1), unit: 'usd', limit: 10 };

function refuse(): void {
  const opening = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('access to the Indexed Database API is denied in this context.', 'SecurityError');
  });
  onTestFinished(() => opening.mockRestore());
}

describeBudgetStoreContract('what a page that may store nothing has', async () => {
  refuse();
  return { store: open().store };
});

it('counts as long as the page lasts where nothing may be stored, and says so once', async () => {
  refuse();
  const { store, warnings } = open();
  const ask = { requestId: 'r1', atWallMs: MONTH.fromWallMs, amounts: { ...NOTHING, usd: 6 }, periods: [MONTH] };
  const both = await Promise.all(['a', 'b'].map((id) => store.reserve({ ...ask, id })));
  expect(both).toEqual([undefined, MONTH]);
  expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED', message: expect.stringContaining('other tabs') }]);
  await store.close();
});

it('rejects, and counts nothing in memory, where the database cannot be opened for another reason', async () => {
  const opening = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('the disk is broken', 'DataError');
  });
  onTestFinished(() => opening.mockRestore());
  const { store, warnings } = open();
  await expect(store.spending([MONTH])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(warnings).toEqual([]);
  await store.close();
});
