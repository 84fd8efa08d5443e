import type { LocalTier } from '../catalog/tier.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineDelta, engineModel } from './engine-model.js';
import { waitFor } from '../wait/wait-for.js';

interface Fetch {
  readonly work: Promise<void>;
  readonly control: AbortController;
  callers: number;
}

/** Brings the files of tiers within reach before anything is queued or loaded: a download holds nobody else up. */
export interface Fetches {
  /** Whether the tier's files were within reach when last asked for. */
  has(tier: LocalTier): boolean;
  /** Shared by all who ask for the same files, and given up when all of them have left. */
  fetch(tier: LocalTier, signal: AbortSignal | undefined): Promise<void>;
  /** Looks again the next time: what was here could not be read. */
  forget(tier: LocalTier): void;
  close(): void;
}

export function createFetches(store: ModelStore): Fetches {
  const here = new Set<string>();
  const underWay = new Map<string, Fetch>();
  const keyOf = ({ variant, delta }: LocalTier): string => `${variant.weights.sha256} ${delta?.contentId ?? ''}`;

  const start = (tier: LocalTier): Fetch => {
    const key = keyOf(tier);
    const control = new AbortController();
    const { signal } = control;
    const { delta } = tier;
    const files = [engineModel(tier, { store, provider: '', expectedRunMs: 0, signal })];
    const work = Promise.all(delta ? [...files, engineDelta({ ...tier, delta }, store, signal)] : files)
      .then(() => void here.add(key))
      .finally(() => underWay.delete(key));
    const fetch = { work, control, callers: 0 };
    underWay.set(key, fetch);
    return fetch;
  };

  return {
    has: (tier) => here.has(keyOf(tier)),
    async fetch(tier, signal) {
      signal?.throwIfAborted();
      const fetch = underWay.get(keyOf(tier)) ?? start(tier);
      fetch.callers++;
      try {
        await waitFor(fetch.work, signal);
      } finally {
        fetch.callers--;
        if (fetch.callers === 0) fetch.control.abort(new Error('nobody waits for the download'));
      }
    },
    forget: (tier) => void here.delete(keyOf(tier)),
    close() {
      for (const { control } of underWay.values()) control.abort(new Error('the runtime was closed'));
    },
  };
}
