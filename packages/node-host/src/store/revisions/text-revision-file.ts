import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { idSchema, sha256Schema } from '@terrace/core';
import { z } from 'zod';
import { REVISION_FILE } from './revision-folder.js';

const textRevisionSchema = z.strictObject({
  format: z.literal(1),
  domain: idSchema,
  parent: z.nullable(sha256Schema),
  madeAtWallMs: z.number(),
  origin: z.enum(['attached', 'found']),
  /** Of every text delta of the domain. */
  deltas: z.array(
    z.strictObject({ id: idSchema, contentId: sha256Schema, kind: z.enum(['lora', 'bitdelta', 'prompt']) }),
  ),
});

/** `revision.json` of what a domain's text tiers are changed by. */
export type TextRevisionFile = z.infer<typeof textRevisionSchema>;

/** One kept set of text deltas of a domain; its files lie below the folder as they do in the overlay. */
export interface TextRevision extends Omit<TextRevisionFile, 'format'> {
  readonly id: string;
  readonly folder: string;
}

/** As it will be read again. @throws what zod says of a value that could not be */
export const textRevisionText = (file: TextRevisionFile): string =>
  `${JSON.stringify(textRevisionSchema.parse(file), null, 1)}\n`;

/** @returns undefined where there is none, or one that cannot be used */
export function readTextRevision(folder: string, id: string): TextRevision | undefined {
  try {
    const { format: _, ...said } = textRevisionSchema.parse(
      JSON.parse(readFileSync(join(folder, REVISION_FILE), 'utf8')),
    );
    return { ...said, id, folder };
  } catch {
    return undefined;
  }
}
