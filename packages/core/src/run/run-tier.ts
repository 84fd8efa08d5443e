import { labelsOf, type Tier } from '../catalog/tier.js';
import { EngineError } from '../errors/engine-error.js';
import type { EngineOutput, EngineSession } from '../ports/model-engine.js';
import type { Request } from '../request/parse-request.js';
import type { TierAnswer } from '../tasks/answer.js';
import { taskOf } from '../tasks/task.js';

/** What one tier contributed to a request. */
export interface Testimony {
  readonly tier: Tier;
  readonly answer: TierAnswer;
  /** Tokens fed to the model, and tokens of the text before it was cut to the context. */
  readonly tokens: number;
  readonly textTokens: number;
  readonly unknownTokens: number;
  /** Tokenization and inference where they ran. */
  readonly runMs: number;
}

/**
 * Runs one tier on one request.
 * @throws EngineError when the runtime fails or its output does not fit the labels
 */
export async function runTier({
  session,
  tier,
  request,
  signal,
}: {
  session: EngineSession;
  tier: Tier;
  request: Request;
  signal: AbortSignal | undefined;
}): Promise<Testimony> {
  const input = { task: request.task, text: request.text, deltaId: tier.delta?.contentId };
  const { values, ...counts } = await session.run(input, signal && { signal });
  return { tier, answer: toAnswer(values, tier, request), ...counts };
}

function toAnswer(values: EngineOutput['values'], tier: Tier, { task }: Request): TierAnswer {
  if (!values.every(Number.isFinite)) throw unusable(tier, 'its output holds NaN or infinite values');
  const answer = taskOf(task).read(values, labelsOf(tier));
  if (answer.kind === 'unusable') throw unusable(tier, answer.why);
  return answer;
}

function unusable({ id, variant }: Tier, why: string): EngineError {
  return new EngineError({
    message: `The answer of ${id} (${variant.dtype}) cannot be used: ${why}.`,
    hint: 'Run `terrace models verify`; if the files are sound, the provider computes wrongly here.',
    facts: { tier: id, dtype: variant.dtype },
  });
}
