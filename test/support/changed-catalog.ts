import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, type Catalog } from '@terrace/core';
import { SHIPPED } from './run-cli.js';

/** What a test may do to a catalog. */
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;

/** The text of the shipped catalog with something changed in it, under its own revision. */
export function changedCatalog(change: (catalog: Writable<Catalog>) => void): string {
  const catalog = JSON.parse(readFileSync(path.join(SHIPPED, 'catalog.json'), 'utf8')) as Writable<Catalog>;
  change(catalog);
  const { revision: _, ...content } = catalog;
  const revision = createHash('sha256').update(canonicalJson(content)).digest('hex');
  return JSON.stringify({ ...content, revision });
}
