const CHUNK_BYTES = 1 << 20;

/** The content of a file piece by piece; rejects when it is gone or was changed meanwhile. */
export async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    yield new Uint8Array(await file.slice(at, at + CHUNK_BYTES).arrayBuffer());
  }
}
