import type { Answered } from './go-on.js';
import type { Step } from './step.js';
import type { Result } from './result.js';

/**
 * The one of these domains that an answer falls into, by its label or by the sub-domain the label is in. A bound was
 * certified for the answer itself, and for none that follows from it: such a request stays where it is.
 */
export function narrowerOf({ outer, request, plan, evidence, leftMs }: Answered): string | undefined {
  const { output, verdict } = outer;
  if (output.kind !== 'classification' || output.outOfScope || verdict.kind !== 'accept') return undefined;
  // A better answer is to come: each try until then would ask the narrower domain once more.
  if (outer.queued !== undefined) return undefined;
  if (request.maxRisk !== undefined || request.subDomain !== undefined || leftMs <= 0) return undefined;
  const subDomains = evidence.testimonies.at(-1)?.tier.delta?.subDomains ?? {};
  const { label } = output;
  return plan.narrower.find((id) => {
    const name = id.slice(id.indexOf('/') + 1);
    return name === label || (Object.hasOwn(subDomains, name) && subDomains[name]!.includes(label));
  });
}

/**
 * Asks the same request in a domain under its own, with what is left of its time and means: its steps on the clock of
 * the first one, then the answer, or the first one's where none comes. The ledger keeps both.
 */
export async function* narrow(answered: Answered, to: string): AsyncGenerator<Step, Result> {
  const { ports, outer, leftMs, signal, stream, note } = answered;
  signal?.throwIfAborted();
  const { textBytes: _, deadlineMs, maxCostUsd, ...request } = answered.request;
  yield note({ kind: 'narrow', from: request.domain!, to });
  const over = new AbortController();
  const forward = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  if (deadlineMs) void ports.clock.sleep(leftMs, over.signal).then(() => over.abort(new Error('time was up')));
  const input = {
    ...request,
    domain: to,
    // An answer is there already: none is waited for beyond the end of this request.
    whenOffline: 'degrade',
    deadlineMs: deadlineMs && leftMs,
    maxCostUsd: maxCostUsd && Math.max(0, maxCostUsd - outer.costUsd),
  } as const;
  try {
    for await (const step of stream(input, { signal: over.signal })) {
      if (step.kind === 'result') return joined(outer, step.result);
      yield step.kind === 'trace' ? note(step.event) : step;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    yield note({ kind: 'warning', message: `there is no answer of ${to}: ${(error as Error).message}` });
  } finally {
    over.abort();
    signal?.removeEventListener('abort', forward);
  }
  return outer;
}

/** The inner answer with what both took. */
const joined = ({ trace, queued, ...outer }: Result, inner: Result): Result => ({
  ...inner,
  trace,
  queued,
  costUsd: outer.costUsd + inner.costUsd,
  sentBytes: outer.sentBytes + inner.sentBytes,
});
