import { join } from 'node:path';
import type { CatalogSource, Clock, Ledger, Runtime } from '@terrace/core';
import {
  createController,
  routeRequests,
  type Deployment,
  type DeploymentControl,
  type DeploymentSettings,
  type RoutingContext,
} from '@terrace/core/deploy';
import { watchFile } from '../store/files/watched-file.js';
import { checkDeployment, checkPaths } from './check-deployment.js';
import { readDeployment } from './deployment-file.js';
import { deploymentFileOf } from './deployment-path.js';
import { nodeModels, runtimeAuditor } from './node-models.js';
import { planWith } from './plan-with.js';
import { createSolverThread } from './solver-thread.js';
import { openSqliteDeploymentStore } from './sqlite-deployment-store.js';

export { routeRequests };

export interface DeploymentOptions {
  /** Where `deployment.json` lies. */
  readonly home: string;
  readonly ledgerFile: string;
  readonly ledger: Ledger;
  readonly catalog: Pick<CatalogSource, 'current'>;
  readonly runtime: () => Pick<Runtime, 'prepare' | 'run' | 'remotes' | 'workshop'>;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
  /** The compiled worker that plans windows; only code that runs from sources names it. */
  readonly solverWorkerUrl?: URL | undefined;
}

/**
 * Takes over the deployment of a state folder, and follows its settings while they change.
 * @throws InvalidDataError when it cannot be used, LeaseHeldError when another process has it, StorageError
 */
export async function openDeployment(
  options: DeploymentOptions,
): Promise<DeploymentControl & { readonly deployment: Deployment }> {
  const { home, ledgerFile, ledger, catalog, runtime, clock, onFailure, solverWorkerUrl } = options;
  // As the file has it, until a catalog comes that has other prices or tiers: then it is looked at with the file again.
  const paths = new Map<string, string>();
  const read = async (file: string): Promise<DeploymentSettings> => {
    const found = checkDeployment(await readDeployment(file), catalog.current());
    checkPaths(found, paths);
    return found;
  };
  const settings = await watchFile(deploymentFileOf(home), { read, onFailure });
  const solver = createSolverThread(solverWorkerUrl);
  const store = openSqliteDeploymentStore({ file: ledgerFile, clock, onWarning: onFailure });
  const closeParts = async (): Promise<void> => {
    settings.close();
    await store.close();
    await solver.close();
  };
  try {
    const { context } = settings.current();
    // Requests are then all alike.
    const plain = (error: unknown): undefined => void onFailure(error);
    const control = await createController({
      ...(context && { openContext: (modelOf) => openRequestContext({ ...options, context, modelOf }).catch(plain) }),
      ...planWith(solver),
      settings: settings.current,
      store,
      ledger,
      models: nodeModels({ runtime, catalog, settings: settings.current }),
      auditor: runtimeAuditor(runtime),
      owner: 'a server',
      clock,
      random: Math.random,
      onFailure,
    });
    return {
      deployment: control.deployment,
      status: () => control.status(),
      holdsLease: () => control.holdsLease(),
      preview: () => control.preview(),
      wish: (wish) => control.wish(wish),
      close: () => control.close().finally(closeParts),
    };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

/** Loaded where requests are told apart, and nowhere else. Undefined where this device cannot run what tells them apart. */
async function openRequestContext({
  home,
  runtime,
  context,
  modelOf,
  onFailure,
}: DeploymentOptions & {
  readonly context: NonNullable<DeploymentSettings['context']>;
  readonly modelOf: (arm: number) => string;
}): Promise<RoutingContext | undefined> {
  const { workshopEmbedder } = await import('./context-embedder.js');
  const embedder = await workshopEmbedder(runtime().workshop, context);
  if (!embedder) return undefined;
  const { openContext } = await import('./open-context.js');
  return openContext({ file: join(home, 'context.json'), embedder, modelOf, random: Math.random, onFailure });
}
