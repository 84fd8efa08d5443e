import { z } from 'zod';
import { idSchema } from './fields.js';

/** More texts than a self-test should take at the first load of a model, and longer ones than any context. */
const MAX_TEXTS = 64;
const MAX_TEXT_LENGTH = 4096;
const MAX_WIDTH = 8192;

const perText = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(MAX_TEXTS);

/** `golden.json`: texts and what the models of a family answer to them, computed in float by their publisher. */
export const goldenSchema = z
  .strictObject({
    what: z.string().optional(),
    texts: perText(z.string().min(1).max(MAX_TEXT_LENGTH)),
    /** One list a text, with [CLS] and [SEP]. */
    tokenIds: perText(z.array(z.number().int().nonnegative()).min(1).max(MAX_TEXT_LENGTH)),
    /** Model id to unit embeddings without a delta, one a text. */
    embeddings: z.record(idSchema, perText(z.array(z.number()).min(1).max(MAX_WIDTH))),
  })
  .superRefine(({ texts, tokenIds, embeddings }, context) => {
    for (const [name, list] of [['tokenIds', tokenIds] as const, ...Object.entries(embeddings)]) {
      if (list.length === texts.length) continue;
      const path = name === 'tokenIds' ? ['tokenIds'] : ['embeddings', name];
      context.addIssue({ code: 'custom', path, message: `one entry a text: ${texts.length}, not ${list.length}` });
    }
  });

export type Golden = z.infer<typeof goldenSchema>;
