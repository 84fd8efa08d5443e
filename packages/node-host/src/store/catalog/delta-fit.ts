import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeltaMismatchError, type Delta, type FileRef, type Model } from '@terrace/core';
import { deltaInputs, readSafetensors } from '@terrace/core/engine';
import { readJson } from '../files/read-json.js';

/** PEFT computes a scale from decimal numbers, and a root has no end in them. */
const SAME_SCALE = 1e-6;

/**
 * Reads the tensors of a delta as the engine will, so that one that cannot be attached is refused now.
 * @param root the folder that the delta's paths start from
 * @throws DeltaMismatchError when a shape or a scale is not that of the base or of `delta.json`, ArtifactCorruptError when
 *   a file is damaged
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
  const read = ({ path }: FileRef): Promise<Uint8Array> => readFile(join(root, path));
  const { interface: layout, layers, hidden, features } = base;
  const adapter = delta.adapter && (await read(delta.adapter));
  deltaInputs({
    shape: { interface: layout, layers, hidden, features },
    rank: delta.rank,
    scale: delta.scale,
    labelCount: delta.labels.length,
    head: readSafetensors(await read(delta.head)),
    adapter: adapter && readSafetensors(adapter),
  });
  if (!adapter || !delta.adapterConfig) return;
  const config = await readJson(join(root, delta.adapterConfig.path));
  await requireConfig(delta, { config, adapter, shape: { layers, hidden } });
}

/** PEFT's file says of the factors what `delta.json` says. @throws DeltaMismatchError, ArtifactCorruptError */
async function requireConfig(
  { id, base, rank, scale = 1 }: Delta,
  peft: { config: unknown; adapter: Uint8Array; shape: { layers: number; hidden: number } },
): Promise<void> {
  const { importPeft } = await import('@terrace/core/deltas');
  const is = importPeft(peft);
  if (is.rank === rank && Math.abs(is.scale - scale) <= SAME_SCALE * scale) return;
  throw new DeltaMismatchError({
    message: `The delta "${id}" cannot be used: its factors have rank ${is.rank} and scale ${is.scale}; delta.json says rank ${rank} and scale ${scale}.`,
    hint: 'Import the adapter (`terrace delta import FOLDER`), which writes a delta.json that fits.',
    facts: { delta: id, base: base.id },
  });
}
