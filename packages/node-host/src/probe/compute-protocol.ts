import type { ProbeGraphs, ProbeTimings } from '@terrace/core';

/** What the measuring thread is given: everything, so that it loads nothing but the runtime. */
export interface ComputeJob {
  /** The execution provider to measure. */
  readonly provider: string;
  readonly graphs: ProbeGraphs;
  readonly shape: {
    readonly tokens: number;
    readonly inner: number;
    readonly streamInner: number;
    readonly streamOuter: number;
  };
}

export type ComputeReport =
  | {
      readonly kind: 'measured';
      readonly timings: ProbeTimings;
      readonly measuringMs: number;
      /** Providers the runtime was built with. */
      readonly listed: readonly string[];
    }
  /** The runtime cannot be loaded on this machine, or refuses the graphs. */
  | { readonly kind: 'unavailable'; readonly reason: string };
