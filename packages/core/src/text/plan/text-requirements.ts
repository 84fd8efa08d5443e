import type { TextRequest } from '../request/text-request-schema.js';

/** What a plan for text depends on: not the words, and not what is decided on the way. */
export interface TextRequirements extends Pick<
  TextRequest,
  'domain' | 'deadlineMs' | 'maxCostUsd' | 'residency' | 'policy'
> {
  /** Most tokens of the prompt, as far as they can be told without a tokenizer. */
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** Answers that are drawn side by side. */
  readonly n: number;
}

/** A system message and a few turns, where nobody knows the chat yet. */
const TYPICAL_PROMPT_TOKENS = 512;
/** No tokenizer has fewer bytes a token on text that people write, and most have more. */
const BYTES_PER_TOKEN = 3;
/** What a template adds. */
const TEMPLATE_TOKENS = 64;

/** Of a chat of so many UTF-8 bytes, at most. */
export const promptTokensOf = (textBytes: number): number => Math.ceil(textBytes / BYTES_PER_TOKEN) + TEMPLATE_TOKENS;

/** @param request without a text where a plan is made ahead of one */
export function textRequirementsOf({
  domain,
  deadlineMs,
  maxCostUsd,
  residency,
  policy,
  generation: { maxTokens, n },
  textBytes,
}: Omit<TextRequest, 'messages' | 'textBytes'> & { readonly textBytes?: number | undefined }): TextRequirements {
  const promptTokens = textBytes === undefined ? TYPICAL_PROMPT_TOKENS : promptTokensOf(textBytes);
  return { domain, deadlineMs, maxCostUsd, residency, policy, promptTokens, maxTokens, n };
}
