import { fillForm, findAllowed, type Finding, type Result } from '@terrace/core';
import type { AnswerForm } from './chat-request.js';
import { likeliest } from './likeliest.js';

/** One token with how likely it was, as the API writes it. */
interface TokenLogProb {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenLogProb, 'top_logprobs'>[];
}

/** What the assistant says. */
export type ChatAnswer =
  | { readonly kind: 'content'; readonly content: string; readonly tokens: readonly TokenLogProb[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: string }
  /** In words for a person, where nothing true has the asked form. */
  | { readonly kind: 'refusal'; readonly refusal: string };

/** What the API writes for "next to impossible". */
const LEAST_LOG_PROB = -9999;
const NO_LABEL = 'The text belongs to none of the labels that the schema allows.';
const NO_CONFIDENCE = 'The schema requires a confidence, and nobody can say how sure this answer is.';

/** A classification, told in the form that was asked for. Pure. */
export function tellChat(form: AnswerForm, result: Result, topLogProbs: number | undefined): ChatAnswer {
  const finding = findAllowed(result, form.kind === 'text' ? undefined : form.form.allowed);
  if (!finding) return { kind: 'refusal', refusal: NO_LABEL };
  const tokens = (content: string) =>
    topLogProbs === undefined ? [] : tokensOf(content, finding, likeliest(result, topLogProbs));
  if (form.kind === 'text') return { kind: 'content', content: finding.label, tokens: tokens(finding.label) };
  const filled = fillForm(form.form.root, finding);
  if (filled === undefined) return { kind: 'refusal', refusal: NO_CONFIDENCE };
  const json = JSON.stringify(filled);
  return form.kind === 'tool'
    ? { kind: 'call', name: form.name, arguments: json }
    : { kind: 'content', content: json, tokens: tokens(json) };
}

/** The label is one token; the rest of a form could not have been otherwise. */
function tokensOf(content: string, finding: Finding, top: ReturnType<typeof likeliest>): readonly TokenLogProb[] {
  const { label, confidence } = finding;
  const written = content === label ? label : JSON.stringify(label).slice(1, -1);
  const at = content.lastIndexOf(written);
  const certain = (token: string): TokenLogProb[] =>
    token === '' ? [] : [{ ...withBytes(token, 0), top_logprobs: [] }];
  const known = top.find((each) => each.label === label)?.logProb;
  const logProb = confidence === undefined ? (known ?? LEAST_LOG_PROB) : Math.log(confidence);
  return [
    ...certain(content.slice(0, at)),
    {
      ...withBytes(written, logProb),
      top_logprobs: top.map((each) => withBytes(each.label, each.logProb)),
    },
    ...certain(content.slice(at + written.length)),
  ];
}

const withBytes = (token: string, logProb: number): Omit<TokenLogProb, 'top_logprobs'> => ({
  token,
  logprob: Math.max(LEAST_LOG_PROB, logProb),
  bytes: [...Buffer.from(token)],
});
