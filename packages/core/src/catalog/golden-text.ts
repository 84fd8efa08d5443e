import { z } from 'zod/mini';

/** More than a self-test should take at the first load. */
const MAX_TEXTS = 16;

/** `golden-text.json`: what comes after some texts, as the model's publisher computed it. */
export const goldenTextSchema = z
  .strictObject({
    what: z.optional(z.string()),
    /** As they are, without a chat template. */
    texts: z.array(z.string().check(z.minLength(1), z.maxLength(1024))).check(z.minLength(1), z.maxLength(MAX_TEXTS)),
    /** The likeliest tokens after each text: ids with the natural log of their probability, best first. */
    top: z
      .array(
        z
          .array(z.tuple([z.int().check(z.nonnegative()), z.number().check(z.maximum(0))]))
          .check(z.minLength(2), z.maxLength(256)),
      )
      .check(z.minLength(1), z.maxLength(MAX_TEXTS)),
  })
  .check(
    z.superRefine(({ texts, top }, context) => {
      if (top.length === texts.length) return;
      const message = `one entry a text: ${texts.length}, not ${top.length}`;
      context.addIssue({ code: 'custom', path: ['top'], message });
    }),
  );

export type GoldenText = z.infer<typeof goldenTextSchema>;
