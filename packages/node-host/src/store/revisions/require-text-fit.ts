import { DeltaMismatchError, type Model } from '@terrace/core';
import type { TextDelta } from '@terrace/core/text';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFolders } from '../catalog/model-folders.js';
import { readVerified } from '../files/verified-file.js';

/**
 * A text delta belongs to a model that is in the catalog; where the weights are here, its tensors are laid beside them
 * once, so that what cannot be never comes into force.
 * @param root where the delta's file lies
 * @throws DeltaMismatchError, ArtifactCorruptError
 */
export async function requireTextFit(root: string, delta: TextDelta, folders: ModelFolders): Promise<void> {
  const { base, adapter, kind } = delta;
  if (!base || !adapter || kind === 'prompt') return;
  const model = folders.current().models.find(({ id }) => id === base.id);
  const variant = model?.variants.find(({ weights }) => Object.values(base.files).includes(weights.sha256));
  if (!variant) throw noBase(delta, model);
  const { applyTextDelta, readSafetensors } = await import('@terrace/core/deltas');
  const tensors = readSafetensors(await readFile(join(root, adapter.path)));
  if (folders.presence(variant.weights) !== 'here') return;
  const weights = await readVerified(await folders.locate(variant.weights));
  applyTextDelta(weights, { kind, rank: delta.rank, scale: delta.scale, tensors });
}

function noBase({ id, base }: TextDelta, model: Model | undefined): DeltaMismatchError {
  return new DeltaMismatchError({
    message: `The delta "${id}" belongs to a model "${base?.id}" that is not in the catalog${model ? ' with those weights' : ''}.`,
    hint: model
      ? 'Get the delta that was made for these weights.'
      : 'Add the model first (`terrace models pull`, `terrace models add`).',
    facts: { delta: id, base: base?.id },
  });
}
