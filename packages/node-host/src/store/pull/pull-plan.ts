import type { Licensed } from '../../trust/licences.js';
import type { SignedBy } from '../../trust/signed-by.js';
import type { Content } from '../content/content-store.js';

/** A file that a pull brings. */
export interface PlannedFile extends Content {
  /** At the source. */
  readonly path: string;
  /** What was read already, because it had to be to make the plan. */
  readonly inMemory?: Uint8Array | undefined;
}

/** One model, delta or calibration, with its files by the names they have in its folder. */
export interface PlannedItem {
  readonly kind: 'model' | 'delta' | 'calibration';
  readonly id: string;
  /** Of its folder at the source. */
  readonly name: string;
  readonly files: ReadonlyMap<string, PlannedFile>;
  /** Of a model. */
  readonly licensed?: Licensed | undefined;
}

export interface PullPlan {
  /** Who signed the catalog it was made from. */
  readonly signer: SignedBy;
  readonly items: readonly PlannedItem[];
  /** Ids of what was asked for and is here already. */
  readonly present: readonly string[];
  readonly notes: readonly string[];
}

/** Every content of the plan, once, largest last: a mistake in a small file shows before the long wait. */
export function contentsOf({ items }: PullPlan): PlannedFile[] {
  const files = new Map(items.flatMap((item) => [...item.files.values()].map((file) => [file.sha256, file] as const)));
  return [...files.values()].toSorted((a, b) => a.bytes - b.bytes);
}
