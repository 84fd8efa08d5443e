import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidRequestError } from '@terrace/core';
import { budgetId, parseLimit, type BudgetLimit } from '@terrace/core/budget';
import { removeBudget, setBudget } from '../../budget/budgets-file.js';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import { keysFileOf, readKeys } from '../../server/keys/keys-file.js';
import { openModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { describeLimit } from '../describe-budget.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';

export interface BudgetSetFlags extends GlobalFlags {
  readonly soft?: boolean;
  readonly hard?: boolean;
  readonly whenSpent?: 'local' | 'refuse';
  readonly key?: string;
  readonly domain?: string;
  readonly tier?: string;
  /** Shares in (0, 1]. */
  readonly alert?: readonly number[];
  readonly remove?: boolean;
}

const ALERT_AT = [0.8, 1];

/** `terrace budget set 20/month`, or `terrace budget set month/usd --remove`. */
export async function budgetSet(text: string, flags: BudgetSetFlags): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const file = budgetsFileOf(settings.home);
  if (flags.remove) {
    await removeBudget(file, text);
    if (flags.json) printJson({ removed: text });
    else print(`the budget ${text} counts no more`);
    return EXIT.answered;
  }
  const { key, domain, tier, alert = ALERT_AT } = flags;
  const scope = {
    ...(key !== undefined && { key }),
    ...(domain !== undefined && { domain }),
    ...(tier !== undefined && { tier }),
  };
  const limit: BudgetLimit = { scope, ...parseLimit(text), whenSpent: whenSpentOf(flags), alertAt: alert };
  const replaced = await setBudget(file, limit);
  for (const warning of await unknownNames(limit, settings)) warn(warning);
  const id = budgetId(limit);
  if (flags.json) printJson({ id, replaced, ...limit });
  else print(describeLimit(id, limit));
  return EXIT.answered;
}

function whenSpentOf({ soft, hard, whenSpent = 'local' }: BudgetSetFlags): BudgetLimit['whenSpent'] {
  if (!soft) return whenSpent;
  if (!hard && whenSpent === 'local') return 'degrade';
  throw new InvalidRequestError({
    message: 'A budget is soft or hard, and not both.',
    hint: 'Leave out `--soft`, or `--hard` and `--when-spent`.',
  });
}

/** A budget may be set before what it is for is added; a slip of the pen would limit nothing. */
async function unknownNames({ scope: { key, domain, tier } }: BudgetLimit, settings: Settings): Promise<string[]> {
  const warnings: string[] = [];
  if (key !== undefined) {
    const file = keysFileOf(settings.home);
    const names = existsSync(file) ? (await readKeys(file)).map(({ name }) => name) : [];
    if (!names.includes(key)) warnings.push(unknown('server key', key, names));
  }
  if (domain === undefined && tier === undefined) return warnings;
  const { home, models, requireSignatures } = settings;
  const fetcher = await openFetcher(settings);
  const folders = await openModelFolders({ shipped: models, added: join(home, 'models'), fetcher, requireSignatures });
  const catalog = folders.current();
  const domains = catalog.domains.map(({ id }) => id);
  const tiers = [...catalog.models, ...(catalog.endpoints ?? [])].map(({ id }) => id);
  if (domain !== undefined && !domains.includes(domain)) warnings.push(unknown('domain', domain, domains));
  if (tier !== undefined && !tiers.includes(tier)) warnings.push(unknown('tier', tier, tiers));
  return warnings;
}

const unknown = (what: string, name: string, known: readonly string[]): string =>
  `there is no ${what} "${name}" yet: the budget counts nothing before there is. Known: ${known.join(', ') || 'none'}`;
