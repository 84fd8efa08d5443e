import { TerraceError } from '@terrace/core';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { startProgress, type Progress } from '../progress.js';
import { contentStore } from './doctor-content.js';
import { budgets } from './doctor-budgets.js';
import {
  blocked,
  createContext,
  type Check,
  type CheckContext,
  type DoctorFlags,
  type Finding,
} from './doctor-context.js';
import { deployment, nextWindow } from './doctor-deployment.js';
import { deviceProfile, memoryForTiers } from './doctor-device.js';
import { endpoints } from './doctor-endpoints.js';
import { nodeVersion, settingsFile, stateFolder } from './doctor-host.js';
import { ledgerFile } from './doctor-ledger.js';
import { leftovers } from './doctor-leftovers.js';
import { calibrations, modelFiles, modelFolders } from './doctor-models.js';
import { overlayCatalog } from './doctor-overlay.js';
import { oneRuntime, onnxRuntime } from './doctor-runtime.js';
import { signatures } from './doctor-signatures.js';
import { stateFiles } from './doctor-state-files.js';
import { stores } from './doctor-stores.js';
import { everyVariant } from './doctor-variants.js';

/** In the order in which one failure explains another. */
const CHECKS: readonly Check[] = [
  nodeVersion,
  settingsFile,
  stateFolder,
  ledgerFile,
  stateFiles,
  stores,
  leftovers,
  contentStore,
  overlayCatalog,
  signatures,
  modelFolders,
  modelFiles,
  calibrations,
  budgets,
  deployment,
  nextWindow,
  onnxRuntime,
  oneRuntime,
  deviceProfile,
  memoryForTiers,
  everyVariant,
  endpoints,
];

/**
 * `terrace doctor`: checks everything an answer needs; with `--fix` it puts right what it can, without deleting data.
 * Exit code 1 while there is a problem.
 */
export async function doctor(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const progress = startProgress('checking', process.stderr, 'checks');
  const checks = await examine(CHECKS, createContext(flags, signal), progress).finally(progress.end);
  const ok = checks.every(({ state }) => state !== 'problem');
  if (flags.json) printJson({ ok, checks });
  else print(describe(checks));
  return ok ? EXIT.answered : EXIT.internal;
}

/**
 * Runs every check, whatever the others do. One that fails for a reason already reported says so, and does not
 * repeat it.
 * @throws the signal's reason when it aborts
 */
export async function examine(
  checks: readonly Check[],
  context: CheckContext,
  progress?: Pick<Progress, 'next' | 'update'>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const reported = new Map<unknown, string>();
  for (const [index, { name, run }] of checks.entries()) {
    context.signal.throwIfAborted();
    progress?.next(`checking ${name}`);
    progress?.update(index, checks.length);
    try {
      findings.push(...(await run(context)));
    } catch (error) {
      context.signal.throwIfAborted();
      const before = reported.get(error);
      findings.push(before === undefined ? failed(name, error) : blocked(name, before));
      if (before === undefined) reported.set(error, name);
    }
  }
  return findings;
}

function failed(name: string, error: unknown): Finding {
  const found = error instanceof Error ? error.message : String(error);
  const fix = TerraceError.isInstance(error)
    ? error.hint
    : 'This is a fault in Terrace: please report it with this output.';
  return { name, state: 'problem', found, fix };
}

function describe(checks: readonly Finding[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, state, found, fix }) => {
    const line = `${state.padEnd(7)}  ${name.padEnd(width)}  ${found}`;
    return fix === undefined ? line : `${line}\n${' '.repeat(width + 11)}-> ${fix}`;
  });
  const count = (wanted: Finding['state']): number => checks.filter(({ state }) => state === wanted).length;
  const fixed = count('fixed') > 0 ? `${count('fixed')} fixed, ` : '';
  return [...lines, '', `${count('ok')} ok, ${fixed}${count('warning')} warnings, ${count('problem')} problems`].join(
    '\n',
  );
}
