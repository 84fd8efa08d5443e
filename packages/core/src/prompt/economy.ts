import { z } from 'zod/mini';
import { BRIEFLY } from './brief.js';
import { inEnglish } from '../errors/in-english.js';
import { wrongField } from '../errors/wrong-field.js';

/** How a chat may be made shorter before it is sent; nothing is cut that is not asked for. */
export const economySchema = z.strictObject({
  /** Cuts, in the order below, until it has so few; without it every cut that is on is made once. */
  maxInputTokens: z.optional(z.int().check(z.positive(), z.maximum(1_000_000))),
  /** Runs of blanks and empty lines, outside of code. */
  whitespace: z._default(z.boolean(), false),
  /** Passages that stand in several turns word for word: quoted mails, signatures, greetings. */
  boilerplate: z._default(z.boolean(), false),
  /** Turns of the chat that have least to do with the last one, by the encoder's vectors; needs `maxInputTokens`. */
  relevance: z._default(z.boolean(), false),
  /** The oldest turns, whole; needs `maxInputTokens`. */
  oldestTurns: z._default(z.boolean(), false),
  /** Asks for a short answer: a line at the end of the system prompt, and this many tokens at most. */
  brief: z.optional(
    z.strictObject({
      maxTokens: z.int().check(z.positive(), z.maximum(131_072)),
      /** The line, in the language of the chat. */
      text: z._default(z.string().check(z.trim(), z.minLength(1), z.maxLength(1000)), BRIEFLY),
    }),
  ),
});

/** As a caller writes it. */
export type Economy = z.input<typeof economySchema>;
/** As it was parsed. */
export type ParsedEconomy = z.infer<typeof economySchema>;

/** @throws InvalidRequestError, which says where */
export function parseEconomy(input: unknown): ParsedEconomy {
  const { data, error } = economySchema.safeParse(input, { error: inEnglish, jitless: true });
  if (!data) {
    const { path, message } = error.issues[0]!;
    throw wrongField(['economy', ...path], message);
  }
  for (const cut of ['relevance', 'oldestTurns'] as const) {
    if (data[cut] && data.maxInputTokens === undefined) {
      throw wrongField(['economy', cut], 'turns are left out until `maxInputTokens` is kept, and there is none');
    }
  }
  return data;
}
