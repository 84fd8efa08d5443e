import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { QueuedRequest } from '../ports/queue.js';
import type { RequestInput } from '../request/parse-request.js';
import type { Remotes } from '../remote/remotes.js';
import { createReconciler, type Attempt, type Reconciler } from './reconcile.js';
import type { Result } from './result.js';
import type { RuntimePorts } from './stages.js';

type Run = (input: RequestInput, options: { signal: AbortSignal; requestId: string }) => Promise<Result>;

/** Errors that time does not mend. */
const FINAL: ReadonlySet<string> = new Set([
  InvalidRequestError.code,
  UnknownDomainError.code,
  EndpointRefusedError.code,
]);

/**
 * Answers what waits in the queue, whenever an endpoint comes back and from the start on.
 * @returns undefined on a host without a queue
 */
export function answerQueued({
  ports: { queue, reconcile = true, clock, random, onFailure = () => undefined },
  remotes,
  run,
}: {
  ports: RuntimePorts;
  remotes: Pick<Remotes, 'onUp'>;
  run: Run;
}): Reconciler | undefined {
  if (!queue) return undefined;
  const answer = (queued: QueuedRequest, signal: AbortSignal): Promise<Attempt> => attempt(queued, signal, run);
  const reconciler = createReconciler({ queue, clock, random, answer, onFailure });
  if (reconcile) {
    remotes.onUp(reconciler.wake);
    reconciler.wake();
  }
  return reconciler;
}

/** One try. Its deadline is over, and it waits no second time. */
async function attempt({ requestId, request }: QueuedRequest, signal: AbortSignal, run: Run): Promise<Attempt> {
  try {
    const { deadlineMs: _, ...input } = JSON.parse(request) as RequestInput;
    const result = await run({ ...input, whenOffline: 'degrade' }, { signal, requestId });
    const { degraded } = result.verdict;
    if (degraded === 'offline' || degraded === 'tier-failed') return { kind: 'later' };
    return { kind: 'done', result: JSON.stringify(toJson(result)) };
  } catch (error) {
    if (signal.aborted || (TerraceError.isInstance(error) && !FINAL.has(error.code))) return { kind: 'later' };
    const { code, message, hint } = error as Partial<TerraceError>;
    return { kind: 'failed', error: JSON.stringify({ code: code ?? 'INTERNAL', message, hint }) };
  }
}

/** Without the scores of all labels: who reads it later wants the answer. */
const toJson = ({ answer: _, queued: __, confidence, ...result }: Result): object => ({
  ...result,
  confidence: confidence ?? null,
});
