export const PILOT_METRICS = ['accuracy', 'costUsd', 'p95Ms', 'errorShare', 'leftDevice', 'energyJoules'] as const;

/** Per request, but for accuracy and shares in [0, 1]; latencies are those of answers. */
export type PilotMetric = (typeof PILOT_METRICS)[number];

/** What a pilot has to show. */
export interface PilotKpi {
  readonly metric: PilotMetric;
  /** At least so much (accuracy) or at most (all others); relative ones are factors of the baseline. */
  readonly goal: { readonly kind: 'absolute' | 'relative'; readonly value: number };
}

/** What it is compared with. */
export type PilotBaseline =
  /** The requests of a time before. */
  | { readonly kind: 'period'; readonly fromWallMs: number; readonly toWallMs: number }
  /** A share of the requests, drawn at random, that one model answers meanwhile. */
  | { readonly kind: 'control'; readonly model: string; readonly share: number }
  /** What somebody measured elsewhere, by metric. */
  | { readonly kind: 'figures'; readonly figures: Readonly<Partial<Record<PilotMetric, number>>> };

export interface PilotPlan {
  readonly name: string;
  readonly domain: string | undefined;
  readonly kpis: readonly PilotKpi[];
  readonly baseline: PilotBaseline;
  readonly fromWallMs: number;
  readonly toWallMs: number;
  /** Requests on either side below which there is no verdict. */
  readonly leastRequests: number;
}

export interface PilotFinding extends PilotKpi {
  readonly value: number | undefined;
  readonly baseline: number | undefined;
  /**
   * 95 %, for all KPIs together: of the value, or of value / baseline where the goal is a factor. Undefined where too few
   * were seen, and of a factor of nothing.
   */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly met: 'yes' | 'no' | 'open';
  /** About how many more it would take if all goes on like this: labelled answers or requests. Undefined where nobody knows. */
  readonly missing: { readonly count: number; readonly of: 'labels' | 'requests' } | undefined;
}

export interface PilotReport {
  readonly plan: PilotPlan;
  readonly requests: number;
  readonly labelled: number;
  /**
   * Whose word accuracies are: of looks that were drawn at random, each weighted by 1 / P(drawn), or of people who say what
   * they like, who are no fair sample.
   */
  readonly labels: 'audits' | 'feedback';
  /** The end has come. Before, findings only describe: who looks every day sees a good one sooner or later. */
  readonly isFinal: boolean;
  /** `go` when every KPI is met, `no-go` when one is not, `open` while one may still be either, and before the end. */
  readonly verdict: 'go' | 'no-go' | 'open';
  readonly findings: readonly PilotFinding[];
}
