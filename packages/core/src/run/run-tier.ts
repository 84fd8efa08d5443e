import { labelsOf, type LocalTier, type Tier } from '../catalog/tier.js';
import { EngineError } from '../errors/engine-error.js';
import type { EngineOutput, LoadReport } from '../ports/model-engine.js';
import type { Request } from '../request/parse-request.js';
import type { TierAnswer } from '../tasks/answer.js';
import { taskOf } from '../tasks/task.js';
import type { Job, Scheduler } from './scheduler.js';

/** What one tier contributed to a request. */
export interface Testimony {
  readonly tier: Tier;
  readonly answer: TierAnswer;
  /** Tokens fed to the model, and tokens of the text before it was cut to the context. */
  readonly tokens: number;
  readonly textTokens: number;
  readonly unknownTokens: number;
  /** Tokenization and inference where they ran; of an endpoint, from the call to the answer. */
  readonly runMs: number;
}

/** How a tier came to its testimony. */
export interface TierRun {
  readonly testimony: Testimony;
  readonly report: LoadReport;
  readonly waitedMs: number;
  readonly warm: boolean;
  readonly batch: number;
}

/**
 * Runs one tier of this device on one request.
 * @throws EngineError when the runtime fails or its output does not fit the labels, and what the scheduler throws
 */
export async function runTier({
  scheduler,
  tier,
  request,
  ...how
}: {
  scheduler: Scheduler;
  tier: LocalTier;
  request: Pick<Request, 'task' | 'text' | 'priority'>;
} & Pick<Job, 'load' | 'deadlineAtMs' | 'signal'>): Promise<TierRun> {
  const { task, text, priority } = request;
  const input = { task, text, deltaId: tier.delta?.contentId };
  const { output, ...run } = await scheduler.run({ tier, input, priority, ...how });
  const { values, ...counts } = output;
  return { testimony: { tier, answer: toAnswer(values, tier, task), ...counts }, ...run };
}

function toAnswer(values: EngineOutput['values'], tier: LocalTier, task: Request['task']): TierAnswer {
  if (!areFinite(values)) throw unusable(tier, 'its output holds NaN or infinite values');
  const answer = taskOf(task).read(values, labelsOf(tier));
  if (answer.kind === 'unusable') throw unusable(tier, answer.why);
  return answer;
}

/** A loop, as a callback makes an object of every number. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function unusable({ id, variant }: LocalTier, why: string): EngineError {
  return new EngineError({
    message: `The answer of ${id} (${variant.dtype}) cannot be used: ${why}.`,
    hint: 'Check the files where they are published (`terrace models verify`); if they are sound, the provider computes wrongly here.',
    facts: { tier: id, dtype: variant.dtype },
  });
}
