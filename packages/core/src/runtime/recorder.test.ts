import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { StorageError } from '../errors/storage-error.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import { createFakeClock, createMemoryLedger, runEntry } from '../testing/index.js';
import { createRecorder } from './recorder.js';

const full = new StorageError({ message: 'The disk is full.', hint: 'Free some space.' });
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));
const good = (requestId: string): LedgerEntry => runEntry({ requestId });
const bad = (requestId: string): LedgerEntry => runEntry({ requestId, latencyMs: Number.NaN });

function recording({ wallMs }: { wallMs?: number } = {}) {
  const memory = createMemoryLedger();
  const clock = createFakeClock(wallMs === undefined ? {} : { wallMs });
  const kept: string[] = [];
  const failures: unknown[] = [];
  const disk = { isFull: false, appends: 0 };
  const ledger: Ledger = {
    ...memory,
    async append(entries) {
      disk.appends += 1;
      if (disk.isFull) throw full;
      await memory.append(entries);
      kept.push(...entries.map(({ record }) => ('requestId' in record ? record.requestId : '')));
    },
  };
  const recorder = createRecorder({ ledger, clock, onFailure: (error) => failures.push(error) });
  return { recorder, clock, kept, failures, disk };
}

describe('a recorder whose ledger cannot be written', () => {
  it('asks it again with growing pauses, by the steady clock alone', async () => {
    const { recorder, clock, disk } = recording();
    disk.isFull = true;
    recorder.add(good('a'));
    const asked: number[] = [];
    for (let elapsedMs = 0; elapsedMs <= 120_000; elapsedMs += 100) {
      const before = disk.appends;
      clock.advance(100);
      await settled();
      if (disk.appends > before) asked.push(elapsedMs + 100);
    }
    const pauses = asked.map((atMs, index) => atMs - (asked[index - 1] ?? 0));
    expect(pauses.slice(0, 8)).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]);
    expect(pauses.slice(8).every((pauseMs) => pauseMs === 30_000)).toBe(true);
  });

  it('says so once an outage, and rejects every flush until it is durable again by itself', async () => {
    const { recorder, clock, kept, failures, disk } = recording();
    for (const outage of [1, 2]) {
      disk.isFull = true;
      recorder.add(good(`a${outage}`));
      clock.advance(200);
      await settled();
      await expect(recorder.flush()).rejects.toBe(full);
      recorder.add(good(`b${outage}`));
      clock.advance(1000);
      await settled();
      expect(failures).toHaveLength(outage);
      disk.isFull = false;
      clock.advance(30_000);
      await settled();
      await expect(recorder.flush()).resolves.toBeUndefined();
    }
    expect(kept).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('keeps the newest records in memory, and says once that older ones go', async () => {
    const { recorder, kept, failures, disk } = recording();
    disk.isFull = true;
    recorder.add(good('first'));
    await expect(recorder.flush()).rejects.toBe(full);
    for (let i = 0; i < 10_050; i++) recorder.add(good(`r${i}`));
    expect(failures).toMatchObject([{ code: 'STORAGE_FAILED', facts: { waiting: 10_000 } }]);
    disk.isFull = false;
    await expect(recorder.flush()).rejects.toMatchObject({ facts: { lost: 51 } });
    await expect(recorder.flush()).resolves.toBeUndefined();
    expect(kept).toHaveLength(10_000);
    expect(kept.at(-1)).toBe('r10049');
  });

  it('tells at its end what nobody was told before, and is quiet afterwards', async () => {
    const { recorder, clock, failures, disk } = recording();
    disk.isFull = true;
    recorder.add(good('a'));
    await recorder.close();
    expect(failures).toEqual([full]);
    await recorder.close();
    const { appends } = disk;
    clock.advance(1e9);
    await settled();
    expect({ appends: disk.appends, failures }).toEqual({ appends, failures: [full] });
  });
});

describe('a recorder with an entry that no ledger can keep', () => {
  it('keeps all others, in order, and reports that one', async () => {
    const { recorder, kept, failures } = recording();
    recorder.add(good('a'), bad('b'), good('c'), good('d'), bad('e'));
    await recorder.flush();
    expect(kept).toEqual(['a', 'c', 'd']);
    expect(failures).toMatchObject([{ facts: { fault: 'entry' } }, { facts: { fault: 'entry' } }]);
  });

  it('loses, repeats and reorders nothing, whatever is refused and however often the disk is full', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.array(fc.boolean(), { maxLength: 9 }) }),
      fc.record({ isFull: fc.boolean() }),
      fc.record({ advanceMs: fc.integer({ min: 1, max: 40_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { recorder, clock, kept, disk, failures } = recording();
        const expected: string[] = [];
        let refused = 0;
        for (const each of steps) {
          if ('add' in each) {
            for (const isGood of each.add) {
              const id = `r${expected.length}-${refused}`;
              recorder.add(isGood ? good(id) : bad(id));
              if (isGood) expected.push(id);
              else refused += 1;
            }
          } else if ('isFull' in each) disk.isFull = each.isFull;
          else {
            clock.advance(each.advanceMs);
            await settled();
          }
        }
        disk.isFull = false;
        await recorder.flush();
        expect(kept).toEqual(expected);
        expect(failures.filter((failure) => failure !== full)).toHaveLength(refused);
      }),
      { numRuns: 60 },
    );
  });
});

it.each([-6e13, 0, 9e15])('a recorder waits as long when the wall clock says %d', async (wallMs) => {
  const { recorder, clock, kept } = recording({ wallMs });
  recorder.add(good('a'));
  clock.advance(199);
  await settled();
  expect(kept).toEqual([]);
  clock.advance(1);
  await settled();
  expect(kept).toEqual(['a']);
});
