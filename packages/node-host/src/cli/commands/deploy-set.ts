import { InvalidRequestError, isFromMemory, type Ledger } from '@terrace/core';
import type { DeploymentSettings } from '@terrace/core/deploy';
import { tiersFor } from '../../deploy/check-deployment.js';
import { changeDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { systemClock } from '../../system-clock.js';
import { describeSettings } from '../describe-deployment.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { withDeploymentFiles } from './deployment-files.js';
import { openCatalog } from './models-catalog.js';

export interface DeploySetFlags extends GlobalFlags {
  readonly maxLive?: number;
  /** Milliseconds. */
  readonly window?: number;
  readonly budget?: string;
  readonly domain?: string;
  readonly audit?: number;
  readonly auditor?: string;
  readonly feedback?: DeploymentSettings['feedback'];
  readonly newModels?: 'canary' | 'trial';
  readonly context?: DeploymentSettings['context'] | 'none';
  readonly kwhPrice?: number;
  readonly hourPrice?: number;
}

const DAY_MS = 86_400_000;
const USUAL = { format: 1, models: [], maxLive: 3, windowMs: DAY_MS } as const;

/** `terrace deploy set`: makes the deployment, or changes what is named. A server follows within seconds. */
export async function deploySet(flags: DeploySetFlags): Promise<number> {
  const { home } = await readSettings(flags);
  const { domain, auditor, audit, feedback, newModels, maxLive, window: windowMs, kwhPrice, hourPrice } = flags;
  const context = flags.context === 'none' ? undefined : flags.context;
  const budgetUsd = flags.budget === undefined ? undefined : await budgetOf(flags.budget, flags);
  await checkNames(flags);
  const settings = await changeDeployment(deploymentFileOf(home), (before) => {
    if (!before && budgetUsd === undefined) throw noBudget();
    return {
      ...(before ?? USUAL),
      ...(budgetUsd !== undefined && { budgetUsd }),
      ...(maxLive !== undefined && { maxLive }),
      ...(windowMs !== undefined && { windowMs }),
      ...(domain !== undefined && { domain }),
      ...(audit !== undefined && { auditShare: audit }),
      ...(auditor !== undefined && { auditor }),
      ...(feedback !== undefined && { feedback }),
      ...(newModels !== undefined && { canary: newModels === 'canary' }),
      ...(flags.context !== undefined && { context }),
      rates: {
        ...before?.rates,
        ...(kwhPrice !== undefined && { usdPerKilowattHour: kwhPrice }),
        ...(hourPrice !== undefined && { usdPerBusyHour: hourPrice }),
      },
    };
  });
  if (flags.json) printJson(settings);
  else print(describeSettings(settings));
  return EXIT.answered;
}

/** Names that nothing here has are found out where somebody is there to hear it. */
async function checkNames(flags: DeploySetFlags): Promise<void> {
  const { domain, auditor } = flags;
  if (domain === undefined && auditor === undefined) return;
  const { folders } = await openCatalog(flags);
  const known = [...new Set(tiersFor({ domain }, folders.current()).map(({ id }) => id))];
  if (auditor === undefined || known.includes(auditor)) return;
  throw new InvalidRequestError({
    message: `There is no tier "${auditor.slice(0, 64)}" that could audit.`,
    hint: `Tiers: ${known.join(', ') || 'none'}.`,
  });
}

const PERIODS_MS: Readonly<Record<string, number>> = {
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: (365.25 / 12) * DAY_MS,
};

/** `0.0002/request`, or so much in a time, which is shared by as many requests as the ledger has lately seen in one. */
async function budgetOf(text: string, flags: GlobalFlags): Promise<number> {
  const [, digits, period] = /^\s*\$?([0-9]*\.?[0-9]+)\s*\/\s*(request|hour|day|week|month)\s*$/.exec(text) ?? [];
  if (digits === undefined || period === undefined) {
    throw new InvalidRequestError({
      message: `"${text.slice(0, 40)}" is no budget.`,
      hint: 'Write what requests may cost, such as 0.0002/request or 20/month.',
    });
  }
  const amount = Number(digits);
  if (period === 'request') return amount;
  const perMs = await withDeploymentFiles(flags, ({ ledger }) => requestsPerMs(ledger));
  if (perMs === 0) {
    throw new InvalidRequestError({
      message: `Nobody knows how many requests share ${text.trim()}: the ledger has none yet.`,
      hint: 'Say it a request, such as 0.0002/request.',
    });
  }
  return amount / (perMs * PERIODS_MS[period]!);
}

/** Of the last 30 days, or of as many as there are. */
async function requestsPerMs(ledger: Pick<Ledger, 'review'>): Promise<number> {
  const nowWallMs = systemClock.wallMs();
  let requests = 0;
  let firstWallMs = nowWallMs;
  for await (const page of ledger.review({ sinceWallMs: nowWallMs - 30 * DAY_MS })) {
    requests += page.filter(({ outcome }) => !isFromMemory(outcome)).length;
    for (const { outcome } of page) firstWallMs = Math.min(firstWallMs, outcome.atWallMs);
  }
  // A few requests of one minute are no rate.
  return requests / Math.max(DAY_MS, nowWallMs - firstWallMs);
}

const noBudget = (): InvalidRequestError =>
  new InvalidRequestError({
    message: '--budget is missing.',
    hint: 'Write what requests may cost, such as --budget 0.0002/request or --budget 20/month.',
  });
