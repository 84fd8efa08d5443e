import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '@terrace/core';
import { viewDeployment, type DeploymentSettings } from '@terrace/core/deploy';
import { createHighsSolver } from '../../deploy/highs-solver.js';
import { isOwnerAlive } from '../../deploy/lease-owner.js';
import { planWith } from '../../deploy/plan-with.js';
import { openSqliteDeploymentStore } from '../../deploy/sqlite-deployment-store.js';
import { openSqliteLedger } from '../../ledger/sqlite-ledger.js';
import { systemClock } from '../../system-clock.js';
import { expectations } from '../describe-deployment.js';
import { percent } from '../output.js';
import { blocked, toWarning, type Check, type Finding } from './doctor-context.js';

/** Whether the deployment makes sense with the models that are here, and who keeps it. */
export const deployment: Check = {
  name: 'deployment',
  async run(context) {
    const name = 'deployment';
    const settings = await context.deployment();
    if (!settings) return [{ name, state: 'ok', found: 'none is set up' }];
    if (await context.isLedgerDamaged()) return [blocked(name, 'ledger')];
    const { home } = await context.settings();
    return [await keeper(name, join(home, 'ledger.db'))];
  },
};

/** Whether there can be a next window. @throws InfeasibleBudgetError with the smallest budget that would do */
export const nextWindow: Check = {
  name: 'next window',
  async run(context) {
    const name = 'next window';
    const settings = await context.deployment();
    if (!settings) return [{ name, state: 'ok', found: 'there is no deployment' }];
    if (await context.isLedgerDamaged()) return [blocked(name, 'ledger')];
    const { home } = await context.settings();
    return planned(name, join(home, 'ledger.db'), settings);
  },
};

async function keeper(name: string, file: string): Promise<Finding> {
  let alive: boolean | undefined;
  const store = openSqliteDeploymentStore({
    file,
    clock: systemClock,
    // Whoever has it is named, dead or alive.
    isAlive: async (owner) => {
      alive = await isOwnerAlive(owner);
      return undefined;
    },
  });
  try {
    const holder = await store.holder();
    if (holder === undefined) return { name, state: 'ok', found: 'no server keeps it now; `terrace serve` does' };
    if (alive !== false) {
      const unseen = alive === undefined ? ', which cannot be looked at from here' : '';
      return { name, state: 'ok', found: `kept by ${holder}${unseen}` };
    }
    return {
      name,
      state: 'warning',
      found: `it was kept by ${holder}, which ended without a word: nobody plans its windows`,
      fix: 'Start `terrace serve` again: it takes over at once.',
    };
  } finally {
    await store.close();
  }
}

/** Nothing is written: where there is no ledger, none is made. */
async function planned(name: string, file: string, settings: DeploymentSettings): Promise<Finding[]> {
  const findings: Finding[] = [];
  const onWarning = (error: unknown): void => void findings.push(toWarning(name, error));
  const ledger = existsSync(file) ? await openSqliteLedger({ file }) : undefined;
  const store = openSqliteDeploymentStore({ file, clock: systemClock, onWarning });
  const solver = createHighsSolver();
  try {
    const ports = { ...planWith(solver), store, ledger: ledger ?? EMPTY, clock: systemClock };
    const { preview } = await viewDeployment(ports, settings);
    const window = await preview();
    const shares = Object.entries(window.live).map(([model, share]) => `${model} ${percent(share)}`);
    return [...findings, { name, state: 'ok', found: `${shares.join(', ')}: ${expectations(window)}` }];
  } finally {
    await solver.close();
    await store.close();
    await ledger?.close();
  }
}

const EMPTY: Pick<Ledger, 'review'> = {
  async *review() {
    // Nobody has asked anything yet.
  },
};
