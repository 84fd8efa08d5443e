import { readPilot, type PilotReport } from '@terrace/core/deploy';
import { endPilot, readPilotPlan } from '../../deploy/pilot-under-way.js';
import { systemClock } from '../../system-clock.js';
import { describePilot } from '../describe-pilot.js';
import { EXIT } from '../exit-code.js';
import { print } from '../output.js';
import { startProgress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { withDeploymentFiles, type DeploymentFiles } from './deployment-files.js';

/** `terrace pilot status`: what it has shown so far. */
export async function pilotStatus(flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  await withDeploymentFiles(flags, async (files) => show(await read(files, signal), flags));
  return EXIT.answered;
}

/** `terrace pilot end`: what it has shown, and an end to it. Before its date that is no verdict. */
export async function pilotEnd(flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  await withDeploymentFiles(flags, async (files) => {
    // What cannot be read is not ended.
    const report = await read(files, signal);
    const granted = await endPilot(files.store, 'terrace pilot');
    show(report, flags);
    if (!flags.json && granted === 'soon') print('  it ends as soon as the server takes that over');
  });
  return EXIT.answered;
}

async function read({ store, ledger }: DeploymentFiles, signal: AbortSignal): Promise<PilotReport> {
  const plan = await readPilotPlan(store);
  const progress = startProgress('reading the ledger');
  try {
    const sources = { ledger, rewards: (sinceWallMs: number) => store.rewards(sinceWallMs) };
    return await readPilot({ plan, sources, atWallMs: systemClock.wallMs(), signal });
  } finally {
    progress.end();
  }
}

function show(report: PilotReport, flags: GlobalFlags): void {
  // What is unknown is null: a program finds every field.
  if (flags.json) print(JSON.stringify(report, (_, value: unknown) => (value === undefined ? null : value), 2));
  else print(describePilot(report, systemClock.wallMs()));
}
