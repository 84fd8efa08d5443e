import { TerraceError } from '@terrace/core';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { createContext, type Check, type CheckContext, type Finding } from './doctor-context.js';
import { deviceProfile, memoryForTiers } from './doctor-device.js';
import { nodeVersion, settingsFile, stateFolder } from './doctor-host.js';
import { ledgerFile } from './doctor-ledger.js';
import { calibrations, modelFiles, modelFolders } from './doctor-models.js';
import { oneRuntime, onnxRuntime } from './doctor-runtime.js';
import { everyVariant } from './doctor-variants.js';

/** In the order in which one failure explains another. */
const CHECKS: readonly Check[] = [
  nodeVersion,
  settingsFile,
  stateFolder,
  ledgerFile,
  modelFolders,
  modelFiles,
  calibrations,
  onnxRuntime,
  oneRuntime,
  deviceProfile,
  memoryForTiers,
  everyVariant,
];

/** `terrace doctor`: checks everything an answer needs. Exit code 1 when there is a problem. */
export async function doctor(flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  const checks = await examine(CHECKS, createContext(flags, signal));
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
export async function examine(checks: readonly Check[], context: CheckContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  const reported = new Map<unknown, string>();
  for (const { name, run } of checks) {
    context.signal.throwIfAborted();
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

const blocked = (name: string, before: string): Finding => ({
  name,
  state: 'warning',
  found: `not checked, because of the problem with: ${before}`,
  fix: `Fix "${before}" first.`,
});

function describe(checks: readonly Finding[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, state, found, fix }) => {
    const line = `${state.padEnd(7)}  ${name.padEnd(width)}  ${found}`;
    return fix === undefined ? line : `${line}\n${' '.repeat(width + 11)}-> ${fix}`;
  });
  const count = (wanted: Finding['state']): number => checks.filter(({ state }) => state === wanted).length;
  return [...lines, '', `${count('ok')} ok, ${count('warning')} warnings, ${count('problem')} problems`].join('\n');
}
