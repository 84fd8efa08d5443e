import type { Placement } from '../catalog/fields.js';

/** An answered request, as learning sees it. */
export interface Observation {
  readonly requestId: string;
  readonly text: string;
  readonly domain: string;
  readonly residency: Placement;
  readonly ladderRevision: string | undefined;
  readonly label: string;
  readonly verdict: 'accept' | 'abstain';
  /** P(right) of the whole path, calibrated or as the tier puts it; undefined where nobody knows. */
  readonly confidence: number | undefined;
  /** What each tier said by itself, in the order they ran. */
  readonly said: readonly {
    readonly tier: string;
    readonly placement: Placement;
    readonly label: string;
    /** Of its own label. */
    readonly probability: number | undefined;
  }[];
}

/** A tier in a domain, under one revision of its ladder. */
export interface TrustAsk {
  readonly domain: string;
  readonly tier: string;
  readonly ladderRevision: string | undefined;
}

/** What a runtime tells whoever learns from its answers, and asks of it. */
export interface Learning {
  /** Neither throws nor keeps anybody waiting. */
  observe(observation: Observation): void;
  /** Whether feedback has shown that the tier is wrong more often than it may be: then it does not accept by itself. */
  distrusts(ask: TrustAsk): boolean;
}
