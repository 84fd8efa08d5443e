import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeltaMismatchError, type Delta, type FileRef, type Model } from '@terrace/core';
import { deltaInputs, readSafetensors } from '@terrace/core/engine';

/**
 * Reads the tensors of a delta as the engine will, so that one that cannot be attached is refused now.
 * @param root the folder that the delta's paths start from
 * @throws DeltaMismatchError when a shape is not that of the base, ArtifactCorruptError when a file is damaged
 */
export async function requireFit(root: string, delta: Delta, models: readonly Model[]): Promise<void> {
  const base = models.find(({ id }) => id === delta.base.id);
  if (base?.interface !== 'terrace') {
    throw new DeltaMismatchError({
      message: `The delta "${delta.id}" cannot be used: "${delta.base.id}" does not take a delta as input.`,
      hint: 'Use a base in the layout of the shipped encoders.',
      facts: { delta: delta.id, base: delta.base.id },
    });
  }
  const tensors = async ({ path }: FileRef) => readSafetensors(await readFile(join(root, path)));
  const { interface: layout, layers, hidden, features } = base;
  deltaInputs({
    shape: { interface: layout, layers, hidden, features },
    rank: delta.rank,
    labelCount: delta.labels.length,
    head: await tensors(delta.head),
    adapter: delta.adapter && (await tensors(delta.adapter)),
  });
}
