import type { Clock } from '../../ports/clock.js';
import type { RouteAsk } from '../../ports/deployment.js';
import type { DeploymentStore } from '../../ports/deployment-store.js';
import type { Ledger } from '../../ports/ledger.js';
import type { Random } from '../../ports/random.js';
import type { DeployedModel, DeploymentSettings } from '../deployed-model.js';
import type { Reshare, StageRoute, StageRouteSettings } from '../stage-route.js';
import type { ArmStatistics } from '../statistics/arm-statistics.js';

/** What brings models into service and out of it. */
export interface ModelHost {
  /**
   * Downloads, loads and tests everything the model's path needs; what others need as well is there already.
   * @param onDownloaded told once all files are here
   * @throws what a download, a load or the golden test fails with; the signal's reason
   */
  prepare(model: DeployedModel, options: { signal: AbortSignal; onDownloaded: () => void }): Promise<void>;
  /** No request uses it any more. What other live models use stays. */
  release(model: DeployedModel, stillLive: readonly DeployedModel[]): Promise<void>;
}

/** Answers a text again, by a tier that is taken to be right, behind all requests. */
export type Auditor = (
  ask: RouteAsk,
  tier: string,
) => Promise<{
  /** Undefined where it does not know. */
  readonly label: string | undefined;
  readonly costUsd: number;
  /** For how long it kept this device busy. */
  readonly runMs: number;
}>;

/** What requests say of the models that may answer them. */
export interface RoutingContext {
  /** Undefined where it would take too long to find out, and where too little is known. It never rejects. */
  look(ask: RouteAsk): Promise<Reshare | undefined>;
  /** What came of a request that was looked at. @param propensity P(this model) when it was routed */
  learn(requestId: string, model: string, reward: number, costUsd: number, propensity: number): void;
  close(): Promise<void>;
}

/** Makes what decides in one window, of what was seen so far: those of all windows share one object of statistics. */
export type OpenWindow = (settings: StageRouteSettings, statistics: ArmStatistics) => StageRoute;

/** What planning needs: nothing of it has an effect. */
export interface PlanningPorts {
  readonly store: Pick<DeploymentStore, 'rewards'>;
  readonly ledger: Pick<Ledger, 'review'>;
  readonly openWindow: OpenWindow;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Those of simulations, unless somebody knows better. */
  readonly routing: Omit<StageRouteSettings, 'maxLive' | 'budget' | 'horizon'>;
}

export interface ControllerPorts extends PlanningPorts {
  /** As they are configured now. */
  readonly settings: () => DeploymentSettings;
  readonly store: DeploymentStore;
  readonly ledger: Pick<Ledger, 'review' | 'feedback' | 'outcome'>;
  readonly models: ModelHost;
  readonly auditor: Auditor;
  /**
   * Without it all requests are alike.
   * @param modelOf id of the model that has a number in a window
   */
  readonly openContext?: ((modelOf: (arm: number) => string) => Promise<RoutingContext | undefined>) | undefined;
  /** Who this is, for whoever is refused because of it. */
  readonly owner: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Told what nobody waits for: a window that cannot be planned, a start that failed, a lease that was lost. */
  readonly onFailure: (error: unknown) => void;
}
