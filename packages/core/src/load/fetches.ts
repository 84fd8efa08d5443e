import type { LocalTier } from '../catalog/tier.js';
import { runtimeClosed } from '../errors/runtime-closed-error.js';
import type { ModelStore } from '../ports/model-store.js';
import { SharedWork } from '../wait/shared-work.js';
import { engineDelta, engineModel } from './engine-model.js';

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
  const underWay = new SharedWork<void>();
  const keyOf = ({ variant, delta }: LocalTier): string => `${variant.weights.sha256} ${delta?.contentId ?? ''}`;

  const start = async (tier: LocalTier, signal: AbortSignal): Promise<void> => {
    const { delta } = tier;
    // All at once: a store tells the progress of everything that is asked for together.
    const files = [engineModel(tier, { store, provider: '', expectedRunMs: 0, signal })];
    await Promise.all(delta ? [...files, engineDelta({ ...tier, delta }, store, signal)] : files);
    here.add(keyOf(tier));
  };

  return {
    has: (tier) => here.has(keyOf(tier)),
    fetch: (tier, signal) => underWay.join(keyOf(tier), signal, (own) => start(tier, own)),
    forget: (tier) => void here.delete(keyOf(tier)),
    close: () => underWay.close(runtimeClosed()),
  };
}
