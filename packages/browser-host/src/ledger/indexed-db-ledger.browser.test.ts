import { describeLedgerContract, feedbackEntry, loadEntry, outcomeEntry, runEntry } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { IndexedDbLedger, type IndexedDbLedgerOptions } from './indexed-db-ledger.js';

const loadReader = () => import('./ledger-reader.js');

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;

function open(options: Partial<IndexedDbLedgerOptions> = {}): IndexedDbLedger {
  const ledger = new IndexedDbLedger({
    loadReader,
    name: newName(),
    clock: systemClock,
    onWarning: (warning) => expect.unreachable(warning.message),
    ...options,
  });
  onTestFinished(() => ledger.close());
  return ledger;
}

describeLedgerContract('the IndexedDB ledger', async () => {
  const name = newName();
  const reopen = async () => new IndexedDbLedger({ name, clock: systemClock, onWarning: () => undefined, loadReader });
  return { ledger: await reopen(), reopen };
});

const idsOf = async (ledger: IndexedDbLedger): Promise<string[]> =>
  (await ledger.outcomes({ limit: Infinity })).map(({ requestId }) => requestId);

describe('the IndexedDB ledger', () => {
  it('takes the appends of several tabs at the same time, each whole', async () => {
    const name = newName();
    const tabs = [open({ name }), open({ name }), open({ name })];
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    await Promise.all(
      numbers.flatMap((i) =>
        tabs.map((tab, which) =>
          tab.append([outcomeEntry({ requestId: `${which} ${i}` }), runEntry({ variantId: 'v' })]),
        ),
      ),
    );
    const ids = await idsOf(open({ name }));
    expect(new Set(ids).size).toBe(90);
    for (const which of [0, 1, 2]) {
      const own = ids.filter((id) => id.startsWith(`${which} `));
      expect(own).toEqual(numbers.map((i) => `${which} ${i}`).toReversed());
    }
    expect(await tabs[0]!.statistics()).toMatchObject([{ variantId: 'v', runs: 90 }]);
  });

  it('keeps the newest outcomes and feedback and lets the oldest go', async () => {
    const ledger = open({ maxRecords: 500 });
    for (let i = 0; i < 40; i++) {
      const ids = Array.from({ length: 50 }, (_, j) => `r${i * 50 + j}`);
      await ledger.append(ids.flatMap((requestId) => [outcomeEntry({ requestId }), feedbackEntry({ requestId })]));
    }
    const ids = await idsOf(ledger);
    expect(ids).toEqual(Array.from({ length: 500 }, (_, i) => `r${1999 - i}`));
    expect(await ledger.feedback({ limit: Infinity })).toHaveLength(500);
    let reviewed = 0;
    for await (const page of ledger.review()) reviewed += page.filter(({ feedback }) => feedback).length;
    expect(reviewed).toBe(500);
  });

  it('keeps a large append whole, however few records it keeps', async () => {
    const ledger = open({ maxRecords: 10 });
    await ledger.append(Array.from({ length: 250 }, (_, i) => outcomeEntry({ requestId: `r${i}` })));
    const ids = await idsOf(ledger);
    expect(ids.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `r${249 - i}`));
    await ledger.append([outcomeEntry({ requestId: 'next' })]);
    expect((await idsOf(ledger)).length).toBeLessThanOrEqual(10 + 100);
  });

  it('forgets the variant that was not seen for longest when there are too many', async () => {
    const ledger = open();
    await ledger.append(
      Array.from({ length: 256 }, (_, i) => loadEntry({ variantId: `v${i}`, atWallMs: 1000 + ((i + 100) % 256) })),
    );
    await ledger.append([
      runEntry({ variantId: 'new', atWallMs: 5000 }),
      runEntry({ variantId: 'v3', atWallMs: 5000 }),
    ]);
    const ids = (await ledger.statistics()).map(({ variantId }) => variantId);
    expect(ids).toHaveLength(256);
    expect(ids).toContain('new');
    // The one with the oldest time.
    expect(ids).not.toContain('v156');
  });

  it('refuses what is no data, and keeps nothing of it', async () => {
    const ledger = open();
    const odd = { ...outcomeEntry().record, reason: () => 'code' } as unknown as ReturnType<
      typeof outcomeEntry
    >['record'];
    await expect(ledger.append([outcomeEntry(), { kind: 'outcome', record: odd }])).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      facts: { fault: 'entry' },
    });
    expect(await idsOf(ledger)).toEqual([]);
  });

  it('opens no database before it is used, nor after it is closed', async () => {
    const name = newName();
    const ledger = open({ name });
    await ledger.close();
    await expect(ledger.append([outcomeEntry()])).rejects.toMatchObject({ facts: { reason: 'CLOSED' } });
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name);
  });
});
