import { costOfCall } from './cost-of-call.js';
import type { Endpoint } from './endpoint.js';
import { labelsOf, type RemoteTier } from './tier.js';

/** Until a server has counted. */
export const CHARACTERS_PER_TOKEN = 4;
/** A short question, and the instructions around it. */
export const QUESTION_TOKENS = 12;
const INSTRUCTION_TOKENS = 60;
/** A label in JSON. */
const ANSWER_TOKENS = 12;

export interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Of bytes rather than characters: what is written without spaces has more tokens a character. */
export const tokensOfBytes = (utf8Bytes: number): number => Math.ceil(utf8Bytes / CHARACTERS_PER_TOKEN);

/**
 * What one question to a tier that somebody else runs takes. A chat model reads the whole list of labels with every one.
 * @param textTokens of the text that is asked about
 */
export function questionTokens(tier: RemoteTier, textTokens: number = QUESTION_TOKENS): TokenCounts {
  if (!isChat(tier.endpoint)) return { inputTokens: textTokens, outputTokens: 0 };
  const characters = labelsOf(tier).reduce((sum, label) => sum + label.length + 2, 0);
  const inputTokens = textTokens + INSTRUCTION_TOKENS + Math.ceil(characters / CHARACTERS_PER_TOKEN);
  return { inputTokens, outputTokens: ANSWER_TOKENS };
}

/** What that costs, in US dollars. */
export const costOfQuestion = (tier: RemoteTier, textTokens?: number): number =>
  costOfCall(tier.endpoint, questionTokens(tier, textTokens));

/** Tokens of a text are guessed from its bytes: it may have so many times as many. */
const MARGIN = 2;
/** What a body has beside texts and labels. */
const BODY_BYTES = 1024;
/** Beside a label, what a chat model may answer with before it is cut short. */
const MOST_ANSWER_TOKENS = 32;

/** The most that one question can be expected to cost, in US dollars, and to send. */
export function mostOfQuestion(tier: RemoteTier, textBytes: number): { readonly usd: number; readonly bytes: number } {
  const tokens = questionTokens(tier, tokensOfBytes(textBytes));
  const inputTokens = MARGIN * tokens.inputTokens;
  const longest = labelsOf(tier).reduce((most, { length }) => Math.max(most, length), 0);
  const outputTokens = tokens.outputTokens && MOST_ANSWER_TOKENS + MARGIN * longest;
  return {
    usd: costOfCall(tier.endpoint, { inputTokens, outputTokens }),
    bytes: CHARACTERS_PER_TOKEN * inputTokens + BODY_BYTES,
  };
}

const isChat = ({ protocol, tasks }: Endpoint): boolean =>
  (protocol === 'openai' || protocol === 'ai-sdk') && tasks.includes('text-classification');
