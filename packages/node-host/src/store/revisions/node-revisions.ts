import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  calibrationSchema,
  parseFile,
  StorageError,
  TerraceError,
  UnknownRevisionError,
  type Calibration,
  type Clock,
  type LocatedFile,
  type Model,
} from '@terrace/core';
import type { Revision, RevisionDraft, RevisionStore } from '@terrace/core/deltas';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { makeFolder, openStaging, withStaging, writeNew, type Staging } from '../add/staging.js';
import { swapTogether } from '../add/swap-together.js';
import type { ModelFolders } from '../catalog/model-folders.js';
import { unwritable } from '../files/atomic-file.js';
import { parseJson } from '../files/read-json.js';
import { syncFolder } from '../files/sync-folder.js';
import { readVerified } from '../files/verified-file.js';
import { layOutRevision, type DomainContent } from './lay-out-revision.js';
import { overlayDomain, revisionOf, type OverlayDomain } from './overlay-domain.js';
import { readRevision, revisionText, type KeptRevision } from './revision-file.js';
import { domainPlace, REVISION_FILE, revisionsIn, revisionsOf } from './revision-folder.js';
import { readUnchanged, stageRevision } from './stage-revision.js';

export interface NodeRevisionsOptions {
  readonly home: string;
  /** What is on the disk now. */
  readonly folders: () => Promise<ModelFolders>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Puts nothing in force that nobody trusted has signed. */
  readonly requireSignatures: boolean;
  /** Told when the overlay has another revision. */
  readonly onActivated?: (() => Promise<unknown>) | undefined;
}

/** What ships may be the same to the letter: then there is nothing in the overlay, and nothing to take back. */
const isInForce = ({ revision, own }: KeptRevision, { inForce, deltas }: OverlayDomain): boolean =>
  revision.id === inForce && own.deltas.length > 0 === deltas.length > 0;

/** What was damaged since is kept anew by whoever brings it again. */
const isWhole = (kept: KeptRevision, models: readonly Model[]): Promise<boolean> =>
  readUnchanged(kept, kept.folder, models).then(
    () => true,
    (error: unknown) => {
      if (!TerraceError.isInstance(error)) throw error;
      return false;
    },
  );

/** What answers and is damaged is put in force anew, though it is the same. */
const isSound = async ({ deltas }: OverlayDomain, folders: ModelFolders): Promise<boolean> => {
  const files = deltas.flatMap(({ head, adapter, adapterConfig }) => [head, adapter, adapterConfig]);
  const read = files.map(async (file) => file && readVerified(await folders.locate(file)));
  return (await Promise.allSettled(read)).every(({ status }) => status === 'fulfilled');
};

/** Ladder revisions in the state folder, beside the overlay they are put into. */
export class NodeRevisions implements RevisionStore {
  readonly #options: NodeRevisionsOptions;
  readonly #root: string;
  readonly #overlay: string;
  #scratch: Promise<Staging> | undefined;

  constructor(options: NodeRevisionsOptions) {
    this.#options = options;
    this.#root = revisionsIn(options.home);
    this.#overlay = join(options.home, 'models');
  }

  async list(domain: string): Promise<readonly Revision[]> {
    const ids = await this.#ids(domain);
    const found = ids.flatMap((id) => this.#find(domain, id)?.revision ?? []);
    return found.toSorted((a, b) => b.madeAtWallMs - a.madeAtWallMs || (a.id < b.id ? -1 : 1));
  }

  /** Ids of what was kept and cannot be read any more. */
  async unreadable(domain: string): Promise<readonly string[]> {
    return (await this.#ids(domain)).filter((id) => !this.#find(domain, id));
  }

  async current(domain: string): Promise<Revision | undefined> {
    const present = overlayDomain(await this.#options.folders(), domain);
    const found = this.#find(domain, present.inForce);
    return found && isInForce(found, present) ? found.revision : undefined;
  }

  async calibration({ domain, id }: Revision): Promise<Calibration | undefined> {
    const { folder, calibration } = this.#require(domain, id);
    if (!calibration) return undefined;
    const own = join(folder, calibration.path);
    // One that ships holds beside deltas that were added to it.
    const file = existsSync(own)
      ? { ...calibration, location: own }
      : await (await this.#options.folders()).locate(calibration);
    const json = parseJson(new TextDecoder().decode(await readVerified(file)), file.location);
    return parseFile(calibrationSchema, json, 'calibration').value;
  }

  async keep({ domain, origin, deltas, without = [], calibration, decision }: RevisionDraft): Promise<Revision> {
    const present = overlayDomain(await this.#options.folders(), domain);
    const gone = new Set([...without, ...deltas.map(({ manifest }) => manifest.base.id)]);
    const carried = present.deltas.filter(({ base }) => !gone.has(base.id));
    return this.#keep(present, { origin, decision }, { domain, carried, fresh: deltas, calibration });
  }

  async activate(domain: string, id: string | undefined): Promise<void> {
    const next = id === undefined ? undefined : this.#require(domain, id);
    const folders = await this.#options.folders();
    const present = overlayDomain(folders, domain);
    if (next ? isInForce(next, present) && (await isSound(present, folders)) : present.deltas.length === 0) return;
    await this.#keepFound(present);
    const { below, strays } = present;
    const place = domainPlace(domain);
    await withStaging(this.#overlay, async (staging) => {
      const isThere = next !== undefined && next.own.deltas.length > 0;
      if (isThere) {
        const { home, clock, requireSignatures } = this.#options;
        const root = join(staging, 'new');
        const { models } = folders.current();
        const trust = { home, clock };
        await stageRevision(next, { root, models, trust, overlay: this.#overlay, requireSignatures });
      }
      const away = isThere ? strays : [place, ...strays];
      const places = isThere ? [place] : [];
      const { signal } = new AbortController();
      await swapTogether({ overlay: this.#overlay, below, staging, places, away, signal });
    });
    await this.#options.onActivated?.();
  }

  async scratch(bytes: Uint8Array<ArrayBuffer>): Promise<LocatedFile> {
    const { folder } = await (this.#scratch ??= openStaging(this.#root).catch((error: unknown) => {
      this.#scratch = undefined;
      throw error;
    }));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const location = join(folder, sha256);
    if (!existsSync(location)) await writeNew(location, bytes);
    return { location, bytes: bytes.length, sha256 };
  }

  async close(): Promise<void> {
    await (await this.#scratch?.catch(() => undefined))?.close();
    this.#scratch = undefined;
  }

  /** A kept revision with its folder. @throws UnknownRevisionError */
  kept({ domain, id }: Pick<Revision, 'domain' | 'id'>): KeptRevision {
    return this.#require(domain, id);
  }

  /** Every domain of which something is kept. */
  async domains(): Promise<readonly string[]> {
    const folders = await readdir(this.#root).catch(() => []);
    return folders.filter((name) => !name.startsWith('.')).map((name) => name.replace('+', '/'));
  }

  async #keep(
    present: OverlayDomain,
    { origin, decision }: Pick<Revision, 'origin' | 'decision'>,
    content: DomainContent,
  ): Promise<Revision> {
    const { domain } = content;
    const { models } = (await this.#options.folders()).current();
    return withStaging(this.#root, async (staging) => {
      const folder = join(staging, 'new');
      const laidOut = await layOutRevision(content, { root: folder, overlay: this.#overlay, models });
      const { home, clock } = this.#options;
      await requireSoundSignatures({ path: folder, catalog: laidOut }, { home, clock });
      const merged = present.with(laidOut);
      const id = revisionOf(merged, domain);
      const known = this.#find(domain, id);
      if (known && (await isWhole(known, models))) return known.revision;
      const before = present.deltas.length > 0 && present.inForce !== id ? present.inForce : null;
      const parent = known ? (known.revision.parent ?? null) : before;
      const text = revisionText({
        format: 1,
        domain,
        parent,
        madeAtWallMs: clock.wallMs(),
        origin,
        deltas: merged.deltas.filter((delta) => delta.domain === domain),
        calibration: merged.domains.find((each) => each.id === domain)?.calibration ?? null,
        own: {
          deltas: laidOut.deltas.map(({ contentId }) => contentId),
          calibration: laidOut.domains[0]?.calibration?.sha256 ?? null,
        },
        ...(decision && { decision }),
      });
      await writeNew(join(folder, REVISION_FILE), text);
      await this.#put(folder, { staging, domain, id });
      return this.#require(domain, id).revision;
    });
  }

  /** One that is there and is damaged makes way; one that another process kept meanwhile is the same. */
  async #put(folder: string, { staging, domain, id }: { staging: string; domain: string; id: string }): Promise<void> {
    const target = join(revisionsOf(this.#root, domain), id);
    await makeFolder(dirname(target));
    await rename(target, join(staging, 'unreadable')).catch(() => undefined);
    await rename(folder, target).catch((cause: unknown) => {
      if (!this.#find(domain, id)) throw unwritable(target, cause);
    });
    await syncFolder(target);
  }

  /** What is damaged cannot be kept, and must not stand in the way of what takes its place. */
  async #keepFound(present: OverlayDomain): Promise<void> {
    const { domain, deltas: carried, calibration, inForce } = present;
    if (carried.length === 0 || this.#find(domain, inForce)) return;
    const content = { domain, carried, fresh: [], calibration };
    await this.#keep(present, { origin: 'found', decision: undefined }, content).catch((error: unknown) => {
      if (!TerraceError.isInstance(error) || StorageError.isInstance(error)) throw error;
    });
  }

  async #ids(domain: string): Promise<readonly string[]> {
    const names = await readdir(revisionsOf(this.#root, domain)).catch(() => []);
    return names.filter((name) => !name.startsWith('.'));
  }

  #find(domain: string, id: string): KeptRevision | undefined {
    return /^[0-9a-f]{64}$/.test(id) ? readRevision(join(revisionsOf(this.#root, domain), id), id) : undefined;
  }

  /** @throws UnknownRevisionError */
  #require(domain: string, id: string): KeptRevision {
    const found = this.#find(domain, id);
    if (found) return found;
    throw new UnknownRevisionError({
      message: `There is no revision ${id.slice(0, 12)} of "${domain}".`,
      hint: `\`terrace delta list ${domain}\` names those that are kept.`,
      facts: { domain, revision: id },
    });
  }
}
