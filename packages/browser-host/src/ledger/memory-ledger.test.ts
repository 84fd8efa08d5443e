import { describeLedgerContract, feedbackEntry, outcomeEntry } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { createMemoryLedger } from './memory-ledger.js';

describeLedgerContract('the ledger of a page that may store nothing', async () => ({
  ledger: createMemoryLedger({ maxRecords: 20_000 }),
}));

it('does not grow for ever', async () => {
  const ledger = createMemoryLedger({ maxRecords: 10 });
  for (let i = 0; i < 35; i++) await ledger.append([outcomeEntry({ requestId: `r${i}` }), feedbackEntry()]);
  expect((await ledger.outcomes()).map(({ requestId }) => requestId)).toEqual(
    Array.from({ length: 10 }, (_, i) => `r${34 - i}`),
  );
  expect(await ledger.feedback()).toHaveLength(10);
});
