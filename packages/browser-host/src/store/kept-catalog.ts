import { get, set, type UseStore } from 'idb-keyval';

/** A catalog as it came, for starts without a network. */
export interface CatalogText {
  readonly text: string;
  /** The file with its signature, where signatures are asked for. */
  readonly signature: string | undefined;
}

const keyOf = (url: string): string => `catalog ${url}`;

/** @returns undefined when none was kept, or it cannot be read */
export async function readKeptCatalog(records: UseStore, url: string): Promise<CatalogText | undefined> {
  const kept = await get<unknown>(keyOf(url), records).catch(() => undefined);
  const { text, signature } = (kept ?? {}) as Record<string, unknown>;
  if (typeof text !== 'string') return undefined;
  return { text, signature: typeof signature === 'string' ? signature : undefined };
}

/** Replaces the one that was kept before, as a whole. Where nothing can be kept the next start needs a network. */
export const keepCatalog = (records: UseStore, url: string, { text, signature }: CatalogText): Promise<void> =>
  set(keyOf(url), { text, signature }, records).catch(() => undefined);
