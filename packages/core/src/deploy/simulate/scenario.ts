import type { StageRouteSettings } from '../stage-route.js';

/** What happens during a simulation, beside requests. Windows count from 0. */
export type ScenarioEvent =
  | { readonly kind: 'arrival'; readonly window: number; readonly arm: number }
  | { readonly kind: 'departure'; readonly window: number; readonly arm: number }
  | { readonly kind: 'price'; readonly window: number; readonly arm: number; readonly factor: number }
  /** Added to the arm's rewards, then clipped to [0, 1]. */
  | { readonly kind: 'quality'; readonly window: number; readonly arm: number; readonly shift: number };

export interface Scenario {
  readonly windows: number;
  /** Requests in all, T: rows of the table in a random order, as often as needed. */
  readonly requests: number;
  readonly events: readonly ScenarioEvent[];
  readonly settings: Omit<StageRouteSettings, 'horizon'>;
  readonly carries: readonly number[];
  readonly fixedCost: readonly number[];
}

export const ALGORITHMS = [
  'stageroute',
  'contextual',
  'greedy',
  'epsilon-greedy',
  'random',
  'best-single',
  'static-lp',
  'bwk-ucb',
  'stage-oracle',
] as const;
export type AlgorithmName = (typeof ALGORITHMS)[number];
