import type { Deployment } from '../../ports/deployment.js';
import type { DeploymentControl, DeploymentStatus } from '../deployment-control.js';
import type { DeployedModel, DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState, WindowRecord } from '../deployment-state.js';
import type { DeploymentStore } from '../../ports/deployment-store.js';
import { createArmStatistics } from '../statistics/create-arm-statistics.js';
import { Arms } from './arms.js';
import { Controller } from './controller.js';
import type { ControllerPorts, PlanningPorts } from './controller-ports.js';
import { firstRequests } from './expected-requests.js';
import { afterRestart, asConfigured } from './new-state.js';
import { planNext } from './plan-next.js';
import { replayLedger } from './replay-ledger.js';
import { standingsOf } from './standings.js';

/**
 * Takes the deployment of a ledger over, goes on with the window that was in force, and starts the next one when it is due.
 * @throws LeaseHeldError when another controller has it; StorageError
 */
export async function createController(
  ports: ControllerPorts,
): Promise<DeploymentControl & { readonly deployment: Deployment }> {
  const { store, settings, clock, owner } = ports;
  const lease = await store.hold(owner);
  try {
    const found = await store.read();
    const { state, arms, requests, tally, rewarded } = await knowledge(ports, settings(), found);
    const restarted = afterRestart(state, clock.wallMs());
    const context = await ports.openContext?.((arm) => arms.models[arm]!.id);
    const controller = new Controller({ ports, lease, state: restarted, arms, requests, tally, rewarded, context });
    await controller.start();
    return controller;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** A deployment as it stands, for whoever only looks. */
export interface DeploymentView {
  readonly status: DeploymentStatus;
  /** What the next window would be. @throws InfeasibleBudgetError */
  preview(): Promise<WindowRecord & { readonly models: readonly DeployedModel[] }>;
}

/** Looks at a deployment without taking it over. @throws StorageError */
export async function viewDeployment(
  ports: PlanningPorts & { readonly store: Pick<DeploymentStore, 'read' | 'rewards' | 'holder'> },
  settings: DeploymentSettings,
): Promise<DeploymentView> {
  const { store, routing, openWindow, clock } = ports;
  const found = await store.read();
  const { state, arms, requests, tally } = await knowledge(ports, settings, found);
  const shares = state.window?.live ?? {};
  return {
    status: {
      state,
      models: standingsOf({ state, arms, routing, requests, shares }),
      spentUsd: tally.spentUsd,
      requests: tally.asked,
      controller: await store.holder(),
    },
    async preview() {
      const nowWallMs = clock.wallMs();
      const { record, live } = await planNext({ settings, state, arms, openWindow, routing, requests, nowWallMs });
      return { ...record, models: live };
    },
  };
}

/** What the ledger knows of the models as they are configured. */
async function knowledge(ports: PlanningPorts, settings: DeploymentSettings, found: DeploymentState | undefined) {
  const arms = new Arms(createArmStatistics(ports.routing.statistics));
  arms.update(settings.models);
  const { rewarded, lately, tally } = await replayLedger({ ...ports, settings, arms, window: found?.window });
  const state = asConfigured(found, settings, ports.clock.wallMs());
  return { state, arms, rewarded, tally, requests: firstRequests(lately) };
}
