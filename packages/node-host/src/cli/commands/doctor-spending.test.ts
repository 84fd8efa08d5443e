import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR_MS, NOTHING, periodOf, type BudgetLimit } from '@terrace/core/budget';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setBudget } from '../../budget/budgets-file.js';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import { openSqliteBudgetStore } from '../../budget/sqlite-budget-store.js';
import { changeDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { openSqliteDeploymentStore } from '../../deploy/sqlite-deployment-store.js';
import { thisProcess } from '../../store/content/process-owner.js';
import { systemClock } from '../../system-clock.js';
import { ledgerSchema } from '../../ledger/migrations.js';
import { openDatabase } from '../../sqlite/open-database.js';
import { waitingClock } from '../../sqlite/retry-when-busy.js';
import { judgeBudget, budgets } from './doctor-budgets.js';
import { createContext, type Check, type Finding } from './doctor-context.js';
import { deployment, nextWindow } from './doctor-deployment.js';
import { examine } from './doctor.js';

const BROKEN = '{"half":';
const limit: BudgetLimit = { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] };

function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'terrace-doctor-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** What the checks find; without `--fix` they leave no file. */
async function visit(home: string, ...checks: readonly Check[]): Promise<Finding[]> {
  const before = readdirSync(home);
  const found = await examine(checks, createContext({ home }, new AbortController().signal));
  // A database that was closed may take the files beside it away a moment later.
  expect(readdirSync(home).filter((name) => !before.includes(name))).toEqual([]);
  return found;
}

async function spend(home: string, usd: number): Promise<void> {
  const store = openSqliteBudgetStore({ file: join(home, 'ledger.db'), clock: systemClock });
  const atWallMs = systemClock.wallMs();
  const { fromWallMs } = periodOf('month', atWallMs);
  const periods = [{ budgetId: 'month/usd', fromWallMs, unit: 'usd', limit: Infinity }] as const;
  await store.reserve({ id: 'a', requestId: 'a', atWallMs, amounts: { ...NOTHING, usd }, periods });
  await store.settle('a', { ...NOTHING, usd });
  await store.close();
}

describe('budgets', () => {
  it('are fine where there are none, and where they last', async () => {
    const home = emptyHome();
    expect(await visit(home, budgets)).toEqual([{ name: 'budgets', state: 'ok', found: 'none is set' }]);
    await setBudget(budgetsFileOf(home), limit);
    await setBudget(budgetsFileOf(home), { ...limit, unit: 'bytes', limit: 0 });
    expect(await visit(home, budgets)).toMatchObject([
      { state: 'ok', found: expect.stringContaining('2 can be read') },
    ]);
    expect(existsSync(join(home, 'ledger.db'))).toBe(false);
  });

  it('that cannot be read are a problem', async () => {
    const home = emptyHome();
    writeFileSync(budgetsFileOf(home), BROKEN);
    expect(await visit(home, budgets)).toMatchObject([
      {
        state: 'problem',
        found: expect.stringContaining('not JSON'),
        fix: expect.stringContaining('terrace budget set'),
      },
    ]);
  });

  it('that are spent are a warning which says until when', async () => {
    const home = emptyHome();
    await setBudget(budgetsFileOf(home), limit);
    await spend(home, 21);
    expect(await visit(home, budgets)).toMatchObject([
      {
        state: 'warning',
        found: expect.stringMatching(/^month\/usd is spent until \d{4}-\d\d-01 00:00: 21 USD of 20/),
      },
    ]);
  });

  it('are told of before they are spent, where that is likely and more than a guess', () => {
    const standing = {
      id: 'month/usd',
      limit,
      fromWallMs: 0,
      toWallMs: 30 * 24 * HOUR_MS,
      spent: 12,
      reserved: 3,
      left: 5,
    };
    const forecast = { expected: 25, low: 21, high: 30, spentAtWallMs: 1, overrunProbability: 0.9, basisHours: 48 };
    expect(judgeBudget({ standing, forecast })).toMatchObject([
      {
        state: 'warning',
        found: expect.stringContaining('25 USD are expected'),
        fix: expect.stringContaining('Raise'),
      },
    ]);
    expect(judgeBudget({ standing, forecast: { ...forecast, basisHours: 3 } })).toEqual([]);
    expect(judgeBudget({ standing, forecast: { ...forecast, overrunProbability: 0.2 } })).toEqual([]);
    expect(judgeBudget({ standing, forecast: undefined })).toEqual([]);
  });
});

describe('the deployment', () => {
  const model = (id: string, tier: string, expectedCostUsd: number) => ({
    id,
    path: { kind: 'tier', tier },
    expectedCostUsd,
    fixedCost: { onceUsd: 0, eachWindowUsd: 0 },
  });
  const deploy = (home: string, changes: object) =>
    changeDeployment(deploymentFileOf(home), () => ({
      format: 1,
      maxLive: 2,
      windowMs: 24 * HOUR_MS,
      budgetUsd: 0.01,
      models: [model('small', 'nano', 0.001), model('large', 'base', 0.002)],
      ...changes,
    }));
  const both = (home: string) => visit(home, deployment, nextWindow);

  it('is fine where there is none, and where the next window can be', async () => {
    const home = emptyHome();
    expect((await both(home)).map(({ state }) => state)).toEqual(['ok', 'ok']);
    await deploy(home, {});
    expect(await both(home)).toMatchObject([
      { state: 'ok', found: expect.stringContaining('no server keeps it now') },
      { state: 'ok', found: expect.stringMatching(/^(small|large) .* right at best/) },
    ]);
    expect(existsSync(join(home, 'ledger.db'))).toBe(false);
  });

  it('that cannot be read, or names what there is not, is one problem', async () => {
    const home = emptyHome();
    writeFileSync(deploymentFileOf(home), BROKEN);
    expect((await both(home)).map(({ state }) => state)).toEqual(['problem', 'warning']);
    rmSync(deploymentFileOf(home));
    await deploy(home, { models: [model('small', 'gone', 0)] });
    expect(await both(home)).toMatchObject([
      { state: 'problem', found: expect.stringContaining('"gone"'), fix: expect.stringContaining('nano') },
      { state: 'warning', found: expect.stringContaining('not checked') },
    ]);
  });

  it('without a window says the smallest budget that would do', async () => {
    const home = emptyHome();
    await deploy(home, { budgetUsd: 0.0001 });
    expect((await both(home))[1]).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('too small'),
      fix: expect.stringMatching(/^Give at least US\$ 0\.001 a request/),
    });
  });

  it('says who keeps it, alive or dead', async () => {
    const home = emptyHome();
    await deploy(home, {});
    const file = join(home, 'ledger.db');
    const store = openSqliteDeploymentStore({ file, clock: systemClock });
    const lease = await store.hold('a server');
    expect((await visit(home, deployment))[0]).toMatchObject({
      state: 'ok',
      found: expect.stringContaining(`kept by a server, process ${process.pid}`),
    });
    await lease.release();
    await store.close();
    await leaveLease(file, { name: 'a server', process: { ...(await thisProcess()), pid: 4_194_303 } });
    expect((await visit(home, deployment))[0]).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('ended without a word'),
      fix: expect.stringContaining('terrace serve'),
    });
  });

  it('and budgets are not looked into while the ledger is damaged: whoever opens it sets it aside', async () => {
    const home = emptyHome();
    await deploy(home, {});
    await setBudget(budgetsFileOf(home), limit);
    writeFileSync(join(home, 'ledger.db'), 'this is no database, but it is long enough to look like one'.repeat(40));
    const found = await visit(home, budgets, deployment, nextWindow);
    expect(found.map((each) => each.found)).toEqual(Array(3).fill(expect.stringContaining('problem with: ledger')));
  });
});

/** As a process leaves it that ends without a word. */
async function leaveLease(file: string, owner: object): Promise<void> {
  const connection = await openDatabase({ file, schema: ledgerSchema, clock: waitingClock });
  await connection.write(async (transaction) => {
    await transaction.execute({ sql: 'UPDATE deployment_lease SET owner = ?', args: [JSON.stringify(owner)] });
  });
  await connection.close();
}
