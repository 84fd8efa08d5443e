import type { CacheFacts } from '../cache/cache-facts.js';
import type { Placement, TaskId } from '../catalog/fields.js';
import type { Degradation, Next } from '../escalate/escalate.js';
import type { Evidence, Judgement } from '../judge/judge.js';
import type { Certificate } from '../judge/risk-control.js';
import type { Output, TierAnswer } from '../tasks/answer.js';
import { labelOnly, toClassification } from '../tasks/text-classification/to-classification.js';
import type { Plan } from './planner.js';
import type { TraceEvent } from './trace.js';

/** Whether an answer meets what was asked, and why. */
export interface Verdict {
  /** `abstain`: the best answer is attached, but it does not meet what was asked. */
  readonly kind: 'accept' | 'abstain';
  readonly reason: Extract<Next, { kind: 'stop' }>['reason'];
  /** Whether the confidence is calibrated for the way this answer was found. */
  readonly calibrated: boolean;
  /** What the bound of the request rests on. It covers data like its calibration data and nothing else. */
  readonly certificate: Certificate | undefined;
  /** Why this is only the best so far. */
  readonly degraded: Degradation | undefined;
}

/** The answer to a request, and how it came about. */
export interface Result<T extends TaskId = TaskId> {
  readonly requestId: string;
  readonly output: Output<T>;
  /** The last tier whose scores are in the answer. */
  readonly tier: string;
  readonly placement: Placement;
  /** Every tier whose scores are in the answer. */
  readonly path: readonly string[];
  /** Calibrated probability of being right, in [0, 1]; undefined where the task has none. */
  readonly confidence: number | undefined;
  readonly verdict: Verdict;
  /**
   * What `output` was read from: of a classification, the log-probability of every label where they are known; of one
   * tier as it gave them, of several fused.
   */
  readonly answer: TierAnswer;
  /** What calls to other machines cost, in US dollars; 0 when the device answered by itself. */
  readonly costUsd: number;
  /** Bytes of the bodies that were sent to other machines. */
  readonly sentBytes: number;
  /** The id under which the request waits for a tier that cannot be reached; undefined when it does not. */
  readonly queued: string | undefined;
  /** Where it was not computed. */
  readonly cache?: CacheFacts | undefined;
  readonly trace: readonly TraceEvent[];
}

/** Without a calibration only the label itself says that a text is foreign. */
const NO_THRESHOLD = Infinity;

/** The answer in one shape, whichever tier gave it. */
export function toOutput(
  { answer, testimonies, calibration }: Evidence,
  { subDomain }: { subDomain: string | undefined },
): Output {
  if (answer.kind === 'embedding') return { kind: 'embedding', vector: toNumbers(answer.vector) };
  const delta = testimonies.at(-1)?.tier.delta;
  const within = subDomain === undefined ? undefined : (delta?.subDomains[subDomain] ?? []);
  const outOfScopeLabel = delta?.outOfScopeLabel ?? null;
  if (answer.kind === 'label') return labelOnly({ ...answer, outOfScopeLabel, within });
  return toClassification({
    labels: answer.labels,
    logProbs: answer.logProbs,
    outOfScopeLabel,
    outOfScopeThreshold: calibration?.outOfScopeThreshold ?? NO_THRESHOLD,
    within,
  });
}

/** What `Array.from` does, in a sixth of the time and a tenth of the garbage. */
function toNumbers(vector: Float32Array): number[] {
  const numbers = new Array<number>(vector.length);
  for (let i = 0; i < vector.length; i++) numbers[i] = vector[i]!;
  return numbers;
}

export function toVerdict(judgement: Judgement, next: Extract<Next, { kind: 'stop' }>, plan: Plan): Verdict {
  return {
    kind: next.verdict,
    reason: next.reason,
    calibrated: judgement.calibrated,
    // The bound was certified for whole walks up the ladder; a walk cut short is another policy.
    certificate: judgement.calibrated && next.degraded === undefined ? plan.certificate : undefined,
    degraded: next.degraded,
  };
}
