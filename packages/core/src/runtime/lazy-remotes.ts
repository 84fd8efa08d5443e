import type { Endpoint } from '../catalog/endpoint.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import type { Clock } from '../ports/clock.js';
import type { Remotes } from '../remote/remotes.js';
import { runtimeIsClosed } from '../remote/runtime-closed.js';
import { beforeDeadline } from './before-deadline.js';

export interface LazyRemotes extends Remotes {
  /** Opens what asks an endpoint. @throws EndpointUnreachableError when it cannot be loaded; the signal's reason */
  open(endpoint: Endpoint, signal: AbortSignal): Promise<void>;
}

/**
 * Endpoints that are perhaps never asked: what asks them is opened by the first call to one. Until then all are taken
 * to be up.
 * @param open loads and opens the real thing; tried anew by the next call where it fails
 */
export function createLazyRemotes({ open, clock }: { open: () => Promise<Remotes>; clock: Clock }): LazyRemotes {
  const listeners: (() => void)[] = [];
  let opening: Promise<Remotes> | undefined;
  let opened: Remotes | undefined;
  let closed = false;

  const openNow = async (): Promise<Remotes> => {
    try {
      const remotes = await open();
      for (const listener of listeners) remotes.onUp(listener);
      if (closed) remotes.close();
      opened = remotes;
      return remotes;
    } finally {
      opening = undefined;
    }
  };

  /** A file that never comes holds up no longer than an endpoint that never answers. */
  const reach = async ({ id, timeoutMs }: Endpoint, signal: AbortSignal | undefined): Promise<Remotes> => {
    if (opened) return opened;
    if (closed) throw runtimeIsClosed(id);
    signal?.throwIfAborted();
    const loading = (opening ??= openNow()).catch((cause: unknown) => {
      throw notLoaded(id, cause);
    });
    const deadlineAtMs = clock.nowMs() + timeoutMs;
    const loaded = await beforeDeadline(() => loading, { deadlineAtMs, clock, signal });
    if (!loaded) throw notLoaded(id, undefined);
    return loaded;
  };

  return {
    open: async (endpoint, signal) => void (await reach(endpoint, signal)),
    run: async (job) => (await reach(job.tier.endpoint, job.signal)).run(job),
    forward: async (job) => (await reach(job.endpoint, job.signal)).forward(job),
    check: async (tier, signal) => (await reach(tier.endpoint, signal)).check(tier, signal),
    state: (tier) => opened?.state(tier) ?? { kind: 'up' },
    isUp: (endpoint) => opened?.isUp(endpoint) ?? true,
    onUp(listener) {
      if (opened) opened.onUp(listener);
      else listeners.push(listener);
    },
    lookAgain: () => opened?.lookAgain(),
    close() {
      closed = true;
      opened?.close();
    },
  };
}

/** Like an endpoint behind a cut line: nothing was sent, and it may be there later. */
const notLoaded = (endpoint: string, cause: unknown): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: `${endpoint} cannot be asked: the part of Terrace that asks endpoints could not be loaded.`,
    hint: 'Look at the network, and whether all files of Terrace are where they were installed.',
    facts: { endpoint, phase: 'connect' },
    cause,
  });
