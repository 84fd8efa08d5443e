import { namedFilesOf, StorageError, UnknownRevisionError, type Clock, type FileRef } from '@terrace/core';
import type { RevisionStore } from '@terrace/core/deltas';
import { get, set, values } from 'idb-keyval';
import { openKeyValueStore } from '../records/key-value-store.js';
import type { BrowserModels } from '../store/open-models.js';
import { storageFailure } from '../store/storage-failure.js';
import type { LadderSupply } from '../store/supply.js';
import { draftLadder } from './draft-ladder.js';
import { readRevision, revisionOf, type KeptRevision } from './kept-revision.js';
import { domainOf, type OwnLadder } from './own-ladder.js';
import { createScratchFiles } from './scratch-files.js';

export interface RevisionStoreOptions {
  /** Of the database. */
  readonly name: string;
  readonly models: Pick<BrowserModels, 'current' | 'presence' | 'supply' | 'inForce'>;
  readonly clock: Clock;
}

/**
 * Ladder revisions in a browser: files in the store, a record of each in a database of its own, which no start reads; and
 * what is in force beside the catalog, changed in one write with it. Tabs of an origin share all of them.
 */
export function createRevisionStore({ name, models, clock }: RevisionStoreOptions): RevisionStore {
  const records = openKeyValueStore({ name, clock });
  const scratch = createScratchFiles();
  const supply = async (): Promise<LadderSupply> => (await models.supply.open()).ladders;
  const inForce = async (domain: string): Promise<OwnLadder | undefined> =>
    (await (await supply()).current()).find((ladder) => domainOf(ladder).id === domain);
  const find = async (domain: string, id: string): Promise<KeptRevision | undefined> =>
    readRevision(await get<unknown>(keyOf(domain, id), records));
  const require = async (domain: string, id: string): Promise<KeptRevision> => {
    const kept = await find(domain, id);
    if (kept) return kept;
    throw new UnknownRevisionError({
      message: `There is no revision ${id.slice(0, 12)} of "${domain}" on this device.`,
      hint: 'List the revisions of the domain; those of other devices come by a bundle.',
      facts: { domain, revision: id },
    });
  };

  return {
    async list(domain) {
      const all = (await values<unknown>(records)).flatMap((each) => readRevision(each) ?? []);
      const own = all.map(revisionOf).filter((revision) => revision.domain === domain);
      return own.toSorted((a, b) => b.madeAtWallMs - a.madeAtWallMs);
    },
    async current(domain) {
      const ladder = await inForce(domain);
      const kept = ladder && (await find(domain, domainOf(ladder).ladderRevision));
      return kept && revisionOf(kept);
    },
    async calibration({ domain, id }) {
      const { calibration } = domainOf((await require(domain, id)).ladder);
      return calibration && (await supply()).calibration(calibration);
    },
    async keep(draft) {
      const { domain, origin, calibration, decision } = draft;
      const before = await inForce(domain);
      const { id, ladder, made } = draftLadder(draft, models.current(), before);
      const known = await find(domain, id);
      // Once more if need be: the browser may have thrown away what was kept.
      await (await supply()).keep({ ladder, made, calibration });
      if (known) return revisionOf(known);
      const facts = {
        parent: before && domainOf(before).ladderRevision,
        madeAtWallMs: clock.wallMs(),
        origin,
        decision,
      };
      await set(keyOf(domain, id), { facts, ladder } satisfies KeptRevision, records).catch((cause: unknown) => {
        throw storageFailure('keep a revision', cause);
      });
      return revisionOf({ facts, ladder });
    },
    async activate(domain, id) {
      const kept = id === undefined ? undefined : await require(domain, id);
      const lost = kept && namedFilesOf(kept.ladder.catalog).find((file) => models.presence(file) === 'missing');
      if (lost) throw isLost(domain, lost);
      await (await supply()).put(domain, kept?.ladder, models.inForce);
    },
    scratch: async (bytes) => scratch.put(bytes),
    async close() {
      scratch.close();
    },
  };
}

const keyOf = (domain: string, id: string): string => `${domain} ${id}`;

const isLost = (domain: string, { path }: FileRef): StorageError =>
  new StorageError({
    message: `The browser has thrown ${path} away, which this revision of "${domain}" needs.`,
    hint: 'Fit it anew. A browser that was asked to (`persist`) throws nothing away.',
    facts: { domain, file: path, reason: 'EVICTED' },
  });
