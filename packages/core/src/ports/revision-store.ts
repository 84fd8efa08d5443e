import type { Calibration } from '../catalog/calibration.js';
import type { DeltaManifest } from '../catalog/manifest.js';
import type { Delta } from '../catalog/schema.js';
import type { PromotionDecision } from '../delta/promote/promotion.js';
import type { LocatedFile } from './model-store.js';

/** A delta as bytes, before it lies anywhere. */
export interface PackedDelta {
  readonly manifest: DeltaManifest;
  /** As a catalog computes it: sha256 over the sorted sha256 of the files. */
  readonly contentId: string;
  /** `delta.json`, `head.safetensors`, and what else there is, by name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Where a revision comes from. */
export type RevisionOrigin = 'fitted' | 'learnt' | 'composed' | 'imported' | 'attached' | 'detached' | 'found';

/** A ladder revision to be. */
export interface RevisionDraft {
  readonly domain: string;
  readonly origin: RevisionOrigin;
  /** New deltas, at most one a base. */
  readonly deltas: readonly PackedDelta[];
  /** Bases whose delta goes; every other delta in force stays as it is. */
  readonly without?: readonly string[];
  /** Made with the deltas of the draft and those that stay; none drops the one in force. */
  readonly calibration: Calibration | undefined;
  readonly decision?: PromotionDecision | undefined;
}

/** One kept set {deltas, calibration} of a domain. */
export interface Revision {
  /** The domain's `ladderRevision` while it is in force. */
  readonly id: string;
  readonly domain: string;
  /** What was in force when it was made, and is again after a rollback; undefined where that was nothing of its own. */
  readonly parent: string | undefined;
  readonly madeAtWallMs: number;
  readonly origin: RevisionOrigin;
  /** As a catalog lists them; their files are found by the host's model store, whether it is in force or not. */
  readonly deltas: readonly Delta[];
  readonly decision: PromotionDecision | undefined;
}

/** Ladder revisions of domains: every one that ever was is kept, and one is in force. */
export interface RevisionStore {
  /** Newest first. */
  list(domain: string): Promise<readonly Revision[]>;
  /** Of the revision in force; undefined where it is not one that was kept. */
  current(domain: string): Promise<Revision | undefined>;
  /** @throws InvalidCatalogError, ArtifactMissingError when the file is not what it was */
  calibration(revision: Revision): Promise<Calibration | undefined>;
  /**
   * Keeps a draft beside what is in force, which keeps serving whatever fails. The same content is kept once.
   * @throws DeltaMismatchError, StorageError
   */
  keep(draft: RevisionDraft): Promise<Revision>;
  /**
   * Puts a revision in force in one step: a process that is killed meanwhile leaves the old one or the new one. What was
   * in force and was not kept is kept first.
   * @param id undefined for what there was before any was kept
   * @throws UnknownRevisionError, StorageError
   */
  activate(domain: string, id: string | undefined): Promise<void>;
  /** Bytes as a file that an engine of this host can read, until `close`: for a delta that is only tried. @throws StorageError */
  scratch(bytes: Uint8Array<ArrayBuffer>): Promise<LocatedFile>;
  close(): Promise<void>;
}
