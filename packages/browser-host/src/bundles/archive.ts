import {
  BUNDLE_MANIFEST,
  BUNDLE_SEAL,
  canonicalJson,
  END_BYTES,
  paddingOf,
  requireBundleable,
  tarHeader,
  type BundleEntry,
  type Catalog,
} from '@terrace/core';
import { startHash } from '../store/part.js';

/** A file of a bundle with its bytes, wherever they are. */
export interface ArchivedFile extends BundleEntry {
  readonly content: Blob;
}

/** @throws InvalidRequestError when a name cannot be in a bundle */
export function archive(catalog: Catalog, files: readonly ArchivedFile[]): Blob {
  const entries = files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  const manifest = requireBundleable({ format: 1, catalog, files: entries });
  const text = archivedText(BUNDLE_MANIFEST, `${JSON.stringify(manifest, null, 1)}\n`);
  const seal = archivedText(BUNDLE_SEAL, `${canonicalJson({ format: 1, sha256: text.sha256 })}\n`);
  const blocks = [text, seal, ...files].flatMap(({ path, bytes, content }) => [
    tarHeader(path, bytes),
    content,
    new Uint8Array(paddingOf(bytes)),
  ]);
  return new Blob([...blocks, new Uint8Array(END_BYTES)], { type: 'application/x-tar' });
}

export function archivedText(path: string, text: string | Uint8Array<ArrayBuffer>): ArchivedFile {
  const content = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const hash = startHash();
  hash.update(content);
  return { path, bytes: content.length, sha256: hash.digest(), content: new Blob([content as BlobPart]) };
}
