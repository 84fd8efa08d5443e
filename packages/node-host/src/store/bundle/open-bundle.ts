import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { canonicalJson, InvalidRequestError, parseFile, TerraceError } from '@terrace/core';
import {
  bundleManifestSchema,
  MANIFEST,
  MAX_MANIFEST_BYTES,
  MAX_SEAL_BYTES,
  SEAL,
  sealSchema,
  type BundleManifest,
  type Seal,
} from './bundle-format.js';
import { brokenBundle, BundleReader } from './bundle-reader.js';
import { manifestFault } from './check-manifest.js';
import { archiveBytes } from './tar-header.js';

/** A bundle whose manifest was read and holds together. Who signed it is still to be asked. */
export interface OpenBundle {
  readonly manifest: BundleManifest;
  /** As they are in the bundle; they are kept to tell later who signed. */
  readonly manifestText: Buffer;
  readonly sealText: Buffer;
  readonly seal: Seal;
  /** Of the files together. */
  readonly bytes: number;
  /**
   * Writes the files below an empty folder.
   * @throws InvalidBundleError unless every byte to the end is the one that was promised; StorageError
   */
  unpack(root: string, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** @throws InvalidRequestError when there is no such file, InvalidBundleError when it is not a bundle */
export async function openBundle(file: string): Promise<OpenBundle> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    return await readHead(handle, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHead(handle: FileHandle, file: string): Promise<OpenBundle> {
  const { size } = await regular(handle, file);
  const reader = new BundleReader(handle, file);
  const manifestText = await reader.small(MANIFEST, MAX_MANIFEST_BYTES);
  const sealText = await reader.small(SEAL, MAX_SEAL_BYTES);
  const seal = parse(file, SEAL, () => parseFile(sealSchema, JSON.parse(sealText.toString('utf8')), 'signature').value);
  // Nothing may be said in it that nobody vouches for.
  if (`${canonicalJson(seal)}\n` !== sealText.toString('utf8')) throw brokenBundle(file, `${SEAL} is damaged`);
  if (createHash('sha256').update(manifestText).digest('hex') !== seal.sha256) {
    throw brokenBundle(file, `${MANIFEST} is not the one that ${SEAL} names`);
  }
  const manifest = parse(
    file,
    MANIFEST,
    () => parseFile(bundleManifestSchema, JSON.parse(manifestText.toString('utf8')), 'bundle').value,
  );
  const fault = manifestFault(manifest);
  if (fault !== undefined) throw brokenBundle(file, fault);
  const sizes = manifest.files.map(({ bytes }) => bytes);
  const expected = archiveBytes([manifestText.length, sealText.length, ...sizes]);
  return {
    manifest,
    manifestText,
    sealText,
    seal,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    async unpack(root, onBytes, signal) {
      // Cheaper to find now than after gigabytes; what exactly is wrong is found where it is.
      if (size < expected) throw brokenBundle(file, `it ends too early: ${size} bytes of ${expected}`);
      for (const entry of manifest.files) await reader.extract(entry, root, onBytes, signal);
      await reader.end();
    },
    close: () => handle.close(),
  };
}

async function regular(handle: FileHandle, file: string): Promise<{ size: number }> {
  const entry = await handle.stat();
  if (entry.isFile()) return entry;
  throw unreadable(file, new Error('it is not a file'));
}

function parse<T>(file: string, entry: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = TerraceError.isInstance(cause) ? cause.message.replace(/\.$/, '') : 'it is not JSON';
    throw brokenBundle(file, `${entry} cannot be read: ${why}`, cause);
  }
}

function unreadable(file: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError({
    message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Name a file that `terrace models bundle` wrote.',
    facts: { file },
    cause,
  });
}
