import type { CostRates } from './rewards/reward-record.js';

/** What answers the requests that are routed to a deployed model. */
export type DeployedPath =
  /** One tier alone. */
  | { readonly kind: 'tier'; readonly tier: string }
  /** A ladder of these tiers, lightest first, with its thresholds; those of the request count where they ask for more. */
  | {
      readonly kind: 'ladder';
      readonly tiers: readonly string[];
      readonly minConfidence?: number | undefined;
      readonly maxRisk?: number | undefined;
    };

/** A "model" of a deployment: what may be live, and what being live takes. */
export interface DeployedModel {
  /** Letters, digits and `._-`, at most 64; never given to another path. */
  readonly id: string;
  readonly path: DeployedPath;
  /** Share of all requests it can carry, in (0, 1]. */
  readonly carries: number;
  /** Expected cost of a request before there is any, in US dollars; the catalog's prices say it where this does not. */
  readonly expectedCostUsd?: number | undefined;
  readonly fixedCost: FixedCost;
}

/** In US dollars, finite and not negative. */
export interface FixedCost {
  /** Once: download, and bringing it into service. */
  readonly onceUsd: number;
  /** In every window in which it is live: licence, memory, the machine it needs. */
  readonly eachWindowUsd: number;
}

/** What an operator has configured: `deployment.json` of the state folder, format 1. */
export interface DeploymentSettings {
  readonly format: 1;
  /** Requests that are routed; all without it. */
  readonly domain?: string | undefined;
  readonly models: readonly DeployedModel[];
  readonly maxLive: number;
  readonly windowMs: number;
  /** Mean cost of a request. */
  readonly budgetUsd: number;
  /** Share of answers that a larger tier is asked about as well, in [0, 1]. */
  readonly auditShare: number;
  /** The tier that audits. */
  readonly auditor?: string | undefined;
  /**
   * Whose word counts as a reward. Feedback that only some give is no fair sample: where what is said of a model changes,
   * audits find out anew what it is worth.
   */
  readonly feedback: 'all' | 'drift';
  readonly rates: CostRates;
  /** Whether a new model enters by a canary; otherwise by its trial share. */
  readonly canary: boolean;
  /** The model whose embedding of a request has a say in its routing; none without it. */
  readonly context?: 'nano' | 'base' | undefined;
}
