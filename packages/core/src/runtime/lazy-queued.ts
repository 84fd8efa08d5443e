import type { QueuePorts } from '../remote/answer-queued.js';
import { queueIsClosed } from '../remote/queue-closed.js';
import type { Queued, Reconciler } from '../remote/reconcile.js';
import type { Remotes } from '../remote/remotes.js';
import type { RequestInput } from '../request/parse-request.js';
import type { Result } from './result.js';
import type { RunOptions } from './run-options.js';
import type { RuntimePorts } from './stages.js';

/** How often it is looked whether anything has come to wait. */
const LOOK_MS = 60_000;

interface LazyQueued extends Queued {
  /** The network may be back: what waits is tried at once. */
  lookAgain(): void;
  close(): Promise<void>;
}

/**
 * Requests that were put off. What answers them is loaded when something waits, or could: where no endpoint is known and
 * nothing was ever put off, it never is.
 * @returns undefined on a host without a queue, or without what answers it
 */
export function createLazyQueued({
  ports: { queue, loadRemote, reconcile = true, clock, random, onFailure = () => undefined },
  remotes,
  canAskAny,
  run,
}: {
  ports: RuntimePorts;
  remotes: Pick<Remotes, 'onUp'>;
  /** Whether the catalog has an endpoint that can be asked. */
  canAskAny: () => boolean;
  run: (input: RequestInput, options: RunOptions) => Promise<Result>;
}): LazyQueued | undefined {
  if (!queue || !loadRemote) return undefined;
  const closing = new AbortController();
  let loading: Promise<Reconciler> | undefined;

  const load = async (): Promise<Reconciler> => {
    const { answerQueued } = await loadRemote();
    // It is parsed anew, like any other.
    const runAgain: QueuePorts['run'] = (request, options) => run(request as RequestInput, options);
    return answerQueued({ queue, clock, random, onFailure, run: runAgain });
  };

  const reconciler = async (): Promise<Reconciler> => {
    closing.signal.throwIfAborted();
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };

  const hasWork = async (): Promise<boolean> => canAskAny() || (await queue.list({ limit: 1 })).length > 0;

  const wake = async (): Promise<void> => (await reconciler()).wake();

  /** From then on it looks out for itself. */
  const wakeOnceNeeded = async (): Promise<void> => {
    for (let isFailing = false; !closing.signal.aborted; await clock.sleep(LOOK_MS, closing.signal)) {
      try {
        if (await hasWork()) return await wake();
      } catch (error) {
        // Once, however long a file does not come.
        if (!isFailing && !closing.signal.aborted) onFailure(error);
        isFailing = true;
      }
    }
  };

  if (reconcile) {
    remotes.onUp(() => void wake().catch(() => undefined));
    void wakeOnceNeeded();
  }

  const wakeIfAnyWaits = async (): Promise<void> => {
    if (reconcile && (await queue.waiting()) > 0) await wake();
  };

  return {
    // What cannot be read now is looked for again later.
    lookAgain: () => void wakeIfAnyWaits().catch(() => undefined),
    read: (requestId) => queue.read(requestId),
    list: (query) => queue.list(query),
    forget: (requestId) => queue.forget(requestId),
    wait: async (requestId, options) => (await reconciler()).wait(requestId, options),
    drain: async (options) => (await reconciler()).drain(options),
    async close() {
      closing.abort(queueIsClosed());
      const opened = await loading?.catch(() => undefined);
      await (opened ?? queue).close();
    },
  };
}
