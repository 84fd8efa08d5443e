import { ContextExceededError } from '../../errors/context-exceeded-error.js';
import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import type { ChatMessage } from '../../tasks/text-generation/messages.js';
import { agreementOf } from '../../text/confidence/agreement.js';
import { featuresOf } from '../../text/confidence/features.js';
import type { TextRow } from '../../text/confidence/fit-text-calibration.js';
import { isRight, type AnswerJudge } from '../../text/confidence/is-right.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { TextResult } from './text-result.js';
import type { TextRuntime } from './text-runtime.js';
import { SAMPLES, TEMPERATURE } from './text-samples.js';
import type { TextStep } from './text-step.js';
import { tokensOf } from './tier-run.js';

/** A question whose right answers are known. */
export interface TextQuestion {
  readonly messages: readonly ChatMessage[];
  /** Any of them is right. */
  readonly answers: readonly string[];
  readonly format: OutputFormat;
}

interface Scoring {
  readonly runtime: Pick<TextRuntime, 'stream' | 'run'>;
  readonly questions: readonly TextQuestion[];
  /** Ids. */
  readonly tiers: readonly string[];
  readonly domain: string | undefined;
  readonly judge: AnswerJudge;
  readonly maxTokens: number;
  /** On how many tokens a stream is to be decided before it is shown. */
  readonly firstTokens: number;
  /** Tiers whose answers are drawn anew to see whether they stay the same. */
  readonly sampled: readonly string[];
  readonly onAnswer?: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Asks every tier every question, one request at a time, and says what is known of each answer and whether it is right. An
 * answer that ended before it was what was asked for is none, and nor is one to a question that is too long.
 * @returns of each tier one row a question
 * @throws what a tier fails with
 */
export async function scoreText(scoring: Scoring): Promise<ReadonlyMap<string, readonly (TextRow | undefined)[]>> {
  const { questions, tiers, onAnswer } = scoring;
  const rows = new Map<string, (TextRow | undefined)[]>(tiers.map((tier) => [tier, []]));
  for (const [at, question] of questions.entries()) {
    for (const tier of tiers) {
      rows.get(tier)!.push(await answered(question, tier, scoring).catch(notAnswered));
    }
    onAnswer?.(at + 1, questions.length);
  }
  return rows;
}

async function answered(question: TextQuestion, tier: string, scoring: Scoring): Promise<TextRow> {
  const { runtime, domain, maxTokens, firstTokens, sampled, judge, signal } = scoring;
  const input: TextRequestInput = {
    task: 'text-generation',
    messages: question.messages.map(({ role, content }) => ({ role, content })),
    generation: { maxTokens, format: question.format as never },
    policy: tier,
    domain,
    holdMs: 0,
  };
  const pieces: Extract<TextStep, { kind: 'text' }>[] = [];
  let result: TextResult | undefined;
  for await (const step of runtime.stream(input, { signal })) {
    if (step.kind === 'text') pieces.push(step);
    else if (step.kind === 'result') result = step.result;
  }
  const [end] = result!.output.choices;
  const { agreement: _, ...known } = result!.features;
  const agreement = sampled.includes(tier) ? await redrawn(end!.text, input, { runtime, signal }) : undefined;
  const unknown = { valid: undefined, checked: undefined, agreement: undefined };
  const first = pieces.flatMap(({ logProbs }) => logProbs).slice(0, firstTokens);
  return {
    early: featuresOf({ pieces: [{ logProbs: first }], end: undefined, signs: unknown }),
    isShort: pieces.reduce((sum, piece) => sum + tokensOf(piece), 0) < firstTokens,
    whole: { ...known, ...(agreement !== undefined && { agreement }) },
    right: isRight(end!.text, question.answers, judge),
  };
}

async function redrawn(
  text: string,
  input: TextRequestInput,
  { runtime, signal }: Pick<Scoring, 'runtime' | 'signal'>,
): Promise<number | undefined> {
  const generation = { ...input.generation, n: SAMPLES, temperature: TEMPERATURE };
  const { output } = await runtime.run({ ...input, generation }, { signal });
  return agreementOf([text, ...output.choices.map((choice) => choice.text)]);
}

/** @throws what says something of the tier */
function notAnswered(error: unknown): undefined {
  if (StructureUnmetError.isInstance(error) || ContextExceededError.isInstance(error)) return undefined;
  throw error;
}
