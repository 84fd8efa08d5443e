import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogSchema, fileSchema, idSchema, sha256Schema, type FileRef } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import { z } from 'zod';
import { REVISION_FILE } from './revision-folder.js';

const share = z.number().min(-1).max(1);
const differenceSchema = z.strictObject({
  value: share,
  interval: z.tuple([share, share]).readonly(),
  rows: z.number().int().nonnegative(),
});
const comparisonSchema = z.strictObject({
  accuracy: differenceSchema,
  subDomains: z.record(z.string(), differenceSchema),
  costRatio: z.number().nonnegative(),
});
const decisionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('promote'),
    reason: z.enum(['first', 'better', 'equal-and-cheaper']),
    comparison: comparisonSchema,
  }),
  z.strictObject({
    kind: z.literal('keep'),
    reason: z.enum(['worse', 'sub-domain-worse', 'not-better', 'no-better-than-guessing', 'too-few-rows']),
    subDomain: z.string().optional(),
    comparison: comparisonSchema,
  }),
]);

/** `revision.json`: what the folder of a kept revision does not say by its name. */
const revisionFileSchema = z.strictObject({
  format: z.literal(1),
  domain: idSchema,
  parent: z.nullable(sha256Schema),
  madeAtWallMs: z.number(),
  origin: z.enum(['fitted', 'learnt', 'composed', 'imported', 'attached', 'detached', 'found']),
  /** Of the whole ladder: those of the folder, and those that ship and were not replaced. */
  deltas: catalogSchema.shape.deltas,
  calibration: z.nullable(fileSchema),
  /** Content ids of what lies in the folder itself. */
  own: z.strictObject({ deltas: z.array(sha256Schema), calibration: z.nullable(sha256Schema) }),
  decision: decisionSchema.optional(),
});

export type RevisionFile = z.infer<typeof revisionFileSchema>;

/** A kept revision, and what only this host knows of it. */
export interface KeptRevision {
  readonly revision: Revision;
  /** Its deltas and calibration lie below, at the paths they have in the overlay. */
  readonly folder: string;
  readonly calibration: FileRef | undefined;
  readonly own: RevisionFile['own'];
}

/** As it will be read again. @throws what zod says of a value that could not be */
export const revisionText = (file: RevisionFile): string =>
  `${JSON.stringify(revisionFileSchema.parse(file), null, 1)}\n`;

/**
 * Read at once, as looking for a file may not wait.
 * @returns undefined where there is none, or one that cannot be used
 */
export function readRevision(folder: string, id: string): KeptRevision | undefined {
  try {
    const text = readFileSync(join(folder, REVISION_FILE), 'utf8');
    const { format: _, parent, calibration, own, decision, ...said } = revisionFileSchema.parse(JSON.parse(text));
    const revision: Revision = { ...said, id, parent: parent ?? undefined, decision };
    return { revision, folder, calibration: calibration ?? undefined, own };
  } catch {
    return undefined;
  }
}
