import { InvalidRequestError } from '@terrace/core';
import type { PilotPlan } from '@terrace/core/deploy';
import { beginPilot } from '../../deploy/pilot-under-way.js';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { parseKpi, parseUntil, readBaseline } from './pilot-flags.js';
import { withDeploymentFiles } from './deployment-files.js';

export interface PilotStartFlags extends GlobalFlags {
  readonly name?: string;
  readonly kpi?: readonly string[];
  readonly baseline?: string;
  readonly until?: string;
  readonly domain?: string;
  readonly least?: number;
}

const LEAST_REQUESTS = 200;

/** `terrace pilot start`: from now on, until the date. */
export async function pilotStart(flags: PilotStartFlags): Promise<number> {
  const nowWallMs = systemClock.wallMs();
  const plan: PilotPlan = {
    name: required(flags.name, '--name'),
    domain: flags.domain,
    kpis: (flags.kpi ?? []).map(parseKpi),
    baseline: await readBaseline(required(flags.baseline, '--baseline'), nowWallMs),
    fromWallMs: nowWallMs,
    toWallMs: parseUntil(required(flags.until, '--until')),
    leastRequests: flags.least ?? LEAST_REQUESTS,
  };
  const granted = await withDeploymentFiles(flags, (files) => beginPilot({ ...files, plan, owner: 'terrace pilot' }));
  if (flags.json) printJson({ granted, plan });
  else {
    const until = new Date(plan.toWallMs).toISOString().slice(0, 16);
    print(
      `${plan.name} ${granted === 'now' ? 'has begun' : 'begins as soon as the server takes it over'}; it ends ${until}Z`,
    );
  }
  return EXIT.answered;
}

function required(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new InvalidRequestError({ message: `${flag} is missing.`, hint: `Give ${flag}; --help says how.` });
}
