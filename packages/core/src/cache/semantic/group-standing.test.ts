import { describe, expect, it } from 'vitest';
import type { ComparedRow } from '../../ports/response-cache.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createMemoryResponseCache } from '../memory-response-cache.js';
import { groupOf } from './group.js';
import { GroupStanding, readStanding } from './group-standing.js';
import { keepNote, NEW_NOTE, readNote } from './standing-note.js';

const GROUP = groupOf({ task: 'text-classification', domain: undefined, encoder: 'e1' });
const AT = 10;
const WITHDRAWN = { reason: 'audits', atWallMs: 20, audits: 40, wrongAudits: 20 } as const;

const row = (given: Partial<ComparedRow>): ComparedRow => ({
  group: GROUP,
  score: 1,
  right: true,
  probability: 1,
  kind: 'pair',
  atWallMs: AT,
  ...given,
});

const audit = (right: boolean): ComparedRow => row({ kind: 'audit', probability: 0.5, right, atWallMs: 20 });

/** Certified by 300 rows among so many entries. */
async function certified({ entries = 150 } = {}) {
  const store = createMemoryResponseCache();
  const clock = createFakeClock({ wallMs: 20 });
  await store.compare(Array.from({ length: 300 }, (_, i) => row({ score: i / 300 })));
  await keepNote(store, GROUP, {
    ...NEW_NOTE,
    sinceWallMs: AT,
    certified: { rows: 300, delta: 0.05, maxWrongHitRate: 0.05, atWallMs: AT, entries },
  });
  const open = async (ports: { readonly store: typeof store } = { store }) => {
    const standing = new GroupStanding(GROUP, { ...ports, clock, maxWrongHitRate: 0.05 });
    await standing.load();
    return standing;
  };
  const noted = () => readNote(store, GROUP, clock.wallMs());
  return { store, clock, open, noted };
}

describe('the standing of a group', () => {
  it('makes no second certificate of rows whose first one audits broke', async () => {
    const { store, open, noted } = await certified();
    await store.compare(Array.from({ length: 40 }, (_, i) => audit(i % 2 === 0)));
    // The process that saw it ended before it noted that.
    const standing = await open();
    expect(standing.standing()).toMatchObject({ state: 'withdrawn', rows: 0 });
    expect(await noted()).toMatchObject({ ended: WITHDRAWN, sinceWallMs: 21 });
    await standing.compare(row({ kind: 'shadow', atWallMs: 30 }));
    expect(standing.certificate).toBeUndefined();
  });

  it('begins anew once where its note cannot be read, and is certified by what is compared from then on', async () => {
    const { store, clock, open } = await certified();
    await store.keepNote(`semantic:${GROUP}`, '{"version":1,"withdrawn":false}');
    const standing = await open();
    expect(standing.standing()).toMatchObject({ state: 'shadow', rows: 0 });
    for (let i = 0; i < 300; i++) {
      clock.advance(60_000);
      await standing.refresh();
      await standing.compare(row({ kind: 'shadow', atWallMs: clock.wallMs() }));
    }
    expect(standing.standing()).toMatchObject({ state: 'certified' });
  });

  it('stays withdrawn where the rows were being read when it was', async () => {
    const { store, open, noted } = await certified();
    let release = (): void => undefined;
    let isHeld = false;
    const standing = await open({
      store: {
        ...store,
        compared: async (...given) => {
          const rows = await store.compared(...given);
          if (isHeld) await new Promise<void>((resolve) => (release = resolve));
          return rows;
        },
      },
    });
    isHeld = true;
    const reading = standing.load();
    await new Promise((resolve) => setImmediate(resolve));
    isHeld = false;
    const withdrawing = Promise.all(Array.from({ length: 10 }, () => standing.compare(audit(false))));
    expect(standing.isWithdrawn).toBe(true);
    release();
    await reading;
    expect(standing.isWithdrawn).toBe(true);
    await withdrawing;
    expect(await noted()).toMatchObject({ ended: { reason: 'audits' } });
  });

  it('has written down what was compared when it is gone without a word, as pages and kiosks go', async () => {
    const { store, open } = await certified();
    const standing = await open();
    for (let i = 0; i < 3; i++) await standing.compare(audit(i > 0));
    const rows = await store.compared(GROUP, 3);
    expect(rows.map(({ kind, right }) => [kind, right])).toEqual([
      ['audit', true],
      ['audit', true],
      ['audit', false],
    ]);
    expect((await open()).standing()).toMatchObject({ audits: 3, wrongAudits: 1 });
  });

  it('is not broken by audits of hits that it would not give, as a process with a looser bound has them', async () => {
    const { store, open } = await certified();
    await store.compare(Array.from({ length: 40 }, () => ({ ...audit(false), score: -1 })));
    expect((await open()).standing()).toMatchObject({ state: 'certified', audits: 0 });
    await store.compare(Array.from({ length: 40 }, () => audit(false)));
    expect((await open()).standing()).toMatchObject({ state: 'withdrawn', audits: 40 });
  });

  it('does not write over what another process withdrew', async () => {
    const { store, open, noted } = await certified();
    const standing = await open();
    await keepNote(store, GROUP, { ...NEW_NOTE, ended: WITHDRAWN, sinceWallMs: 15 });
    for (let i = 0; i < 150; i++) await standing.compare(audit(true));
    await standing.grown(301, () => 301);
    expect(await noted()).toMatchObject({ ended: WITHDRAWN });
    expect(standing.isWithdrawn).toBe(true);
  });

  it('is of scopes that are half as large as the one it was certified among, or larger', async () => {
    const standing = await (await certified({ entries: 300 })).open();
    expect([0, 149, 150, 5_000].map((entries) => standing.isLargeEnough(entries))).toEqual([false, false, true, true]);
  });

  it('is told by its own bound, and is what it was afterwards', async () => {
    const { store, clock, noted } = await certified();
    const told = {
      state: 'certified',
      maxWrongHitRate: 0.05,
      entriesNeeded: 75,
      rowsNeeded: undefined,
      ended: undefined,
    };
    expect(await readStanding(GROUP, { store, clock })).toMatchObject(told);
    await store.compare(Array.from({ length: 40 }, (_, i) => audit(i % 2 === 0)));
    const before = await noted();
    expect(await readStanding(GROUP, { store, clock })).toMatchObject({ state: 'withdrawn', ended: WITHDRAWN });
    expect(await noted()).toEqual(before);
  });

  it('tells how much of a shadow is done, and what it begins anew for', async () => {
    const { store, clock, open } = await certified();
    const standing = await open();
    await standing.grown(301, () => 301);
    await standing.compare(row({ kind: 'shadow', atWallMs: 30 }));
    await standing.save();
    expect(await readStanding(GROUP, { store, clock })).toMatchObject({
      state: 'shadow',
      rows: 1,
      rowsNeeded: 300,
      ended: { reason: 'grown', atWallMs: 20 },
    });
  });
});
