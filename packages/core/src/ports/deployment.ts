import type { DeployedPath } from '../deploy/deployed-model.js';
import type { Placement } from '../catalog/fields.js';
import type { OutcomeRecord } from './ledger.js';

/** A request, as routing sees it. */
export interface RouteAsk {
  readonly requestId: string;
  readonly text: string;
  readonly task: string;
  readonly domain: string | undefined;
  readonly subDomain: string | undefined;
  readonly key: string | undefined;
  /** How far its text may travel, for whatever reason. */
  readonly residency: Placement;
}

/** Which live model answers. */
export interface Route {
  readonly window: string;
  readonly model: string;
  readonly path: DeployedPath;
  /** P of every live model for this request; they sum to 1. */
  readonly shares: Readonly<Record<string, number>>;
}

/** An answer that was routed, for whoever finds out what it was worth. */
export interface RoutedAnswer {
  readonly ask: RouteAsk;
  readonly route: Route;
  readonly outcome: OutcomeRecord;
  /** Label of the answer; undefined where there is none. */
  readonly label: string | undefined;
}

/** Routes requests among the live models of a window. A runtime without one plans as ever. */
export interface Deployment {
  /** Whether such requests are its own, be it that no window is in force yet. */
  routes(ask: Pick<RouteAsk, 'task' | 'domain'>): boolean;
  /**
   * At once where no embedding is needed. Undefined where the deployment is not for such requests, and where the request
   * says itself what is to answer. It fails never: without a window in force it is undefined too.
   */
  route(ask: RouteAsk): Route | undefined | Promise<Route | undefined>;
  /** However it ended. Neither throws nor keeps anybody waiting. */
  ended(answer: RoutedAnswer): void;
}
