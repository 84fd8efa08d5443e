import { readFileSync } from 'node:fs';
import type { SelfTestRecord, SelfTestRecords } from '@terrace/core';
import { createTurns } from '@terrace/core/engine';
import { z } from 'zod';
import { writeAtomically } from './files/atomic-file.js';

/** Oldest ones go first; a device sees a few variants and versions a year. */
const MAX_RECORDS = 512;

const numbers = z.record(z.string(), z.number());
const basis = z.enum(['golden', 'cpu', 'wasm', 'form']);
const recordSchema = z.object({
  variantId: z.string(),
  provider: z.string(),
  runtimeVersion: z.string(),
  cpu: z.string(),
  format: z.number().int(),
  verdict: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('passed'), basis, numbers }),
    z.object({ kind: z.literal('failed'), basis, reason: z.string(), numbers }),
    z.object({ kind: z.literal('outrun') }),
  ]),
  runMs: z.number().optional(),
  testedAtWallMs: z.number(),
});
export const selfTestFileSchema = z.object({ format: z.literal(1), records: z.array(recordSchema) });

/**
 * Self-tests in one JSON file. It is on the way of a cold start: read at once and without the thread pool. A damaged
 * file is an empty one, which costs a test each.
 */
export function openSelfTestFile(file: string): SelfTestRecords {
  const turns = createTurns();
  const own = new Map<string, SelfTestRecord>();

  /** What other processes kept meanwhile, and what this one knows. */
  const all = (): SelfTestRecord[] => {
    const merged = new Map(readRecords(file).map((record) => [nameOf(record), record]));
    for (const [name, record] of own) merged.set(name, record);
    return [...merged.values()];
  };

  return {
    list: async () => all(),
    async put(record) {
      own.set(nameOf(record), record);
      await turns(async () => {
        const records = all()
          .toSorted((a, b) => b.testedAtWallMs - a.testedAtWallMs)
          .slice(0, MAX_RECORDS);
        await writeAtomically(file, `${JSON.stringify({ format: 1, records }, null, 1)}\n`);
      });
    },
  };
}

function readRecords(file: string): SelfTestRecord[] {
  try {
    return selfTestFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')), { jitless: true }).records;
  } catch {
    return [];
  }
}

const nameOf = ({ variantId, provider, runtimeVersion, cpu, format }: SelfTestRecord): string =>
  JSON.stringify([variantId, provider, runtimeVersion, cpu, format]);
