import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  ArtifactCorruptError,
  canonicalJson,
  END_BYTES,
  BUNDLE_MANIFEST,
  paddingOf,
  requireBundleable,
  BUNDLE_SEAL,
  tarHeader,
  type BundleManifest,
  type Contents,
  type Seal,
} from '@terrace/core';
import { makeFolder } from '../add/staging.js';
import type { ModelFolders } from '../catalog/model-folders.js';
import { unwritable } from '../files/atomic-file.js';
import { signAs, type Signer } from '../../trust/signing.js';
import { layOut, type LaidOut } from './lay-out.js';

const CHUNK_BYTES = 1 << 20;

export interface WrittenBundle {
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file. */
  readonly sha256: string;
  readonly manifest: BundleManifest;
  readonly seal: Seal;
}

/**
 * Writes models and deltas as one tar file: the manifest, the seal, and the files in the order of their names. The same
 * content gives the same bytes, but for the signature. The file appears when it is whole.
 * @throws InvalidRequestError when a name cannot be in a bundle, ArtifactCorruptError, ArtifactMissingError,
 *   StorageError, and the signal's reason
 */
export async function writeBundle({
  contents,
  folders,
  out,
  signer,
  signal,
  onProgress,
}: {
  contents: Contents;
  folders: ModelFolders;
  out: string;
  /** Undefined for a bundle that nobody vouches for. */
  signer: Signer | undefined;
  signal: AbortSignal;
  onProgress: (doneBytes: number, totalBytes: number) => void;
}): Promise<WrittenBundle> {
  const root = await mkdtemp(join(tmpdir(), 'terrace-bundle-'));
  try {
    const { catalog, files } = await layOut(contents, { folders, root, signal });
    const manifest = requireBundleable({
      format: 1,
      catalog,
      files: files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
    });
    const manifestText = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
    const sha256 = createHash('sha256').update(manifestText).digest('hex');
    const signed = signer && (await signAs(signer, { kind: 'bundle', subject: 'bundle', sha256 }));
    const seal: Seal = { format: 1, sha256, ...(signed && { signed }) };
    const head = [
      { path: BUNDLE_MANIFEST, content: manifestText },
      { path: BUNDLE_SEAL, content: Buffer.from(`${canonicalJson(seal)}\n`) },
    ];
    const written = await writeWhole(out, async (archive) => {
      for (const { path, content } of head) {
        await archive.write(tarHeader(path, content.length));
        await archive.write(content);
        await archive.write(Buffer.alloc(paddingOf(content.length)));
      }
      const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      let done = 0;
      for (const file of files) {
        await appendFile(archive, file, signal, (bytes) => onProgress((done += bytes), total));
      }
      await archive.write(Buffer.alloc(END_BYTES));
    });
    return { file: out, ...written, manifest, seal };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes in order, and hashes what it wrote. */
class Archive {
  readonly #hash = createHash('sha256');
  readonly #handle: FileHandle;
  bytes = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(part: Uint8Array): Promise<void> {
    for (let at = 0; at < part.length;) at += (await this.#handle.write(part, at)).bytesWritten;
    this.#hash.update(part);
    this.bytes += part.length;
  }

  digest = (): string => this.#hash.digest('hex');
}

async function writeWhole(
  out: string,
  write: (archive: Archive) => Promise<void>,
): Promise<{ bytes: number; sha256: string }> {
  const temporary = `${out}.${randomUUID()}.tmp`;
  await makeFolder(dirname(out));
  const handle = await open(temporary, 'wx').catch((cause: unknown) => {
    throw unwritable(out, cause);
  });
  try {
    const archive = new Archive(handle);
    try {
      await write(archive);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, out);
    return { bytes: archive.bytes, sha256: archive.digest() };
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code } = cause as NodeJS.ErrnoException;
    throw code?.startsWith('E') && 'errno' in (cause as object) ? unwritable(out, cause) : cause;
  }
}

/** @throws ArtifactCorruptError when the file is no longer the one its catalog names */
async function appendFile(
  archive: Archive,
  { path, bytes, sha256, source }: LaidOut,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const from = await open(source, 'r');
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(1, bytes)));
    await archive.write(tarHeader(path, bytes));
    for (let at = 0; at < bytes;) {
      signal.throwIfAborted();
      const { bytesRead } = await from.read(chunk, 0, Math.min(chunk.length, bytes - at), at);
      if (bytesRead === 0) throw changed(source);
      const part = chunk.subarray(0, bytesRead);
      hash.update(part);
      await archive.write(part);
      at += bytesRead;
      onBytes(bytesRead);
    }
    if (hash.digest('hex') !== sha256) throw changed(source);
    await archive.write(Buffer.alloc(paddingOf(bytes)));
  } finally {
    await from.close();
  }
}

const changed = (file: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${file} is not the file the catalog names.`,
    hint: 'Replace it with the original; `terrace models verify` checks every file. No bundle was written.',
    facts: { file },
  });
