import { join } from 'node:path';
import type { Ledger } from '@terrace/core';
import { UnknownDeploymentError, type DeploymentStore } from '@terrace/core/deploy';
import { openSqliteDeploymentStore } from '../../deploy/sqlite-deployment-store.js';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { systemClock, workingClock } from '../../system-clock.js';
import { warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** What actions on a pilot or a rollout work with. */
export interface DeploymentFiles {
  readonly store: DeploymentStore;
  readonly ledger: Ledger;
}

/** Opens the ledger of the state folder and the deployment in it, and closes them. */
export async function withDeploymentFiles<T>(
  flags: GlobalFlags,
  use: (files: DeploymentFiles) => Promise<T>,
): Promise<T> {
  const { home } = await readSettings(flags);
  const file = join(home, 'ledger.db');
  const ledger = await openRecoveringLedger({ file, clock: systemClock, onWarning: ({ message }) => warn(message) });
  const store = openSqliteDeploymentStore({ file, clock: workingClock, onWarning: ({ message }) => warn(message) });
  try {
    return await use({ store, ledger });
  } finally {
    await store.close();
    await ledger.close();
  }
}

/** @throws UnknownDeploymentError when there is no deployment, or none of these models in it */
export async function requireDeployment(store: DeploymentStore, models: readonly string[]): Promise<void> {
  const known = (await store.read())?.models.map(({ model }) => model) ?? [];
  const unknown = models.find((model) => !known.includes(model));
  if (unknown === undefined) return;
  throw new UnknownDeploymentError({
    message: `The deployment has no model "${unknown.slice(0, 64)}".`,
    hint:
      known.length > 0
        ? `It has ${known.join(', ')}; a new one is there as soon as the server has seen it.`
        : 'Set one up first (`terrace deploy set`, `terrace deploy add`), and let a server see it.',
    facts: { model: unknown.slice(0, 64) },
  });
}
