import { z } from 'zod';
import { writeAtomically } from '../store/files/atomic-file.js';
import { readText } from './read-text.js';
import { factsKeySchema, slowFactsSchema, type FactsKey, type SlowFacts } from './slow-facts.js';

export const factsFileSchema = z.object({ key: factsKeySchema, measuredAtWallMs: z.number(), facts: slowFactsSchema });

/**
 * The cached facts, or `undefined` when there are none, they are damaged, or they are another machine's. It is on the
 * way of every start: the first read through the thread pool and a compiled schema would double what a start costs.
 */
export function readFacts(file: string, key: FactsKey): SlowFacts | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    const cached = factsFileSchema.parse(JSON.parse(text), { jitless: true });
    return sameKey(cached.key, key) ? cached.facts : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the cache at once: a reader sees the old file or the new one, also after a power cut.
 * @returns whether it was written; a read-only disk costs a measurement at every start, not the service
 */
export function writeFacts(
  file: string,
  entry: { readonly key: FactsKey; readonly measuredAtWallMs: number; readonly facts: SlowFacts },
): Promise<boolean> {
  return writeAtomically(file, `${JSON.stringify(entry, null, 2)}\n`).then(
    () => true,
    () => false,
  );
}

function sameKey(a: FactsKey, b: FactsKey): boolean {
  return (
    a.format === b.format && a.cpuModel === b.cpuModel && a.runtimeVersion === b.runtimeVersion && a.arch === b.arch
  );
}
