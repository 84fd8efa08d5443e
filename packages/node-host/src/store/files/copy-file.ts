import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { ArtifactCorruptError } from '@terrace/core';
import { unwritable } from './atomic-file.js';
import { openSourceFile, unreadable, type SourceFile } from '../add/source-folder.js';

const CHUNK_BYTES = 1 << 20;

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Copies a file and hashes it on the way; it is on the disk when this resolves.
 * @param expected what the bytes must be, where a manifest says so
 * @throws ArtifactCorruptError when they are others, ArtifactMissingError when the source cannot be read,
 *   StorageError when the target cannot be written
 */
export async function copyFile(
  source: SourceFile,
  target: string,
  { expected, signal }: { expected?: Digest; signal: AbortSignal },
): Promise<Digest> {
  signal.throwIfAborted();
  if (expected && expected.bytes !== source.bytes) {
    throw corrupt(source, `it has ${source.bytes} bytes, the manifest says ${expected.bytes}`);
  }
  const from = await openSourceFile(source).catch((cause: unknown) => {
    throw unreadable(source.path, cause);
  });
  try {
    const to = await open(target, 'wx').catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
    try {
      const sha256 = await pump(from, to, { source, target, signal });
      if (expected && sha256 !== expected.sha256) throw corrupt(source, 'its sha256 is not the one in the manifest');
      return { bytes: source.bytes, sha256 };
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function pump(
  from: FileHandle,
  to: FileHandle,
  { source, target, signal }: { source: SourceFile; target: string; signal: AbortSignal },
): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, source.bytes));
  for (let at = 0; at < source.bytes;) {
    signal.throwIfAborted();
    const wanted = Math.min(chunk.length, source.bytes - at);
    const { bytesRead } = await from.read(chunk, 0, wanted, at).catch((cause: unknown) => {
      throw unreadable(source.path, cause);
    });
    if (bytesRead === 0) throw corrupt(source, 'it became shorter while it was read');
    const part = chunk.subarray(0, bytesRead);
    hash.update(part);
    await writeAll(to, part, target);
    at += bytesRead;
  }
  await to.sync().catch((cause: unknown) => {
    throw unwritable(target, cause);
  });
  return hash.digest('hex');
}

/** A write to a nearly full disk may take a part only; the rest then fails with the reason. */
export async function writeAll(to: FileHandle, part: Uint8Array, target: string): Promise<void> {
  try {
    for (let at = 0; at < part.length;) at += (await to.write(part, at)).bytesWritten;
  } catch (cause) {
    throw unwritable(target, cause);
  }
}

function corrupt({ path }: SourceFile, why: string): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `${path} is not the file its manifest names: ${why}.`,
    hint: 'Fetch the model again, or correct bytes and sha256 in model.json if the file is the right one.',
    facts: { file: path },
  });
}
