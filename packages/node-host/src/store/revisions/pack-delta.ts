import { createHash } from 'node:crypto';
import type { PackedDelta } from '@terrace/core/deltas';
import { findDelta } from '../add/stage-delta.js';
import { openSource, openSourceFile, unreadable, type SourceFile } from '../add/source-folder.js';
import { contentId } from '../files/content-id.js';

/** What a delta is known by; a signature or a licence beside it is not part of it. */
const CONTENT = ['delta.json', 'head.safetensors', 'adapter_model.safetensors', 'adapter_config.json'];

/**
 * Reads a delta whole from somebody's folder. Whether it fits its base is asked when it is kept.
 * @throws InvalidRequestError, InvalidCatalogError, ArtifactMissingError
 */
export async function packDelta(folder: string): Promise<PackedDelta> {
  const { manifest, files: found } = await findDelta(await openSource(folder));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, file] of found) files.set(name, await readWhole(file));
  const hashes = CONTENT.flatMap((name) => {
    const bytes = files.get(name);
    return bytes ? [createHash('sha256').update(bytes).digest('hex')] : [];
  });
  return { manifest, contentId: contentId(hashes.toSorted()), files };
}

/** @throws ArtifactMissingError */
export async function readWhole(source: SourceFile): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = await openSourceFile(source);
    try {
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(source.path, cause);
  }
}
