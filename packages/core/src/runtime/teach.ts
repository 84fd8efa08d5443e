import type { Answered } from './go-on.js';
import type { Observation } from '../ports/learning.js';
import type { Testimony } from '../run/run-tier.js';
import { toOutput } from './result.js';

/** Tells whoever learns what was answered, unless it is no label of a domain, or a better answer is to come. */
export function teach({ ports, outer, request, plan, evidence }: Answered): void {
  const { learning, onFailure } = ports;
  const { requestId, output, verdict, confidence, queued } = outer;
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
