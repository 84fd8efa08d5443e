export type PilotMetric = 'accuracy' | 'costUsd' | 'p95Ms' | 'errorShare' | 'leftDevice' | 'energyJoules';

/** What a pilot has to show. Per request, but for accuracy and shares in [0, 1]. */
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
  /** Outcomes below which there is no verdict. */
  readonly leastRequests: number;
}

export interface PilotFinding extends PilotKpi {
  readonly value: number | undefined;
  readonly baseline: number | undefined;
  /** 95 %, for all KPIs together; undefined below `leastRequests`. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly met: 'yes' | 'no' | 'open';
}

export interface PilotReport {
  readonly plan: PilotPlan;
  readonly requests: number;
  readonly labelled: number;
  /** `go` when every KPI is met, `no-go` when one is not, `open` while one may still be either. */
  readonly verdict: 'go' | 'no-go' | 'open';
  readonly findings: readonly PilotFinding[];
}
