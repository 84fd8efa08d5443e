import { z } from 'zod/mini';
import type { SaidLabel } from './classification-prompt.js';
import { atMost } from './parse-reply.js';

const tokenSchema = z.object({
  token: z.string().check(z.maxLength(4096)),
  /** Servers write -9999 for "never", and a little more than 0 for "certainly". */
  logprob: z.number().check(z.maximum(0.01)),
  bytes: z.nullish(atMost(4096, z.int().check(z.minimum(0), z.maximum(255)))),
});
const scoredSchema = atMost(16_384, z.extend(tokenSchema, { top_logprobs: z.nullish(atMost(32, tokenSchema)) }));

type ScoredToken = z.infer<typeof scoredSchema>[number];

/**
 * P(label) as the model that wrote it sees it: the product of the probabilities of the tokens that its letters are in.
 * The quote behind it counts where another label begins alike: only there is ending it a choice.
 * @param logprobs as `choices[].logprobs.content` has them, unchecked
 * @returns undefined where they are missing, malformed or not those of the answer
 */
export function labelConfidence(
  logprobs: unknown,
  content: string,
  { start, end, isQuoted, said }: SaidLabel,
  labels: readonly string[],
): number | undefined {
  if (logprobs === undefined || logprobs === null) return undefined;
  const parsed = scoredSchema.safeParse(logprobs);
  if (!parsed.success || parsed.data.length === 0) return undefined;
  const spans = spansOf(parsed.data, content);
  if (!spans) return undefined;
  let sum = 0;
  for (const { token, from, to } of spans) if (from < end && to > start) sum += token.logprob;
  const closing = spans.find(({ from }) => from === end)?.token;
  const mayGoOn = labels.some((label) => label.length > said.length && label.startsWith(said));
  if (mayGoOn && isQuoted && closing) sum += Math.log(closingProbability(closing));
  return Math.min(1, Math.exp(sum));
}

/** Whatever follows the quote (a bracket, a line break), the label has ended. */
function closingProbability({ token, logprob, top_logprobs: top }: ScoredToken): number {
  const alternatives = (top ?? []).filter((each) => each.token !== token && each.token.startsWith('"'));
  return Math.min(
    1,
    [logprob, ...alternatives.map((each) => each.logprob)].reduce((sum, each) => sum + Math.exp(each), 0),
  );
}

interface Span {
  readonly token: ScoredToken;
  /** In UTF-16 units of the content. */
  readonly from: number;
  readonly to: number;
}

/** Where each token lies in the content; undefined when together they are not the content. */
function spansOf(tokens: readonly ScoredToken[], content: string): Span[] | undefined {
  const whole = tokens.map(({ token }) => token).join('');
  // Servers may score an end token that is not in the content.
  if (whole.startsWith(content)) return laidOut(tokens, ({ token }) => token.length);
  // Characters that are split between tokens are given as bytes.
  const lengths = tokens.map(({ bytes }) => bytes?.length);
  if (lengths.includes(undefined)) return undefined;
  const bytes = Uint8Array.from(tokens.flatMap((token) => token.bytes ?? []));
  const expected = new TextEncoder().encode(content);
  if (bytes.length < expected.length || expected.some((byte, i) => byte !== bytes[i])) return undefined;
  const unitAt = unitsOfBytes(content);
  return laidOut(tokens, (token) => token.bytes?.length ?? 0).map((span) => ({
    ...span,
    from: unitAt(span.from),
    to: unitAt(span.to),
  }));
}

function laidOut(tokens: readonly ScoredToken[], lengthOf: (token: ScoredToken) => number): Span[] {
  let at = 0;
  return tokens.map((token) => ({ token, from: at, to: (at += lengthOf(token)) }));
}

/** From an offset in the UTF-8 form to one in the string; an offset within a character is at its beginning. */
function unitsOfBytes(content: string): (offset: number) => number {
  const units: number[] = [];
  let unit = 0;
  for (const character of content) {
    for (let i = 0; i < utf8Length(character); i++) units.push(unit);
    unit += character.length;
  }
  return (offset) => units[offset] ?? unit + Math.max(0, offset - units.length);
}

function utf8Length(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}
