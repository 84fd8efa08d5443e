import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ArtifactCorruptError, ArtifactMissingError, type LocatedFile } from '@terrace/core/engine';

const CHUNK_BYTES = 1 << 20;

/**
 * Reads a file whole and hashes it on the way; bytes that are not the promised ones are never used.
 * The file is opened once, so what was hashed is what is returned.
 * @param bytesBefore left free before the content, in the same memory: large files are not copied to be added to
 * @throws ArtifactMissingError when it cannot be read, ArtifactCorruptError when size or sha256 differ
 */
export async function readVerified(
  { location, bytes, sha256 }: LocatedFile,
  bytesBefore = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(location, 'r').catch((cause: unknown) => {
    throw missing(location, cause);
  });
  try {
    const { size } = await file.stat();
    if (size !== bytes) throw corrupt(location, `it has ${size} bytes, the catalog says ${bytes}`);
    const content = new Uint8Array(bytesBefore + bytes).subarray(bytesBefore);
    const hash = createHash('sha256');
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(content, at, Math.min(CHUNK_BYTES, bytes - at), at);
      if (bytesRead === 0) throw corrupt(location, 'it ended early');
      hash.update(content.subarray(at, at + bytesRead));
      at += bytesRead;
    }
    if (hash.digest('hex') !== sha256) throw corrupt(location, 'its sha256 is not the one in the catalog');
    return content;
  } finally {
    await file.close();
  }
}

function missing(location: string, cause: unknown): ArtifactMissingError {
  return new ArtifactMissingError({
    message: `${location} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Restore the models folder, or install the package again; `terrace models verify` lists what is missing.',
    facts: { file: location },
    cause,
  });
}

function corrupt(location: string, why: string): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `${location} is not the file the catalog names: ${why}.`,
    hint: 'Replace it with the original; `terrace models verify` checks every file.',
    facts: { file: location },
  });
}
