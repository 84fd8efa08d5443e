import { dirname, join } from 'node:path';
import { readBudgets } from '../../budget/budgets-file.js';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import { identityOf } from '../../sqlite/moved-file.js';
import { quarantine } from '../../sqlite/quarantine.js';
import { salvage } from '../../ledger/salvage.js';
import { systemClock } from '../../system-clock.js';
import type { Check, Finding } from './doctor-context.js';

/** Lines of damage that are shown; SQLite gives up to a hundred. */
const SHOWN = 3;

export const ledgerFile: Check = {
  name: 'ledger',
  async run({ settings, ledger, fix }) {
    const file = join((await settings()).home, 'ledger.db');
    const identity = identityOf(file);
    const { exists, damage, unsalvaged } = await ledger();
    if (damage.length === 0) return [whole(file, exists), ...(await salvageAll(unsalvaged, file, fix))];
    const found = `${file} is damaged: ${damage.slice(0, SHOWN).join('; ')}`;
    if (!fix) {
      const advice =
        'Run `terrace doctor --fix`: it sets the file aside and takes over every row that can be read. Answers go on meanwhile.';
      return [{ name: 'ledger', state: 'problem', found, fix: advice }, ...(await salvageAll(unsalvaged, file, fix))];
    }
    const aside = quarantine({ noun: 'ledger', file, damaged: identity, wallMs: systemClock.wallMs() });
    const done = aside === undefined ? 'another process has replaced it meanwhile' : `it is now ${aside}`;
    const older = aside === undefined ? unsalvaged : [...unsalvaged, aside];
    return [{ name: 'ledger', state: 'fixed', found, fix: done }, ...(await salvageAll(older, file, fix))];
  },
};

const whole = (file: string, exists: boolean): Finding => ({
  name: 'ledger',
  state: 'ok',
  found: exists ? `${file} passes SQLite's integrity check` : `${file} is not there yet: the first answer creates it`,
});

/** The newest first: each goes below the rows that are there. */
async function salvageAll(damaged: readonly string[], into: string, fix: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const path of damaged.toReversed()) findings.push(await salvageOne(path, into, fix));
  return findings;
}

async function salvageOne(damaged: string, into: string, fix: boolean): Promise<Finding> {
  const found = `${damaged} is a damaged ledger that was set aside`;
  if (!fix) {
    const advice = 'Run `terrace doctor --fix`: it takes over every row that can be read.';
    return { name: 'ledger', state: 'warning', found, fix: advice };
  }
  // Budgets that cannot be read are another finding.
  const limits = await readBudgets(budgetsFileOf(dirname(into))).catch(() => []);
  const salvaged = await salvage({ damaged, into, clock: systemClock, wallMs: systemClock.wallMs(), limits });
  const rows = salvaged
    ? `${salvaged.rows} rows were taken over, ${salvaged.lost} cannot be read${computedAgain(salvaged.budgets)}`
    : 'it was done before';
  return { name: 'ledger', state: 'fixed', found, fix: `${rows}; the file is kept` };
}

const computedAgain = (budgets: readonly string[]): string =>
  budgets.length === 0 ? '' : `, and what was spent was computed again for ${budgets.join(', ')}`;
