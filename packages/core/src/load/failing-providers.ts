import type { LocalTier } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import { isReference } from '../recommend/providers.js';
import type { Demotion } from '../recommend/reasons.js';

/** So many sessions that end by themselves are mishaps, each mended by another load: a driver restarts, a laptop wakes. */
const MISHAPS = 2;
/** Those that lie further back are forgotten. */
const FORGET_AFTER_MS = 10 * 60_000;

interface Pair {
  readonly tier: LocalTier;
  readonly provider: string;
}

/**
 * Providers that do not keep running here, as long as this process lives. The reference provider is never one of them:
 * what fails with it fails for other reasons.
 */
export interface FailingProviders {
  /** A session has ended by itself. */
  lost(pair: Pair): void;
  /**
   * A load or a run has failed.
   * @returns whether the provider is not used any more, because the reference can run the model in its place
   */
  failed(pair: Pair): boolean;
  demotions(): readonly Demotion[];
}

/** @param onDemoted plans have to be made anew */
export function createFailingProviders({
  clock,
  onDemoted,
}: {
  clock: Pick<Clock, 'nowMs'>;
  onDemoted: () => void;
}): FailingProviders {
  const losses = new Map<string, readonly number[]>();
  const demoted = new Map<string, Demotion>();

  const demote = ({ tier, provider }: Pair, reason: string): void => {
    const variantId = tier.variant.weights.sha256;
    demoted.set(nameOf({ tier, provider }), { kind: 'failing', variantId, provider, reason });
    onDemoted();
  };

  return {
    lost(pair) {
      if (isReference(pair.provider)) return;
      const nowMs = clock.nowMs();
      const recent = (losses.get(nameOf(pair)) ?? []).filter((atMs) => nowMs - atMs < FORGET_AFTER_MS);
      losses.set(nameOf(pair), [...recent, nowMs]);
      if (recent.length >= MISHAPS) demote(pair, `it was lost ${recent.length + 1} times`);
    },
    failed(pair) {
      const { tier, provider } = pair;
      const canReplace = tier.model.variants.some(({ providers }) => providers.some(isReference));
      if (isReference(provider) || !canReplace) return false;
      demote(pair, 'it failed');
      return true;
    },
    demotions: () => [...demoted.values()],
  };
}

const nameOf = ({ tier, provider }: Pair): string => `${tier.variant.weights.sha256} ${provider}`;
