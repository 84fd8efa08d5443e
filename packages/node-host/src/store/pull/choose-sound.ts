import { filesOf, type Catalog, type ModelStore } from '@terrace/core';
import { hashFile } from '../files/hash-file.js';
import { choosePull, type Choice, type PullWish } from './choose-pull.js';

/** What is here already, and where. */
export interface LocalFiles extends Pick<ModelStore, 'presence' | 'locate'> {
  readonly catalog: Catalog;
}

/**
 * Like `choosePull`, but what is here counts only after every byte of it was read: what a disk has damaged is brought
 * again.
 * @throws InvalidRequestError, the signal's reason
 */
export async function chooseSound(
  catalog: Catalog,
  wish: PullWish,
  { local, signal }: { local: LocalFiles; signal: AbortSignal },
): Promise<Choice> {
  const choice = choosePull(catalog, wish, local);
  const damaged = new Set<string>();
  for (const file of filesOf(presentOf(local.catalog, choice))) {
    if (local.presence(file) !== 'here') continue;
    const { location } = await local.locate(file, { signal });
    const found = await hashFile(location, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (found !== file.sha256) damaged.add(file.sha256);
  }
  if (damaged.size === 0) return choice;
  return choosePull(catalog, wish, {
    catalog: local.catalog,
    presence: (file) => (damaged.has(file.sha256) ? 'missing' : local.presence(file)),
  });
}

function presentOf(catalog: Catalog, { present }: Choice): Catalog {
  const is = ({ id }: { id: string }): boolean => present.includes(id);
  const deltas = catalog.deltas.filter(is);
  const domains = catalog.domains.filter(({ id }) => deltas.some(({ domain }) => domain === id));
  return { ...catalog, models: catalog.models.filter(is), deltas, domains };
}
