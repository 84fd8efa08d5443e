import { join } from 'node:path';
import type { Ledger } from '@terrace/core';
import type { DeploymentStore } from '@terrace/core/deploy';
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
