import type { runHubGraph } from './hub-graph.js';
import type { createFeatureRun } from './run-features.js';

/** What few encoders need, or need seldom; whoever loads its module gets these. */
export interface EncoderExtras {
  readonly runHubGraph: typeof runHubGraph;
  readonly createFeatureRun: typeof createFeatureRun;
}
