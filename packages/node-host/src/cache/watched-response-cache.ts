import type { CacheChange, ResponseCacheStore } from '@terrace/core/cache';

/** Keys whose answers were replaced or removed. */
export interface ReplacedKeys {
  readonly keys: readonly string[];
  /** Of the last change of all, also where there were too many to name. */
  readonly seq: number;
  /** Not all are named. */
  readonly isCut: boolean;
}

/** A store that can be asked for one page of changes, and for what is no longer as it was. */
export interface WatchedResponseCache extends Omit<ResponseCacheStore, 'changes'> {
  page(sinceSeq: number): Promise<readonly CacheChange[]>;
  replaced(sinceSeq: number): Promise<ReplacedKeys>;
}

/** All changes, page by page. */
export async function* changePages(
  sinceSeq: number,
  readPage: (sinceSeq: number) => Promise<readonly CacheChange[]>,
): AsyncGenerator<readonly CacheChange[], void> {
  let page = await readPage(sinceSeq);
  for (let last = page.at(-1); last; last = page.at(-1)) {
    yield page;
    page = await readPage(last.seq);
  }
}
