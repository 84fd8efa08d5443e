import { deleteDB } from 'idb';
import { entries, set } from 'idb-keyval';
import { wrap, type Remote } from 'comlink';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKeyValueStore } from '../records/key-value-store.js';
import { systemClock } from '../system-clock.js';
import type { Mark } from './mark.js';
import type { SentinelSettings, SentinelWorker } from './testing/sentinel-worker.js';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 0, 1, 12);
const BASE: Mark = { variantId: 'b'.repeat(64), modelId: 'base', provider: 'wasm', phase: 'run', bytes: 19_000_000 };
const NANO: Mark = { variantId: 'a'.repeat(64), modelId: 'nano', provider: 'wasm', phase: 'run', bytes: 5_000_000 };

/** Workers whose sentinels are closed: to start another takes longer than most tests. */
const idle: Worker[] = [];

/** What is stored under a name of its own, and pages that come and go. */
function device() {
  const name = `terrace-test-${crypto.randomUUID()}`;
  const workers = new Set<Worker>();
  onTestFinished(async () => {
    for (const worker of workers) worker.terminate();
    await deleteDB(name);
    await wipe(name);
  });
  const visit = async (
    settings: Partial<SentinelSettings> = {},
  ): Promise<{ sentinel: Remote<SentinelWorker>; die: () => Promise<void>; close: () => Promise<void> }> => {
    const worker =
      idle.pop() ?? new Worker(new URL('./testing/sentinel-worker.ts', import.meta.url), { type: 'module' });
    workers.add(worker);
    const sentinel = wrap<SentinelWorker>(worker);
    await sentinel.open({ name, owner: crypto.randomUUID(), wallMs: NOON, ...settings });
    const mine = await locked(name);
    const die = async (): Promise<void> => {
      worker.terminate();
      // The browser takes a moment to see it.
      await expect.poll(() => locked(name)).toBeLessThan(mine);
    };
    const close = async (): Promise<void> => {
      await sentinel.close();
      workers.delete(worker);
      idle.push(worker);
    };
    return { sentinel, die, close };
  };
  /** A page that dies of what it is at. */
  const crash = async (settings: Partial<SentinelSettings>, ...marks: Mark[]): Promise<void> => {
    const { sentinel, die } = await visit(settings);
    for (const mark of marks) await sentinel.begin(mark);
    await die();
  };
  /** What the next page finds. */
  const found = async (settings: Partial<SentinelSettings> = {}) => {
    const { sentinel, close } = await visit(settings);
    const crashes = await sentinel.crashes();
    await close();
    return crashes;
  };
  return { name, visit, crash, found, records: openKeyValueStore({ name, clock: systemClock }) };
}

const root = (): Promise<FileSystemDirectoryHandle> => navigator.storage.getDirectory();
const files = async (name: string): Promise<FileSystemDirectoryHandle[]> => {
  const all: FileSystemDirectoryHandle[] = [];
  for await (const file of (await (await root()).getDirectoryHandle(name)).values()) all.push(file as never);
  return all;
};
/** How many files of runtimes are in use: such a one cannot be written by others. */
async function locked(name: string): Promise<number> {
  const found = await files(name).catch(() => []);
  const free = await Promise.allSettled(
    found.map(async (file) => (await (file as unknown as FileSystemFileHandle).createWritable()).abort()),
  );
  return free.filter(({ status }) => status === 'rejected').length;
}
async function wipe(name: string): Promise<void> {
  const remove = async (): Promise<true> => {
    await (await root()).removeEntry(name, { recursive: true });
    return true;
  };
  await expect.poll(() => remove()).toBe(true);
}

describe('the sentinel', { timeout: 60_000 }, () => {
  it('FIELD-BUG 21: tells the next page what the last one died of, and no other one after its pause', async () => {
    const { crash, found } = device();
    await crash({}, BASE);
    const { bytes: _, ...named } = BASE;
    const expected = [{ ...named, timesInARow: 1, atWallMs: NOON, untilWallMs: NOON + MINUTE }];
    expect(await found()).toEqual(expected);
    expect(await found({ wallMs: NOON + MINUTE - 1 })).toEqual(expected);
    expect(await found({ wallMs: NOON + MINUTE })).toEqual([]);
  });

  it('lets nobody load it meanwhile, and says when it is tried again', async () => {
    const { crash, visit } = device();
    await crash({}, BASE);
    const { sentinel } = await visit();
    expect(await sentinel.refusal(BASE)).toEqual({
      code: 'ENGINE_FAILED',
      message: 'base is not loaded with wasm: the page has died of it.',
      hint: expect.stringContaining('2026-01-01T12:01:00.000Z'),
    });
    expect(await sentinel.refusal({ ...BASE, provider: 'webgpu' })).toBeUndefined();
    const later = await visit({ wallMs: NOON + MINUTE });
    expect(await later.sentinel.refusal(BASE)).toBeUndefined();
  });

  it('leaves out for longer what ends the page again and again, until it has run well', async () => {
    const { crash, found, visit } = device();
    await crash({}, BASE);
    await crash({}, BASE);
    await crash({ wallMs: NOON + 5 * MINUTE }, { ...BASE, phase: 'load' });
    const at = NOON + 9 * MINUTE;
    expect(await found({ wallMs: at })).toMatchObject([
      { phase: 'load', timesInARow: 3, atWallMs: at, untilWallMs: at + 4 * MINUTE },
    ]);
    const { sentinel, close } = await visit({ wallMs: at + 5 * MINUTE });
    await sentinel.proved(NANO);
    await sentinel.proved(BASE);
    await close();
    await crash({ wallMs: at + 6 * MINUTE }, BASE);
    expect(await found({ wallMs: at + 6 * MINUTE })).toMatchObject([{ timesInARow: 1 }]);
  });

  it('leaves nothing out that a page died over before anybody had asked for it, but does not load it ahead for a while', async () => {
    const { crash, found, visit } = device();
    const ahead: Mark = { ...NANO, phase: 'load', isAhead: true };
    await crash({}, ahead);
    const { sentinel, die } = await visit();
    expect(await sentinel.crashes()).toEqual([]);
    expect(await sentinel.refusal(NANO)).toBeUndefined();
    expect(await sentinel.mayLoadAhead(NANO)).toBe(false);
    expect(await sentinel.mayLoadAhead(BASE)).toBe(true);
    // It did die of it: who asks for it finds out, and that was the last time.
    await sentinel.begin({ ...NANO, phase: 'load' });
    await die();
    expect(await found()).toMatchObject([{ modelId: 'nano', timesInARow: 2, untilWallMs: NOON + 2 * MINUTE }]);
    const later = await visit({ wallMs: NOON + 2 * MINUTE });
    expect(await later.sentinel.mayLoadAhead(NANO)).toBe(true);
  });

  it('leaves out what pages die of again and again before anybody asks for it', async () => {
    const { crash, found, visit } = device();
    const ahead: Mark = { ...NANO, phase: 'load', isAhead: true };
    await crash({}, ahead);
    await crash({ wallMs: NOON + 2 * MINUTE }, ahead);
    const { sentinel, close } = await visit({ wallMs: NOON + 2 * MINUTE });
    expect(await sentinel.crashes()).toMatchObject([{ timesInARow: 2, untilWallMs: NOON + 4 * MINUTE }]);
    expect(await sentinel.refusal(NANO)).toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await sentinel.mayLoadAhead(NANO)).toBe(false);
    await sentinel.proved(NANO);
    await close();
    expect(await found({ wallMs: NOON + 2 * MINUTE })).toEqual([]);
  });

  it('counts nothing that was over, or that the user has left', async () => {
    const { crash, found, visit } = device();
    const over = await visit();
    await over.sentinel.begin(BASE);
    await over.sentinel.end();
    await over.die();
    expect(await found()).toEqual([]);
    await crash({ owner: 'left' }, BASE);
    expect(await found({ left: ['another', 'left'] })).toEqual([]);
    // Once it is settled it stays so.
    expect(await found()).toEqual([]);
    const closed = await visit();
    await closed.sentinel.begin(BASE);
    await closed.close();
    await closed.sentinel.begin({ ...BASE, phase: 'load' });
    expect(await found()).toEqual([]);
  });

  it('counts what was loaded rather than what ran, and one of them', async () => {
    const { crash, found } = device();
    await crash({}, NANO, BASE);
    expect(await found()).toMatchObject([{ modelId: 'base' }]);
    await crash({}, { ...NANO, phase: 'load' }, BASE);
    expect((await found()).map(({ modelId }) => modelId).toSorted()).toEqual(['base', 'nano']);
  });

  it('leaves pages alone that live, and counts each that died', async () => {
    const { name, crash, found, visit } = device();
    const living = await visit();
    await living.sentinel.begin(NANO);
    expect(await found()).toEqual([]);
    await Promise.all([crash({}, BASE), crash({}, { ...BASE, provider: 'webgpu' })]);
    expect((await found()).map(({ provider }) => provider).toSorted()).toEqual(['wasm', 'webgpu']);
    await living.die();
    expect(await found()).toHaveLength(3);
    // Files are used again.
    expect((await files(name)).length).toBeLessThanOrEqual(3);
  });

  it('takes rubbish for nothing', async () => {
    const { name, crash, found, records } = device();
    await crash({}, BASE);
    const [file] = await files(name);
    for (const rubbish of [
      '',
      'x',
      'x\n',
      'x\n{\n',
      'x\nnull',
      'x\n7',
      'x\n"text"',
      'x\n[7,null,{}]\n',
      '\0'.repeat(99),
    ]) {
      const writable = await (file as unknown as FileSystemFileHandle).createWritable();
      await writable.write(rubbish);
      await writable.close();
      expect(await found()).toEqual([]);
    }
    await crash({}, BASE);
    const [kept] = await found();
    const [[key]] = (await entries<string, unknown>(records)) as [[string, unknown]];
    const bad = [null, 7, {}, { ...kept, phase: 'walk' }, { ...kept, timesInARow: 0 }, { ...kept, untilWallMs: 1e300 }];
    for (const value of bad) {
      await set(key, value, records);
      expect(await found()).toEqual([]);
    }
    await set('another key', kept, records);
    expect(await found()).toEqual([]);
    expect(await entries(records)).toEqual([]);
  });

  it('goes by a clock that was ahead for no longer than a pause', async () => {
    const { crash, found } = device();
    const ahead = NOON + 10 * 365 * 24 * 60 * MINUTE;
    await crash({}, BASE);
    expect(await found({ wallMs: ahead })).toHaveLength(1);
    expect(await found({ wallMs: NOON })).toMatchObject([{ untilWallMs: NOON + MINUTE }]);
    expect(await found({ wallMs: NOON + MINUTE })).toEqual([]);
  });

  it('leaves everything out for a minute that died, where its rules cannot be loaded', async () => {
    const { crash, found } = device();
    await crash({}, BASE);
    const lacksRules = true;
    expect(await found({ lacksRules })).toMatchObject([{ modelId: 'base', untilWallMs: NOON + MINUTE }]);
  });

  it('watches on where its rules cannot be loaded and half a mark is all that is left', async () => {
    const { name, crash, found, visit } = device();
    await crash({}, BASE);
    const [file] = await files(name);
    const writable = await (file as unknown as FileSystemFileHandle).createWritable();
    await writable.write('x\n[{"variantId"');
    await writable.close();
    const { sentinel, die } = await visit({ lacksRules: true });
    expect(await sentinel.crashes()).toEqual([]);
    await sentinel.begin(BASE);
    await die();
    expect(await found()).toMatchObject([{ modelId: 'base' }]);
  });

  it('watches nothing where nothing can be stored, and what was known still holds', async () => {
    const { crash, found } = device();
    await crash({}, BASE);
    expect(await found()).toHaveLength(1);
    expect(await found({ forbidsFiles: true })).toHaveLength(1);
  });
});
