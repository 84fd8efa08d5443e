import { z } from 'zod/mini';
import type { TierAnswer } from '../tasks/answer.js';
import { answerSchema, answerTokens, classificationPrompt, readLabel } from './classification-prompt.js';
import { noLabel } from './exchange-failure.js';
import { labelConfidence } from './label-confidence.js';
import { atMost, countSchema } from './parse-reply.js';
import { labelAnswer } from './reply-values.js';

/** One way to ask for a label. Servers differ in what they take, and answer what they do not with status 400. */
interface ChatForm {
  readonly structure: 'schema' | 'object' | 'plain';
  readonly logprobs: boolean;
  /** Models that think first take no temperature, and count their thoughts as output. */
  readonly thinks: boolean;
}

/** From the one that says most to the one that asks least of the server. */
export const CHAT_FORMS: readonly ChatForm[] = [
  { structure: 'schema', logprobs: true, thinks: false },
  { structure: 'schema', logprobs: false, thinks: false },
  { structure: 'object', logprobs: false, thinks: false },
  { structure: 'plain', logprobs: false, thinks: false },
  { structure: 'schema', logprobs: false, thinks: true },
];
const THOUGHT_TOKENS = 4096;

interface LabelSpace {
  readonly labels: readonly string[];
  readonly outOfScopeLabel: string | null;
}

/** The body of a chat request, written once a label list; only the user's text is put in for each request. */
export interface ChatTemplate {
  readonly head: string;
  readonly tail: string;
  /** What stands before the text, for an estimate of its tokens. */
  readonly prompt: string;
}

export function chatTemplate(form: ChatForm, model: string, { labels, outOfScopeLabel }: LabelSpace): ChatTemplate {
  const prompt = classificationPrompt(labels, outOfScopeLabel);
  const settings = JSON.stringify({
    model,
    ...(form.thinks
      ? { max_completion_tokens: THOUGHT_TOKENS + answerTokens(labels) }
      : { temperature: 0, max_tokens: answerTokens(labels) }),
    ...(form.logprobs && { logprobs: true, top_logprobs: 5 }),
    ...responseFormat(form, labels),
  });
  const system = JSON.stringify({ role: 'system', content: prompt });
  return { head: `${settings.slice(0, -1)},"messages":[${system},{"role":"user","content":`, tail: '}]}', prompt };
}

function responseFormat({ structure }: ChatForm, labels: readonly string[]): object {
  switch (structure) {
    case 'schema': {
      const json_schema = { name: 'classification', strict: true, schema: answerSchema(labels) };
      return { response_format: { type: 'json_schema', json_schema } };
    }
    case 'object':
      return { response_format: { type: 'json_object' } };
    case 'plain':
      return {};
    default:
      return structure satisfies never;
  }
}

export const usageSchema = z.object({
  prompt_tokens: z.nullish(countSchema),
  completion_tokens: z.nullish(countSchema),
});

export const chatReplySchema = z.object({
  choices: atMost(
    16,
    z.object({
      message: z.object({ content: z.nullish(z.string().check(z.maxLength(65_536))) }),
      logprobs: z.nullish(z.object({ content: z.optional(z.unknown()) })),
    }),
  ),
  usage: z.nullish(usageSchema),
});

/**
 * @param ownConfidence what the server says beside the protocol; the model's own words about its tokens go first
 * @throws RemoteAnswerError
 */
export function readChat(
  endpointId: string,
  { choices }: z.infer<typeof chatReplySchema>,
  labels: readonly string[],
  ownConfidence: number | undefined,
): { readonly answer: TierAnswer; readonly content: string } {
  const { message, logprobs } = choices[0] ?? {};
  const content = message?.content ?? '';
  const found = readLabel(content);
  if (!found) throw noLabel(endpointId);
  const confidence = labelConfidence(logprobs?.content, content, found, labels) ?? ownConfidence;
  return { answer: labelAnswer(endpointId, found.said, labels, confidence), content };
}
