import type { Evidence } from '../judge/judge.js';
import type { Observation } from '../ports/learning.js';
import type { Request } from '../request/parse-request.js';
import type { Testimony } from '../run/run-tier.js';
import type { Plan } from './planner.js';
import { toOutput, type Result } from './result.js';
import type { RuntimePorts } from './stages.js';

/** Tells whoever learns what was answered, unless it is no label of a domain, or a better answer is to come. */
export function teach(
  { learning, onFailure }: Pick<RuntimePorts, 'learning' | 'onFailure'>,
  { result, request, plan, evidence }: { result: Result; request: Request; plan: Plan; evidence: Evidence },
): void {
  const { requestId, output, verdict, confidence, queued } = result;
  const { text, domain, residency } = request;
  if (!learning || domain === undefined || output.kind !== 'classification' || queued !== undefined) return;
  const { ladderRevision } = plan;
  const { label } = output;
  const said = evidence.testimonies.flatMap(saidBy);
  const answered = { requestId, text, domain, residency, ladderRevision, label, confidence, said };
  try {
    learning.observe({ ...answered, verdict: verdict.kind });
  } catch (error) {
    onFailure?.(error);
  }
}

/** What a tier says by itself, in one shape for scores and labels. */
function saidBy(testimony: Testimony): Observation['said'] {
  const { tier, answer } = testimony;
  const evidence = { testimonies: [testimony], path: [tier.id], answer, calibration: undefined };
  const output = toOutput(evidence, { subDomain: undefined });
  if (output.kind !== 'classification') return [];
  const { label, alternatives } = output;
  return [{ tier: tier.id, placement: tier.placement, label, probability: alternatives[0]?.score }];
}
