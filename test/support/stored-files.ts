import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Catalog } from '@terrace/core';
import type { Page } from 'playwright-core';
import { SHIPPED } from './run-cli.js';

const CATALOG = JSON.parse(readFileSync(path.join(SHIPPED, 'catalog.json'), 'utf8')) as Catalog;

/** The weights of a shipped model, as a browser without a GPU chooses them. */
export const weightsOf = (modelId: string) =>
  CATALOG.models
    .find(({ id }) => id === modelId)!
    .variants.toSorted((a, b) => Number(b.dtype === 'int8') - Number(a.dtype === 'int8'))[0]!.weights;

export const tokenizerOf = (modelId: string) => CATALOG.models.find(({ id }) => id === modelId)!.tokenizer;
export const headOf = (deltaId: string) => CATALOG.deltas.find(({ id }) => id === deltaId)!.head;

/** What the runtime keeps of a file in a profile, in bytes; undefined when it keeps nothing. */
export const storedBytes = (page: Page, sha256: string): Promise<number | undefined> =>
  page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    try {
      const folder = await root.getDirectoryHandle('terrace');
      return (await (await folder.getFileHandle(name)).getFile()).size;
    } catch {
      return undefined;
    }
  }, sha256);

/** Does to a kept file what a crash or a broken disk does: cuts it, or changes a byte. */
export const damageStored = (page: Page, sha256: string, damage: 'cut' | 'changed' | 'gone'): Promise<void> =>
  page.evaluate(
    async ([name, kind]) => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('terrace');
      if (kind === 'gone') return folder.removeEntry(name);
      const file = await folder.getFileHandle(name);
      const { size } = await file.getFile();
      const writable = await file.createWritable({ keepExistingData: true });
      if (kind === 'cut') await writable.truncate(size >> 1);
      else await writable.write({ type: 'write', position: size >> 1, data: new Uint8Array(8) });
      await writable.close();
    },
    [sha256, damage] as const,
  );
