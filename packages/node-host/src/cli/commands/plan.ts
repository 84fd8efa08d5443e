import { join } from 'node:path';
import {
  candidateTiers,
  InvalidRequestError,
  parseRequest,
  requirementsOf,
  type Catalog,
  type Ledger,
  type Requirements,
} from '@terrace/core';
import { frontierOf, machineOf, type FrontierReport, type Machine } from '@terrace/core/deploy';
import { nodeProbe } from '../../create-node-runtime.js';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { openModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { requireWritable, writeAtomically } from '../../store/files/atomic-file.js';
import { systemClock } from '../../system-clock.js';
import { describeFrontier } from '../describe-frontier.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { readHardware } from './plan-hardware.js';
import { parseMonthlyUsd, parseRequestRate, readTraffic } from './plan-traffic.js';

export interface PlanFlags extends GlobalFlags {
  readonly budget: string;
  readonly requests?: string;
  readonly hardware?: string;
  readonly domain?: string;
  readonly minAccuracy?: number;
  /** By tier. */
  readonly accuracy: ReadonlyMap<string, number>;
  readonly energyPrice: number;
  readonly residency: string;
  readonly html?: string;
}

/** `terrace plan`: what accuracy each budget and machine would buy. */
export async function planCommand(flags: PlanFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  if (flags.html !== undefined) await requireWritable(flags.html);
  const ledger = await openRecoveringLedger({
    file: join(settings.home, 'ledger.db'),
    clock: systemClock,
    onWarning: ({ message }) => warn(message),
  });
  try {
    const report = await planned(flags, settings, ledger, signal);
    if (flags.html !== undefined) {
      // Loaded here: nothing else has to wait for what draws.
      const { renderFrontier } = await import('../../reports/render-frontier.js');
      await writeAtomically(flags.html, await renderFrontier(report));
    }
    if (flags.json) printJson({ ...report, chosen: report.chosen ?? null });
    else print(describeFrontier(report));
    return EXIT.answered;
  } finally {
    await ledger.close();
  }
}

async function planned(
  flags: PlanFlags,
  settings: Settings,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<FrontierReport> {
  const folders = await openModelFolders({
    shipped: settings.models,
    added: join(settings.home, 'models'),
    fetcher: await openFetcher(settings),
    requireSignatures: settings.requireSignatures,
  });
  const catalog = folders.current();
  const domain = domainOf(flags.domain, catalog);
  const requirements = requirementsOf(parseRequest({ text: 'a request', domain, residency: flags.residency }));
  requireTiers(flags.accuracy, catalog, requirements);
  const traffic = await readTraffic({ ledger, catalog, clock: systemClock, domain, signal });
  const requestsPerMonth =
    flags.requests === undefined ? (traffic.requestsPerMonth ?? noRequests()) : parseRequestRate(flags.requests);
  const by = (basis: string, accuracies: ReadonlyMap<string, number>) =>
    [...accuracies].map(([tier, accuracy]) => [tier, { accuracy, basis }] as const);
  return frontierOf({
    machines: await machinesOf(flags, settings, ledger, signal),
    budgetUsd: parseMonthlyUsd(flags.budget, requestsPerMonth),
    requestsPerMonth,
    minAccuracy: flags.minAccuracy,
    catalog,
    calibration: await folders.calibration(domain),
    requirements,
    accuracies: new Map([...by('ledger', traffic.accuracies), ...by('what was said', flags.accuracy)]),
    textTokens: traffic.textTokens,
  });
}

/** Those of the file, or this device, which costs nothing more than it does. */
async function machinesOf(
  { hardware, energyPrice }: PlanFlags,
  { home, memoryBytes }: Settings,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  if (hardware !== undefined) return (await readHardware(hardware)).map((each) => machineOf(each, energyPrice));
  const [profile, statistics] = await Promise.all([
    nodeProbe({ home, clock: systemClock, memoryBytes }).profile({ signal }),
    ledger.statistics(),
  ]);
  return [{ name: 'this device', profile, statistics, monthlyUsd: 0 }];
}

function domainOf(domain: string | undefined, { domains }: Catalog): string {
  const known = domains.map(({ id }) => id);
  if (domain !== undefined && known.includes(domain)) return domain;
  if (domain === undefined && known.length === 1) return known[0]!;
  throw new InvalidRequestError({
    message: domain === undefined ? 'Which requests are planned for?' : `There is no domain "${domain.slice(0, 80)}".`,
    hint: `Name a domain (--domain): ${known.join(', ') || 'the catalog has none'}.`,
    facts: { domain },
  });
}

/** What is said of a tier that nobody has would be left out without a word. */
function requireTiers(
  accuracy: ReadonlyMap<string, number>,
  catalog: Catalog,
  { task, domain, subDomain }: Requirements,
): void {
  const known = new Set(candidateTiers(catalog, { task, domain, subDomain }).map(({ id }) => id));
  for (const tier of accuracy.keys()) {
    if (known.has(tier)) continue;
    throw new InvalidRequestError({
      message: `There is no tier "${tier.slice(0, 80)}" to be accurate.`,
      hint: `Use one of: ${[...known].join(', ') || 'the catalog has none'}.`,
      facts: { tier: tier.slice(0, 80) },
    });
  }
}

function noRequests(): never {
  throw new InvalidRequestError({
    message: 'The ledger has no requests of this domain in the last 30 days to plan by.',
    hint: 'Say how many there will be: --requests 100000/month.',
  });
}
