import { ArtifactCorruptError, ArtifactMissingError, type FileRef } from '@terrace/core';
import type { KeptContents } from '../store/kept-contents.js';
import { startHash } from '../store/part.js';
import { chunksOf } from './chunks-of.js';
import { storedFile } from './stored-file.js';

/**
 * A file of the store whose every byte was looked at; its bytes stay on the disk.
 * @throws ArtifactCorruptError, ArtifactMissingError, and the signal's reason
 */
export async function soundFile(
  kept: KeptContents,
  file: FileRef,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<Blob> {
  await kept.locks.use(file.sha256);
  const stored = await storedFile(kept.files, file.sha256).catch((cause: unknown) => {
    throw gone(file, cause);
  });
  const hash = startHash();
  for await (const chunk of chunksOf(stored)) {
    signal.throwIfAborted();
    hash.update(chunk);
    onBytes(chunk.length);
  }
  if (hash.digest() === file.sha256) return stored;
  throw new ArtifactCorruptError({
    message: `${file.path} is damaged on this device.`,
    hint: 'Use the model once: it is fetched anew; or import it again. No bundle was made.',
    facts: { file: file.path },
  });
}

const gone = ({ path }: FileRef, cause: unknown): ArtifactMissingError =>
  new ArtifactMissingError({
    message: `${path} is no longer on this device.`,
    hint: 'The browser has thrown it away: use the model once, or import it again.',
    facts: { file: path },
    cause,
  });
