import type { ModelLife } from './lifecycle/model-life.js';
import type { PilotPlan } from './pilot/pilot-plan.js';
import type { Rollout } from './rollout/rollout.js';

/** A window as it is kept. */
export interface WindowRecord {
  readonly id: string;
  readonly fromWallMs: number;
  readonly toWallMs: number;
  /** Ids of the models that are live, with the shares of the plan. */
  readonly live: Readonly<Record<string, number>>;
  readonly expectedReward: number;
  readonly expectedCostUsd: number;
  readonly budgetUsd: number;
  /** What it costs beside its requests, in US dollars. */
  readonly fixedUsd: number;
}

/** Everything a controller needs to go on where another one stopped. Statistics are read from the ledger anew. */
export interface DeploymentState {
  readonly format: 1;
  /** Of the settings it was made with. */
  readonly settingsId: string;
  readonly window: WindowRecord | undefined;
  /** The latest 50. */
  readonly history: readonly WindowRecord[];
  readonly models: readonly ModelLife[];
  readonly rollouts: readonly Rollout[];
  readonly pilot: PilotPlan | undefined;
  /** What a person has asked for and the controller has not done yet. */
  readonly wishes: readonly DeploymentWish[];
}

export type DeploymentWish =
  | { readonly kind: 'next-window' }
  | { readonly kind: 'retire'; readonly model: string }
  /** With the margins and the pace that are usual where it names none. */
  | ({ readonly kind: 'roll-out' } & Pick<Rollout, 'model' | 'instead' | 'unit'> &
      Partial<Pick<Rollout, 'guard' | 'pace'>>)
  | { readonly kind: 'pause' | 'resume' | 'roll-back'; readonly rollout: string }
  /** Begins a pilot, or ends the one under way. */
  | { readonly kind: 'pilot'; readonly plan: PilotPlan | undefined };
