import {
  bulkhead,
  BulkheadRejectedError,
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  CountBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
  timeout,
  TimeoutStrategy,
  type IBreaker,
} from 'cockatiel';
import { EndpointFailedError } from '../errors/endpoint-failed-error.js';
import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { createAllowance } from './allowance.js';
import { waitFor } from '../wait/wait-for.js';

/** Calls to one endpoint at a time, and calls that may wait for their turn. */
const AT_ONCE = 64;
const WAITING = 1024;
/** Tries after the first one. */
const RETRIES = 2;
/** Retries as a share of all calls. */
const RETRY_SHARE = 0.2;
const RETRY_BURST = 10;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** The breaker looks at so many calls, once it has seen a few, and opens when more than half of them failed. */
const LOOK_BACK = 20;
const LEAST_CALLS = 5;

type Work<T> = (signal: AbortSignal) => Promise<T>;

interface CallOptions {
  readonly signal: AbortSignal;
  /** A call that is given up after so long says that the endpoint does not answer. */
  readonly slowAfterMs: number;
  /** Whether it may be made once more after this failure. */
  readonly mayRepeat: (error: unknown) => boolean;
  /** Of what goes on after it has answered: only this says whether it was a success. */
  readonly ended?: Promise<void> | undefined;
}

/** What stands between a request and an endpoint that may fail. */
export interface Faults {
  /**
   * @throws what the last try failed with; EndpointOverloadedError when too many calls wait; the signal's reason, as
   *   soon as it aborts
   */
  execute<T>(work: Work<T>, options: CallOptions): Promise<T>;
  /**
   * One call while the breaker is open: it closes when this succeeds.
   * @throws what the call fails with; EndpointUnreachableError when a user's call that was still under way has failed
   *   meanwhile and the breaker stays open
   */
  probe(work: Work<unknown>, signal?: AbortSignal): Promise<void>;
  /** Whether users' requests may be sent. */
  isClosed(): boolean;
}

/**
 * Timeout, breaker, retries and bulkhead of one endpoint. A user's request never probes an open breaker.
 * @param onBreak told with what opened the breaker
 */
export function createFaults({
  timeoutMs,
  clock,
  random,
  onBreak,
}: {
  timeoutMs: number;
  clock: Pick<Clock, 'nowMs'>;
  random: Random;
  onBreak: (error: Error) => void;
}): Faults {
  const retryBudget = createAllowance({ share: RETRY_SHARE, burst: RETRY_BURST });
  let isFinal = false;
  const counting = new CountBreaker({ threshold: 0.5, size: LOOK_BACK, minimumNumberOfCalls: LEAST_CALLS });
  const breaker: IBreaker = {
    get state() {
      return counting.state;
    },
    set state(value) {
      counting.state = value as typeof counting.state;
    },
    success: (state) => counting.success(state),
    failure(state) {
      const opens = counting.failure(state) || isFinal;
      isFinal = false;
      return opens;
    },
  };
  const circuit = circuitBreaker(
    handleWhen((error) => {
      isFinal ||= saysAllAtOnce(error);
      return error instanceof GivenUp || isFault(error);
    }),
    // When to probe is decided elsewhere; a clock on the wall that is set back must not hold it off.
    { halfOpenAfter: -Infinity, breaker },
  );
  circuit.onBreak((reason) => {
    if ('error' in reason) onBreak(reason.error instanceof GivenUp ? reason.error.meaning : reason.error);
  });
  const isClosed = (): boolean => circuit.state === CircuitState.Closed;
  // What is called ends when its signal aborts: it need not be raced as well.
  const limit = timeout(timeoutMs, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false });
  const again = retry(
    handleWhen((error) => isTransient(error) && isClosed() && waitOf(error) <= LONGEST_PAUSE_MS && retryBudget.take()),
    {
      maxAttempts: RETRIES,
      backoff: new DelegateBackoff(({ attempt, result }) =>
        'error' in result
          ? Math.max(waitOf(result.error), FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random()))
          : FIRST_PAUSE_MS,
      ),
    },
  );
  const crowd = bulkhead(AT_ONCE, WAITING);

  /** One try. The breaker would let a user's request through as its probe: it is kept out here. */
  const attempt = <T>(work: Work<T>, { signal, slowAfterMs, ended }: CallOptions): Promise<T> => {
    if (!isClosed()) return Promise.reject(isOpen());
    const begin = async (): Promise<T> => {
      const fromMs = clock.nowMs();
      let isOver: AbortSignal | undefined;
      try {
        return await limit.execute(({ signal: limited }) => work((isOver = limited)), signal);
      } catch (error) {
        if (signal.aborted) {
          const waitedMs = clock.nowMs() - fromMs;
          throw waitedMs >= slowAfterMs ? new GivenUp(noAnswer(waitedMs), signal.reason) : signal.reason;
        }
        throw isOver?.aborted ? noAnswer(timeoutMs) : error;
      }
    };
    if (!ended) return circuit.execute(begin, signal);
    return new Promise((resolve, reject) => {
      const counted = circuit.execute(async () => {
        resolve(await begin());
        await ended;
      }, signal);
      counted.catch(reject);
    });
  };

  return {
    async execute<T>(work: Work<T>, options: CallOptions): Promise<T> {
      const { signal, mayRepeat } = options;
      retryBudget.earn();
      const once = async (): Promise<T> => {
        signal.throwIfAborted();
        try {
          return await attempt(work, options);
        } catch (error) {
          throw mayRepeat(error) ? error : new Enough(error);
        }
      };
      /** Nearly all calls are made once: what repeats them comes in when the first has failed. */
      const againAfter = (failure: unknown): Promise<T> => {
        let isFirst = true;
        return again.execute(() => {
          if (!isFirst) return once();
          isFirst = false;
          throw failure;
        }, signal);
      };
      // It is not told of the signal: whoever gives up while waiting would take the turn of the next one along.
      const inTurn = crowd.execute(() => {
        signal.throwIfAborted();
        return once().catch(againAfter);
      });
      try {
        return await waitFor(inTurn, signal);
      } catch (thrown) {
        const error = thrown instanceof Enough ? thrown.reason : thrown;
        if (error instanceof GivenUp) throw error.reason;
        if (error instanceof BulkheadRejectedError) throw tooMany();
        throw error instanceof BrokenCircuitError ? isOpen() : error;
      }
    },
    async probe(work, signal) {
      const once = circuit.execute(async () => {
        let isOver: AbortSignal | undefined;
        try {
          return await limit.execute(({ signal: limited }) => work((isOver = limited)), signal);
        } catch (error) {
          // Whatever a probe fails with is a failure: otherwise the breaker would close.
          throw new GivenUp(isOver?.aborted ? noAnswer(timeoutMs) : (error as Error), error);
        }
      });
      await once.catch((error: unknown) => {
        throw error instanceof GivenUp ? error.reason : error;
      });
      if (!isClosed()) throw isOpen();
    },
    isClosed,
  };
}

/** A call that was given up because it took too long. The caller is told why it was given up, the breaker what it means. */
class GivenUp extends Error {
  constructor(
    readonly meaning: Error,
    readonly reason: unknown,
  ) {
    super(meaning.message);
  }
}

/** A failure behind which nothing is tried any more. */
class Enough extends Error {
  constructor(readonly reason: unknown) {
    super('enough was tried');
  }
}

/** May be tried again at once or after a pause: what is asked has no effects. */
const isTransient = (error: unknown): boolean =>
  EndpointUnreachableError.isInstance(error) ||
  EndpointFailedError.isInstance(error) ||
  EndpointOverloadedError.isInstance(error);

/** Says that the endpoint is not well; a refusal (a wrong request, too many of them) does not. */
const isFault = (error: Error): boolean =>
  EndpointUnreachableError.isInstance(error) ||
  EndpointFailedError.isInstance(error) ||
  RemoteAnswerError.isInstance(error) ||
  (EndpointOverloadedError.isInstance(error) && error.facts['status'] === 503);

/** Nobody there, or somebody else: a second try would tell no more. */
const saysAllAtOnce = (error: Error): boolean =>
  (EndpointUnreachableError.isInstance(error) && error.facts['phase'] === 'connect') ||
  (RemoteAnswerError.isInstance(error) && error.facts['fault'] === 'protocol');

/** How long the endpoint asks to be left alone. */
export const waitOf = (error: unknown): number =>
  EndpointOverloadedError.isInstance(error) && typeof error.facts['retryAfterMs'] === 'number'
    ? error.facts['retryAfterMs']
    : 0;

const noAnswer = (waitedMs: number): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: `The endpoint gave no answer within ${Math.round(waitedMs)} ms.`,
    hint: 'Look at the endpoint and the network; `terrace tiers` shows when it answers again.',
    facts: { phase: 'answer', waitedMs: Math.round(waitedMs) },
  });

const isOpen = (): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: 'The endpoint failed a moment ago and is being watched until it answers again.',
    hint: '`terrace tiers` shows its state.',
    facts: { phase: 'held' },
  });

const tooMany = (): EndpointOverloadedError =>
  new EndpointOverloadedError({
    message: `${AT_ONCE} calls to the endpoint are under way and ${WAITING} wait.`,
    hint: 'Send fewer at a time.',
    facts: { waiting: WAITING, retryAfterMs: 1000 },
  });
