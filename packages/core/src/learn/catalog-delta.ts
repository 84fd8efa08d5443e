import type { FileRef } from '../catalog/fields.js';
import type { Delta } from '../catalog/schema.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import type { PackedDelta } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';

/**
 * A packed delta as a catalog lists it.
 * @param pathOf where each of its files lies, or will lie
 * @throws ArtifactMissingError when it has no head
 */
export function catalogDelta(
  { manifest, contentId, files }: PackedDelta,
  { pathOf, startHash }: { readonly pathOf: (name: string) => string; readonly startHash: StartHash },
): Delta {
  const { format: _, facts: _facts, subdomains, ...fields } = manifest;
  const describe = (name: string): FileRef | undefined => {
    const bytes = files.get(name);
    if (!bytes) return undefined;
    const hash = startHash();
    hash.update(bytes);
    return { path: pathOf(name), bytes: bytes.length, sha256: hash.digest() };
  };
  const head = describe('head.safetensors');
  if (!head) {
    throw new ArtifactMissingError({
      message: `The delta "${manifest.id}" has no head.safetensors.`,
      hint: 'Fit it anew.',
      facts: { delta: manifest.id },
    });
  }
  const adapter = describe('adapter_model.safetensors');
  const adapterConfig = describe('adapter_config.json');
  return {
    contentId,
    ...fields,
    subDomains: subdomains,
    head,
    ...(adapter && { adapter }),
    ...(adapterConfig && { adapterConfig }),
  };
}
