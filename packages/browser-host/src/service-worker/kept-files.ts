import { storageFailure } from '../store/storage-failure.js';
import type { ListedFile } from './file-list.js';
import { sha256Of } from './sha256-of.js';
import { addressOf } from './site-version.js';

const BLOCK_BYTES = 2 ** 20;

/**
 * Files of all versions of a page, in one cache of the browser: a file that two versions share is here once. Each is
 * hashed before it is kept, and again before its first use in the life of this worker, as browsers and disks lose things.
 */
export class KeptFiles {
  readonly #name: string;
  readonly #listUrl: string;
  readonly #sound = new Set<string>();

  /** @param name of the cache */
  constructor({ name, listUrl }: { readonly name: string; readonly listUrl: string }) {
    this.#name = name;
    this.#listUrl = listUrl;
  }

  /** Tells for any file whether there is one, without looking into it. */
  async look(): Promise<(file: ListedFile) => boolean> {
    const keys = new Set((await (await this.#open()).keys()).map(({ url }) => url));
    return (file) => keys.has(this.#keyOf(file));
  }

  /** Undefined when it is not here; one that is damaged is dropped. The answer streams as the browser kept it. */
  async read(file: ListedFile): Promise<Response | undefined> {
    const cache = await this.#open();
    const key = this.#keyOf(file);
    if (this.#sound.has(key)) return cache.match(key);
    const found = await cache.match(key);
    if (!found) return undefined;
    if (await isExactly(found, file)) {
      this.#sound.add(key);
      return cache.match(key);
    }
    await cache.delete(key);
    return undefined;
  }

  /**
   * @param answer whose content has been compared with the list
   * @throws StorageError with the fact `reason`
   */
  async put(file: ListedFile, answer: Response): Promise<void> {
    try {
      await (await this.#open()).put(this.#keyOf(file), answer);
    } catch (error) {
      throw storageFailure(`keep ${file.path}`, error);
    }
  }

  /**
   * Browsers say little that is true of the room they have (Chromium: always 10 GiB), so that much is written and
   * deleted again. Chromium looks at the size before it writes.
   * @throws StorageError with the fact `reason`
   */
  async requireRoom(bytes: number): Promise<void> {
    if (bytes < BLOCK_BYTES) return;
    const cache = await this.#open();
    const block = new Blob([new Uint8Array(BLOCK_BYTES)]);
    const blocks = Array.from({ length: Math.ceil(bytes / BLOCK_BYTES) }, () => block);
    try {
      await cache.put(this.#listUrl, new Response(new Blob(blocks)));
    } catch (error) {
      throw storageFailure(`keep ${bytes} more bytes of the page's files`, error);
    } finally {
      await cache.delete(this.#listUrl);
    }
  }

  async keepOnly(files: readonly ListedFile[]): Promise<void> {
    const cache = await this.#open();
    const wanted = new Set(files.map((file) => this.#keyOf(file)));
    const keys = await cache.keys();
    await Promise.all(keys.filter(({ url }) => !wanted.has(url)).map((key) => cache.delete(key)));
  }

  /** Opened at every use: one that was deleted meanwhile would keep what nobody finds. */
  #open(): Promise<Cache> {
    return caches.open(this.#name);
  }

  #keyOf(file: ListedFile): string {
    return `${addressOf(file, this.#listUrl)}?sha256=${file.sha256}`;
  }
}

async function isExactly(answer: Response, { bytes, sha256 }: ListedFile): Promise<boolean> {
  try {
    const content = new Uint8Array(await answer.arrayBuffer());
    return content.length === bytes && (await sha256Of(content)) === sha256;
  } catch {
    // Its end is missing on the disk.
    return false;
  }
}
