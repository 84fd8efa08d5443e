import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import { RequestQueuedError } from '../errors/request-queued-error.js';
import { RuntimeClosedError } from '../errors/runtime-closed-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { Clock } from '../ports/clock.js';
import type { Queue, QueuedRequest } from '../ports/queue.js';
import type { Random } from '../ports/random.js';
import { createReconciler, type Attempt, type Reconciler } from './reconcile.js';

/** What is looked at of a result; the rest of it is kept as it is. */
interface AnsweredRequest {
  /** Set where it was put off once more. */
  readonly queued: string | undefined;
  readonly trace: readonly { readonly kind: string; readonly code?: string }[];
  readonly answer: unknown;
  readonly confidence: number | undefined;
}

/** What answers requests that were put off, and with what. */
export interface QueuePorts {
  readonly queue: Queue;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFailure: (error: unknown) => void;
  /** Answers a request as it was parsed from JSON, under the id it had and for the key it came in with. */
  readonly run: (
    request: object,
    options: { signal: AbortSignal; queuedId: string; key: string | undefined },
  ) => Promise<AnsweredRequest>;
}

/** Errors that time does not mend. */
const FINAL: ReadonlySet<string> = new Set([
  InvalidRequestError.code,
  UnknownDomainError.code,
  EndpointRefusedError.code,
]);

/** Errors that are not about the request: another one would have met them too. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  EndpointUnreachableError.code,
  EndpointOverloadedError.code,
  OverloadedError.code,
  RuntimeClosedError.code,
]);

/**
 * A request on which a tier itself fails, however often it is asked, must not hold up those behind it for good: it ends
 * after so many tries over so long a time. One whose tier cannot be reached waits as long as it takes.
 */
const MOST_FAILURES = 5;
const LONGEST_FAILING_MS = 600_000;

/** Answers what waits in the queue, in order, as often as it is woken. */
export function answerQueued({ queue, clock, random, onFailure, run }: QueuePorts): Reconciler {
  const patience = createPatience(clock);
  const answer = async (queued: QueuedRequest, signal: AbortSignal): Promise<Attempt> => {
    const tried = await attempt(queued, signal, run);
    if (tried.kind !== 'failing') return tried;
    return patience.isOver(queued.requestId) ? tried.atLast : { kind: 'later' };
  };
  return createReconciler({ queue, clock, random, answer, onFailure });
}

/** Counts failures of the request that is next: there is one at a time. */
function createPatience(clock: Pick<Clock, 'nowMs'>) {
  let last: { readonly requestId: string; readonly sinceMs: number; failures: number } | undefined;
  return {
    isOver(requestId: string): boolean {
      if (last?.requestId !== requestId) last = { requestId, sinceMs: clock.nowMs(), failures: 0 };
      last.failures++;
      return last.failures >= MOST_FAILURES && clock.nowMs() - last.sinceMs >= LONGEST_FAILING_MS;
    },
  };
}

/** One try; `failing`: a tier was reached and failed, with what has to do if it goes on like that. */
type Tried = Attempt | { readonly kind: 'failing'; readonly atLast: Attempt };

/** Its deadline is over, and it goes on waiting where it would be put off again. */
async function attempt(
  { requestId, request }: QueuedRequest,
  signal: AbortSignal,
  run: QueuePorts['run'],
): Promise<Tried> {
  try {
    const { deadlineMs: _, key, ...input } = JSON.parse(request) as { deadlineMs?: number; key?: string };
    const result = await run({ ...input, whenOffline: 'queue' }, { signal, queuedId: requestId, key });
    const done: Attempt = { kind: 'done', result: JSON.stringify(toJson(result)) };
    if (result.queued === undefined) return done;
    const failed = result.trace.some(({ kind, code }) => kind === 'failed' && !SAYS_NOTHING.has(code ?? ''));
    return failed ? { kind: 'failing', atLast: done } : { kind: 'later' };
  } catch (error) {
    return signal.aborted ? { kind: 'later' } : afterFailure(error);
  }
}

function afterFailure(error: unknown): Tried {
  const thrown = RequestQueuedError.isInstance(error) ? error.cause : error;
  if (thrown === undefined) return { kind: 'later' };
  const { code = 'INTERNAL', message, hint } = thrown as Partial<TerraceError>;
  if (SAYS_NOTHING.has(code)) return { kind: 'later' };
  const atLast: Attempt = { kind: 'failed', error: JSON.stringify({ code, message, hint }) };
  return TerraceError.isInstance(thrown) && !FINAL.has(code) ? { kind: 'failing', atLast } : atLast;
}

/** Without the scores of all labels: who reads it later wants the answer. */
const toJson = ({ answer: _, queued: __, confidence, ...result }: AnsweredRequest): object => ({
  ...result,
  confidence: confidence ?? null,
});
