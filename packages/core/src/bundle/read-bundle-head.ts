import { canonicalJson } from '../catalog/canonical-json.js';
import { parseFile } from '../catalog/parse.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { StartHash } from '../ports/running-hash.js';
import { brokenBundle } from './broken-bundle.js';
import {
  bundleManifestSchema,
  BUNDLE_MANIFEST,
  MAX_MANIFEST_BYTES,
  MAX_SEAL_BYTES,
  BUNDLE_SEAL,
  sealSchema,
  type BundleEntry,
  type BundleManifest,
  type Seal,
} from './bundle-format.js';
import { BundleReader, type EntrySink } from './bundle-reader.js';
import type { BundleSource } from './bundle-source.js';
import { manifestFault } from './check-manifest.js';
import { archiveBytes, areEqual } from './tar-header.js';

/** A bundle whose manifest was read and holds together. Who signed it is still to be asked. */
export interface BundleHead {
  readonly manifest: BundleManifest;
  /** As they are in the bundle; they are kept to tell later who signed. */
  readonly manifestText: Uint8Array<ArrayBuffer>;
  readonly sealText: Uint8Array<ArrayBuffer>;
  readonly seal: Seal;
  /** Of the files together. */
  readonly bytes: number;
  /**
   * Reads all files, once, in order: `read` is called for each when the one before is whole, and has to read it.
   * @throws InvalidBundleError unless every byte to the end is the one that was promised; what `read` throws
   */
  readFiles(read: (entry: BundleEntry, content: EntryContent) => Promise<void>): Promise<void>;
}

/** Reads the file that it belongs to, as often as it is called. @throws InvalidBundleError when it is not the promised one */
export type EntryContent = (sink: EntrySink) => Promise<void>;

/** @throws InvalidBundleError when it is not a bundle */
export async function readBundleHead(source: BundleSource, startHash: StartHash): Promise<BundleHead> {
  const { name } = source;
  const reader = new BundleReader(source, startHash);
  const manifestText = await reader.small(BUNDLE_MANIFEST, MAX_MANIFEST_BYTES);
  const sealText = await reader.small(BUNDLE_SEAL, MAX_SEAL_BYTES);
  const seal = parse(name, BUNDLE_SEAL, () => parseFile(sealSchema, jsonIn(sealText), 'signature').value);
  // Nothing may be said in it that nobody vouches for.
  if (!areEqual(sealText, new TextEncoder().encode(`${canonicalJson(seal)}\n`)))
    throw brokenBundle(name, `${BUNDLE_SEAL} is damaged`);
  const hash = startHash();
  hash.update(manifestText);
  if (hash.digest() !== seal.sha256)
    throw brokenBundle(name, `${BUNDLE_MANIFEST} is not the one that ${BUNDLE_SEAL} names`);
  const manifest = parse(
    name,
    BUNDLE_MANIFEST,
    () => parseFile(bundleManifestSchema, jsonIn(manifestText), 'bundle').value,
  );
  const fault = manifestFault(manifest, startHash);
  if (fault !== undefined) throw brokenBundle(name, fault);
  const sizes = manifest.files.map(({ bytes }) => bytes);
  const expected = archiveBytes([manifestText.length, sealText.length, ...sizes]);
  return {
    manifest,
    manifestText,
    sealText,
    seal,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    async readFiles(read) {
      // Cheaper to find now than after gigabytes; what exactly is wrong is found where it is.
      if (source.bytes < expected) {
        throw brokenBundle(name, `it ends too early: ${source.bytes} bytes of ${expected}`);
      }
      for (const entry of manifest.files) await read(entry, reader.next(entry));
      await reader.end();
    },
  };
}

function parse<T>(file: string, entry: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = TerraceError.isInstance(cause) ? cause.message.replace(/\.$/, '') : 'it is not JSON';
    throw brokenBundle(file, `${entry} cannot be read: ${why}`, cause);
  }
}

const jsonIn = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
