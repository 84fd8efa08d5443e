import type { Delta } from '../catalog/schema.js';
import type { Head } from '../delta/fit/head.js';
import { readSafetensors } from '../delta/safetensors.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import type { DeltasPorts } from './deltas-ports.js';

/** The head of a delta that a catalog lists. @throws ArtifactMissingError, ArtifactCorruptError, DeltaMismatchError */
export async function readHead(
  { id, domain, head, labels }: Pick<Delta, 'id' | 'domain' | 'head' | 'labels'>,
  { store, readFile }: Pick<DeltasPorts, 'store' | 'readFile'>,
): Promise<Head> {
  try {
    return parseHead(await readFile(await store.locate(head)), { id, labels });
  } catch (cause) {
    if (!ArtifactMissingError.isInstance(cause)) throw cause;
    throw new ArtifactMissingError({
      message: `The head of "${id}" is lost: ${cause.message}`,
      hint: `Roll back with \`terrace delta rollback ${domain}\`, then fit.`,
      facts: { ...cause.facts, delta: id },
      cause,
    });
  }
}

/** @throws ArtifactCorruptError, DeltaMismatchError */
export function parseHead(
  file: Uint8Array,
  { id, labels }: { readonly id: string; readonly labels: readonly string[] },
): Head {
  const tensors = readSafetensors(file);
  const [weight, bias] = [tensors.get('head.weight'), tensors.get('head.bias')];
  if (weight?.shape[0] === labels.length && bias?.shape[0] === labels.length)
    return { labels, weight: Float32Array.from(weight.data), bias: Float32Array.from(bias.data) };
  throw new DeltaMismatchError({
    message: `The head of "${id}" has not one row for each of its ${labels.length} labels.`,
    hint: 'Fit the delta anew, or fetch it again.',
    facts: { delta: id },
  });
}
