import { createGrammars } from '../generate/grammar/create-grammars.js';
import type { Grammar, GrammarState, TokenBytes } from '../generate/grammar/grammar.js';
import type { JsonSchema } from '../tasks/text-generation/messages.js';

/** All bytes, and texts of several as tokenizers have them; the last token ends the text. */
const WORDS = [
  '{"',
  '":',
  '", "',
  '"}',
  '},',
  '}]',
  '],',
  ' the',
  'ab',
  'é',
  '日本',
  '👍',
  '  ',
  '\\n',
  '\\u00',
  ',"',
  ' 1',
  '12',
  '00',
  'true',
  'ul',
  '-0',
  '.5',
  'e1',
];
export const BYTES = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...WORDS.map((word) => new TextEncoder().encode(word)),
];
export const END = BYTES.length + 1;
export const TOKENS: TokenBytes = { vocabulary: END + 1, bytesOf: (token) => BYTES[token], endTokens: [END] };
export const grammars = createGrammars(TOKENS);
export const ofSchema = (schema: JsonSchema): Grammar => grammars.compile({ kind: 'schema', schema });

const maskOf = (state: GrammarState): Int32Array => {
  const mask = new Int32Array((TOKENS.vocabulary + 31) >> 5);
  state.mask(mask);
  return mask;
};
const tokensOf = (mask: Int32Array): number[] =>
  Array.from({ length: TOKENS.vocabulary }, (_, token) => token).filter(
    (token) => (mask[token >> 5]! >> (token & 31)) & 1,
  );
/** Tokens that may come next. */
export const allowed = (state: GrammarState): number[] => tokensOf(maskOf(state));
/** Of them, those behind which the text can still end in time. */
export const within = (state: GrammarState, tokens: number): number[] => {
  const mask = new Int32Array((TOKENS.vocabulary + 31) >> 5);
  state.maskWithin(mask, tokens);
  return tokensOf(mask);
};

/** An object with these properties and no others. */
export const closedObject = (
  properties: Record<string, JsonSchema>,
  required = Object.keys(properties),
): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
