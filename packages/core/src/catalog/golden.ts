import { z } from 'zod/mini';
import { idSchema } from './fields.js';

/** More texts than a self-test should take at the first load of a model, and longer ones than any context. */
const MAX_TEXTS = 64;
const MAX_TEXT_LENGTH = 4096;
const MAX_WIDTH = 8192;

const perText = <T extends z.ZodMiniType>(item: T) => z.array(item).check(z.minLength(1), z.maxLength(MAX_TEXTS));

/** `golden.json`: texts and what the models of a family answer to them, computed in float by their publisher. */
export const goldenSchema = z
  .strictObject({
    what: z.optional(z.string()),
    texts: perText(z.string().check(z.minLength(1), z.maxLength(MAX_TEXT_LENGTH))),
    /** One list a text, with [CLS] and [SEP]. */
    tokenIds: perText(z.array(z.int().check(z.nonnegative())).check(z.minLength(1), z.maxLength(MAX_TEXT_LENGTH))),
    /** Model id to unit embeddings without a delta, one a text. */
    embeddings: z.record(idSchema, perText(z.array(z.number()).check(z.minLength(1), z.maxLength(MAX_WIDTH)))),
  })
  .check(
    z.superRefine(({ texts, tokenIds, embeddings }, context) => {
      for (const [name, list] of [['tokenIds', tokenIds] as const, ...Object.entries(embeddings)]) {
        if (list.length === texts.length) continue;
        const path = name === 'tokenIds' ? ['tokenIds'] : ['embeddings', name];
        context.addIssue({ code: 'custom', path, message: `one entry a text: ${texts.length}, not ${list.length}` });
      }
    }),
  );

export type Golden = z.infer<typeof goldenSchema>;
