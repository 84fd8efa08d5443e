import type { Content } from '../content/content-store.js';

interface FillOptions {
  readonly signal: AbortSignal;
  /** Told how many bytes of the file are here; the number falls when a file must be begun anew. */
  readonly onBytes: (bytes: number) => void;
}

/** Where models are pulled from. Paths are relative to it, with `/`; nothing is asked for that nobody named. */
export interface PullSource {
  /** Of its folder or repository: an id for a model that brings none. */
  readonly name: string;
  /** The address without secrets. */
  readonly place: string;
  /** Every path, where the source can tell. */
  readonly paths: readonly string[] | undefined;
  /** What `source` in model.json says of the files in a folder here; undefined where nothing can be fetched later. */
  origin(folder: string): string | undefined;
  /** Size and hash, where the source knows them in advance. */
  known(path: string): Content | undefined;
  /**
   * A small file whose hash nobody told beforehand.
   * @returns undefined when there is none
   * @throws DownloadError, InvalidRequestError, ArtifactMissingError
   */
  read(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Brings a file into a part. @returns sha256 of the whole */
  fill(path: string, part: string, content: Content, options: FillOptions): Promise<string>;
}
