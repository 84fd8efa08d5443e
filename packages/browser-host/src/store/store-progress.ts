import type { FetchProgress, FileRef } from '@terrace/core';

type Listener = (progress: FetchProgress) => void;

/** A file of the burst. */
interface Fetching {
  readonly file: FileRef;
  /** Works that bring it: one that is given up may end after the next one has begun. */
  readonly tracks: Set<Track>;
  doneBytes: number;
}

/** The progress of one work that may turn out to be a download. */
export interface Track {
  /** To be called before anything is awaited, so that files that are asked for together are counted together. */
  begin(): void;
  at(doneBytes: number): void;
  /** Here, or given up. */
  end(): void;
}

/** A listener is told again when so much of the whole has come: pieces may be small and many. */
const STEP = 0.01;

/**
 * How far downloads are. Files that are asked for while others are on their way belong to one burst with them, whose
 * total covers all of them from the first event on.
 */
export class StoreProgress {
  readonly #burst = new Map<string, Fetching>();
  /** By sha256: who waits for a file, and what each was told last. */
  readonly #waiting = new Map<string, Map<Listener, number>>();
  readonly #onProgress: Listener | undefined;
  #toldBytes = -1;

  constructor(onProgress: Listener | undefined) {
    this.#onProgress = onProgress;
  }

  track(file: FileRef): Track {
    const { sha256 } = file;
    const track: Track = {
      begin: () => {
        const fetching = this.#burst.get(sha256) ?? { file, tracks: new Set(), doneBytes: 0 };
        this.#burst.set(sha256, fetching);
        fetching.tracks.add(track);
      },
      at: (doneBytes) => {
        const fetching = this.#burst.get(sha256);
        if (!fetching?.tracks.has(track)) return;
        fetching.doneBytes = doneBytes;
        this.#tell(fetching);
      },
      end: () => {
        this.#burst.get(sha256)?.tracks.delete(track);
        if ([...this.#burst.values()].some(({ tracks }) => tracks.size > 0)) return;
        this.#burst.clear();
        this.#toldBytes = -1;
      },
    };
    return track;
  }

  /** Tells one who waits of the file alone. @returns what ends that */
  listen({ sha256 }: FileRef, listener: Listener): () => void {
    const waiting = this.#waiting.get(sha256) ?? new Map<Listener, number>();
    this.#waiting.set(sha256, waiting.set(listener, -1));
    return () => {
      waiting.delete(listener);
      if (waiting.size === 0) this.#waiting.delete(sha256);
    };
  }

  #tell({ file, doneBytes }: Fetching): void {
    const alone = { doneBytes, totalBytes: file.bytes, file: file.path };
    const waiting = this.#waiting.get(file.sha256) ?? new Map<Listener, number>();
    for (const [listener, toldBytes] of waiting) {
      if (!isNews(alone, toldBytes)) continue;
      waiting.set(listener, doneBytes);
      listener(alone);
    }
    const together = { ...this.#sums(), file: file.path };
    if (!this.#onProgress || !isNews(together, this.#toldBytes)) return;
    this.#toldBytes = together.doneBytes;
    this.#onProgress(together);
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
