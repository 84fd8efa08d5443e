import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openPart } from '../fetch/part-file.js';
import { fallibleProcess, type FallibleProcess } from '../testing/fallible-host.js';
import { collectGarbage, objectsOf } from './collect-garbage.js';
import { openContentStore, type Content, type ContentStore } from './content-store.js';

const CONTENTS = [3000, 5000, 8000].map((bytes, i) => Buffer.alloc(bytes, i + 1));
const describeContent = (content: Buffer): Content => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});
const FILES = CONTENTS.map(describeContent);

/** A pull holds what it brings, until it is named in the catalog and beyond. */
type Action =
  | { readonly kind: 'pull'; readonly file: number; readonly spoiled: boolean }
  | { readonly kind: 'use'; readonly file: number }
  | { readonly kind: 'remove'; readonly file: number }
  | { readonly kind: 'collect' };

const file = fc.nat(FILES.length - 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pull' as const), file, spoiled: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('use' as const), file }) },
  fc.record({ kind: fc.constant('remove' as const), file }),
  { weight: 2, arbitrary: fc.constant({ kind: 'collect' as const }) },
);
/** What a process does, and the step at which it is killed. */
const life = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 6 }),
  dyingStep: fc.integer({ min: 1, max: 140 }),
});

interface World {
  readonly root: string;
  /** The installed catalog. */
  readonly named: Set<string>;
  /** What a living process has been promised, and by which process. */
  readonly promised: { readonly pid: number; readonly sha256: string }[];
}

/** In pieces, as a download comes; spoiled bytes come once, from a line that is right the next time. */
async function fill(store: ContentStore, part: string, content: Buffer, spoiled: boolean): Promise<string> {
  const opened = await openPart(part, describeContent(content), store.host.files);
  try {
    while (opened.bytes < content.length) {
      const chunk = Buffer.from(content.subarray(opened.bytes, opened.bytes + 1000));
      if (spoiled && opened.bytes >= 1000) chunk[0]! ^= 1;
      await opened.append(chunk);
    }
    return await opened.finish();
  } finally {
    await opened.close();
  }
}

async function act(store: ContentStore, pid: number, each: Action, world: World): Promise<void> {
  if (each.kind === 'collect') {
    await collectGarbage(store, { named: async () => new Set(world.named) });
    return;
  }
  const { sha256, bytes } = FILES[each.file]!;
  if (each.kind === 'remove') {
    world.named.delete(sha256);
    return;
  }
  const hold = await store.hold([sha256]);
  if (each.kind === 'use') {
    if (store.has({ sha256, bytes })) world.promised.push({ pid, sha256 });
    return;
  }
  let tries = 0;
  const content = CONTENTS[each.file]!;
  await store.obtain(FILES[each.file]!, (part) => fill(store, part, content, each.spoiled && tries++ === 0), {
    name: sha256,
  });
  world.named.add(sha256);
  await hold.release();
}

async function live(
  store: ContentStore,
  { pid, actions, world }: { pid: number; actions: readonly Action[]; world: World },
) {
  for (const each of actions) await act(store, pid, each, world);
}

const isWhole = (store: ContentStore, sha256: string): boolean =>
  describeContent(readFileSync(store.pathOf(sha256))).sha256 === sha256;

it('any interleaving of pull, use, remove, collect and crash leaves whole objects only and none in use is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 4 }), async (lives) => {
      const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-store-'));
      const world: World = { root, named: new Set(), promised: [] };
      const processes = new Map<number, FallibleProcess>();
      const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
      try {
        await Promise.all(
          lives.map(async ({ actions, dyingStep }, index) => {
            const pid = index + 1;
            const made = fallibleProcess(pid, dyingStep, processes);
            const store = await openContentStore(root, { host: made.host, storage });
            await live(store, { pid, actions, world }).catch((error: unknown) => {
              // A death shows as whatever error the step was turned into; a living process has none.
              if (!made.isDead()) throw error;
            });
          }),
        );
        const survivor = fallibleProcess(99, Infinity, processes);
        const store = await openContentStore(root, { host: survivor.host, storage });
        for (const sha256 of await objectsOf(store)) expect(isWhole(store, sha256)).toBe(true);
        for (const sha256 of world.named) expect(isWhole(store, sha256)).toBe(true);
        await collectGarbage(store, { named: async () => world.named });
        const inUse = world.promised.filter(({ pid }) => !processes.get(pid)!.isDead());
        for (const { sha256 } of inUse) expect(isWhole(store, sha256)).toBe(true);
        // Whatever the dead left behind, the next one gets everything.
        for (const [index, content] of CONTENTS.entries()) {
          await store.obtain(FILES[index]!, (part) => fill(store, part, content, false), { name: 'again' });
          expect(isWhole(store, FILES[index]!.sha256)).toBe(true);
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
