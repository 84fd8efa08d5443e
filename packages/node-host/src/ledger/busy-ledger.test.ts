import { StorageError, type LedgerEntry } from '@terrace/core';
import { createMemoryLedger } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { createBusyLedger } from './busy-ledger.js';

const entries = (count: number, from = 0): LedgerEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'load',
    record: {
      atWallMs: from + i,
      variantId: 'v',
      tier: 'nano',
      replaces: undefined,
      loadMs: 1,
      bytesRead: 1,
      peakMemoryBytes: 1,
      warmRunMs: 1,
    },
  }));
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

function setUp({ failing = false } = {}) {
  const here: number[] = [];
  const there: number[] = [];
  const trouble = { now: failing };
  let started = 0;
  let ended = 0;
  const ledger = createBusyLedger({
    here: {
      ...createMemoryLedger(),
      async append(added) {
        here.push(added.length);
      },
    },
    async start() {
      started++;
      return {
        async append(added) {
          if (trouble.now) throw new StorageError({ message: 'The disk is full.', hint: 'Make room.' });
          there.push(added.length);
        },
        close: async () => void ended++,
      };
    },
  });
  return { ledger, here, there, trouble, started: () => started, ended: () => ended };
}

it('writes a few entries where they are, and starts nothing for them', async () => {
  const { ledger, here, started } = setUp();
  for (let i = 0; i < 8; i++) await ledger.append(entries(64));
  await ledger.close();
  expect(here).toEqual(Array.from({ length: 8 }, () => 64));
  expect(started()).toBe(0);
});

it('goes on in one thread when there is much to write', async () => {
  const { ledger, here, there, started, ended } = setUp();
  for (let i = 0; i < 20; i++) {
    await ledger.append(entries(64));
    await settled();
  }
  expect(here).toHaveLength(9);
  expect(there).toHaveLength(11);
  await ledger.close();
  expect([started(), ended()]).toEqual([1, 1]);
});

it('writes here what the thread could not, and starts another one later', async () => {
  const { ledger, here, there, trouble, started, ended } = setUp();
  for (let i = 0; i < 10; i++) {
    await ledger.append(entries(64));
    await settled();
  }
  trouble.now = true;
  await ledger.append(entries(7));
  expect(here.at(-1)).toBe(7);
  expect(ended()).toBe(1);
  trouble.now = false;
  for (let i = 0; i < 10; i++) {
    await ledger.append(entries(64));
    await settled();
  }
  expect(started()).toBe(2);
  expect(there.at(-1)).toBe(64);
  await ledger.close();
});

it('ends a thread that starts while the ledger is closed', async () => {
  const { ledger, started, ended } = setUp();
  const appending = Promise.all(Array.from({ length: 10 }, () => ledger.append(entries(64))));
  await Promise.all([appending, ledger.close()]);
  expect([started(), ended()]).toEqual([1, 1]);
});
