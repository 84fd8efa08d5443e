import { InvalidRequestError, isFromMemory, type Ledger, type ReviewedOutcome } from '@terrace/core';
import {
  checkPilotPlan,
  LeaseHeldError,
  UnknownDeploymentError,
  type DeploymentState,
  type DeploymentStore,
  type PilotPlan,
} from '@terrace/core/deploy';

/** Whether it is so now, or will be as soon as whoever holds the deployment takes the wish over. */
export type Granted = 'now' | 'soon';

/**
 * Begins a pilot. It needs no deployment, but for a control group.
 * @throws InvalidRequestError when its plan makes no sense, one is under way, or there is nothing to compare it with
 * @throws UnknownDeploymentError when the deployment has no such model @throws StorageError
 */
export async function beginPilot({
  plan,
  store,
  ledger,
  owner,
}: {
  readonly plan: PilotPlan;
  readonly store: DeploymentStore;
  readonly ledger: Pick<Ledger, 'review'>;
  /** Who asks, for whoever meets the lease meanwhile. */
  readonly owner: string;
}): Promise<Granted> {
  checkPilotPlan(plan);
  const state = await store.read();
  requireNone(state);
  await checkBaseline(plan, state, ledger);
  return keep(plan, store, owner);
}

/** @throws UnknownDeploymentError when there is none */
export async function readPilotPlan(store: DeploymentStore): Promise<PilotPlan> {
  const plan = (await store.read())?.pilot;
  if (plan) return plan;
  throw new UnknownDeploymentError({
    message: 'There is no pilot under way.',
    hint: 'Begin one: `terrace pilot start`; beside a server it takes some seconds until it is there.',
  });
}

export function endPilot(store: DeploymentStore, owner: string): Promise<Granted> {
  return keep(undefined, store, owner);
}

async function keep(pilot: PilotPlan | undefined, store: DeploymentStore, owner: string): Promise<Granted> {
  try {
    const lease = await store.hold(owner);
    try {
      const state = (await store.read()) ?? NO_DEPLOYMENT;
      // Somebody else may have begun one while this one was looked over.
      if (pilot) requireNone(state);
      await store.write({ ...state, pilot }, lease);
    } finally {
      await lease.release();
    }
    return 'now';
  } catch (error) {
    if (!LeaseHeldError.isInstance(error)) throw error;
    await store.wish({ kind: 'pilot', plan: pilot });
    return 'soon';
  }
}

function requireNone(state: DeploymentState | undefined): void {
  if (!state?.pilot) return;
  throw new InvalidRequestError({
    message: `The pilot ${state.pilot.name} is under way.`,
    hint: 'End it first: `terrace pilot end`.',
    facts: { pilot: state.pilot.name },
  });
}

/** Of a ledger whose requests nobody routes. */
const NO_DEPLOYMENT: DeploymentState = {
  format: 1,
  settingsId: '',
  window: undefined,
  history: [],
  models: [],
  rollouts: [],
  pilot: undefined,
  wishes: [],
};

async function checkBaseline(
  { baseline, domain }: PilotPlan,
  state: DeploymentState | undefined,
  ledger: Pick<Ledger, 'review'>,
): Promise<void> {
  switch (baseline.kind) {
    case 'figures':
      return;
    case 'control': {
      const models = state?.models.map(({ model }) => model) ?? [];
      if (models.includes(baseline.model)) return;
      throw new UnknownDeploymentError({
        message: `The deployment has no model "${baseline.model}" for a control group.`,
        hint: models.length > 0 ? `It has ${models.join(', ')}.` : 'Set one up first: `terrace deploy set`.',
        facts: { model: baseline.model },
      });
    }
    case 'period': {
      const { fromWallMs: sinceWallMs, toWallMs } = baseline;
      for await (const page of ledger.review({ sinceWallMs, ...(domain !== undefined && { domain }) })) {
        const counts = ({ outcome }: ReviewedOutcome): boolean =>
          outcome.atWallMs >= sinceWallMs && outcome.atWallMs < toWallMs && !isFromMemory(outcome);
        if (page.some(counts)) return;
      }
      throw new InvalidRequestError({
        message: 'There were no requests in the time the pilot is to be compared with.',
        hint: 'Go further back, name another domain, or give figures: --baseline figures:FILE.',
      });
    }
    default:
      baseline satisfies never;
  }
}
