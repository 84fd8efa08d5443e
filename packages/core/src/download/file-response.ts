/** What `fetch` answers on every platform, as far as a download reads it. */
export interface FileResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): ChunkReader } | null;
}

export interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array<ArrayBuffer> | undefined }>;
}

/**
 * Asks for a file under the rules of a host: which addresses, redirects and answers are acceptable, and who sees keys.
 * @returns a response with a status of 200, 206 or 416
 * @throws DownloadError when the address or the answer is not acceptable; FetchFailure, which may be tried again
 */
export type OpenFile = (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<FileResponse>;
