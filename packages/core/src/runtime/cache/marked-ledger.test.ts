import { expect, it } from 'vitest';
import type { CacheRecord } from '../../ports/ledger.js';
import { outcomeEntry } from '../../testing/ledger-contract.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { createMarkedLedger } from './marked-ledger.js';

const AUDIT: CacheRecord = { kind: 'audit', savedUsd: 0, savedTokens: 0, savedMs: 0, right: true, probability: 0.02 };

it('an outcome says what the cache had to say on it, wherever it is written down', async () => {
  const kept = createMemoryLedger();
  const ledger = createMarkedLedger(kept);
  ledger.mark('audited', AUDIT);
  await ledger.append([outcomeEntry({ requestId: 'other' }), outcomeEntry({ requestId: 'audited' })]);
  expect((await kept.outcome('audited'))?.cache).toEqual(AUDIT);
  expect((await ledger.outcome('other'))?.cache).toBeUndefined();
  await ledger.append([outcomeEntry({ requestId: 'audited' })]);
  expect((await kept.outcome('audited'))?.cache).toBeUndefined();
});

it('what is written down in a second try says it too', async () => {
  const kept = createMemoryLedger();
  let isBroken = true;
  const append: typeof kept.append = async (entries) => {
    if (isBroken) throw new Error('no such disk');
    await kept.append(entries);
  };
  const ledger = createMarkedLedger({ ...kept, append });
  ledger.mark('audited', AUDIT);
  const entries = [outcomeEntry({ requestId: 'audited' })];
  await expect(ledger.append(entries)).rejects.toThrow('no such disk');
  isBroken = false;
  await ledger.append(entries);
  expect((await kept.outcome('audited'))?.cache).toEqual(AUDIT);
});
