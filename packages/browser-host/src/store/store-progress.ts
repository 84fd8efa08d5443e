import type { FetchProgress, FileRef } from '@terrace/core';

type Listener = (progress: FetchProgress) => void;

/** One file on its way. */
interface Fetching {
  readonly file: FileRef;
  /** With what each was told last; -1 before the first time. */
  readonly listeners: Map<Listener, number>;
  doneBytes: number;
  isOver: boolean;
}

/** A listener is told again when so much of the whole has come: pieces may be small and many. */
const STEP = 0.01;

/**
 * How far downloads are. Files that are asked for while others are on their way belong to one burst with them, whose
 * total covers all of them from the first event on.
 */
export class StoreProgress {
  readonly #burst = new Map<string, Fetching>();
  #toldBytes = -1;
  readonly #onProgress: Listener | undefined;

  constructor(onProgress: Listener | undefined) {
    this.#onProgress = onProgress;
  }

  /** To be called before anything is awaited, so that files that are asked for together are counted together. */
  begin(file: FileRef): void {
    const known = this.#burst.get(file.sha256);
    if (known) known.isOver = false;
    else this.#burst.set(file.sha256, { file, listeners: new Map(), doneBytes: 0, isOver: false });
  }

  /** Tells one who waits of a file that is on its way; of another one there is nothing to tell. */
  listen({ sha256 }: FileRef, listener: Listener): () => void {
    const fetching = this.#burst.get(sha256);
    fetching?.listeners.set(listener, -1);
    return () => void fetching?.listeners.delete(listener);
  }

  at({ sha256 }: FileRef, doneBytes: number): void {
    const fetching = this.#burst.get(sha256);
    if (!fetching) return;
    fetching.doneBytes = doneBytes;
    const { path, bytes } = fetching.file;
    const alone = { doneBytes, totalBytes: bytes, file: path };
    for (const [listener, toldBytes] of fetching.listeners) {
      if (!isNews(alone, toldBytes)) continue;
      fetching.listeners.set(listener, doneBytes);
      listener(alone);
    }
    const together = { ...this.#sums(), file: path };
    if (!this.#onProgress || !isNews(together, this.#toldBytes)) return;
    this.#toldBytes = together.doneBytes;
    this.#onProgress(together);
  }

  /** Here, or given up. */
  end({ sha256 }: FileRef): void {
    const fetching = this.#burst.get(sha256);
    if (fetching) fetching.isOver = true;
    if (![...this.#burst.values()].every(({ isOver }) => isOver)) return;
    this.#burst.clear();
    this.#toldBytes = -1;
  }

  #sums(): { doneBytes: number; totalBytes: number } {
    let [doneBytes, totalBytes] = [0, 0];
    for (const each of this.#burst.values()) {
      doneBytes += each.doneBytes;
      totalBytes += each.file.bytes;
    }
    return { doneBytes, totalBytes };
  }
}

const isNews = ({ doneBytes, totalBytes }: FetchProgress, toldBytes: number): boolean =>
  toldBytes === -1 ||
  Math.abs(doneBytes - toldBytes) >= STEP * totalBytes ||
  (doneBytes === totalBytes && toldBytes !== totalBytes);
