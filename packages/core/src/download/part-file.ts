/** A download on its way: the bytes that are here and the hash of them so far. */
export interface PartFile {
  /** How many bytes there are. */
  readonly bytes: number;
  /** Of the version that the bytes belong to, where the server named it. */
  etagFor(url: string): string | undefined;
  /** Throws away what there is. @param etag of the version that will come instead */
  restart(url: string, etag: string | null): Promise<void>;
  /** @throws StorageError */
  append(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
}
