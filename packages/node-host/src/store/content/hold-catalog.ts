import { StorageError, filesOf, type Catalog } from '@terrace/core';
import type { ContentStore } from './content-store.js';
import type { Hold } from './in-use.js';

/**
 * Keeps what a catalog names from being collected while this process answers with it, also when its models are
 * removed meanwhile. Nothing is written where no file of it is in the store or may come there.
 */
export async function holdCatalog(catalog: Catalog, store: ContentStore): Promise<Hold> {
  const none: Hold = { release: async () => undefined };
  const files = filesOf(catalog);
  const mayCome = catalog.models.some(({ source }) => source !== undefined);
  if (!mayCome && !files.some((file) => store.has(file))) return none;
  try {
    return await store.hold([...new Set(files.map(({ sha256 }) => sha256))]);
  } catch (error) {
    // What cannot be written here cannot be collected from here either.
    if (StorageError.isInstance(error)) return none;
    throw error;
  }
}
