import { filesOf } from '@terrace/core';
import { checkCalibration, type CalibrationCheck } from '../../store/catalog/check-calibration.js';
import { checkDrift, type Drift } from '../../store/catalog/check-drift.js';
import { hashFiles, type FileState } from '../../store/catalog/check-files.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, table } from '../output.js';
import { startProgress, type Progress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { openCatalog } from './models-catalog.js';

interface Report {
  readonly ok: boolean;
  readonly files: readonly FileState[];
  readonly drift: readonly Drift[];
  readonly calibrations: readonly CalibrationCheck[];
}

/** `terrace models verify`: whether every file is the one its catalog names. Exit code 1 when one is not. */
export async function verifyModels(flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  const { folders } = await openCatalog(flags);
  const progress = startProgress('reading every file', process.stderr, 'bytes');
  const report = await verify(folders, signal, progress).finally(progress.end);
  if (flags.json) printJson(report);
  else print(describe(report));
  return report.ok ? EXIT.answered : EXIT.internal;
}

async function verify(folders: ModelFolders, signal: AbortSignal, progress: Progress): Promise<Report> {
  const files: FileState[] = [];
  const drift: Drift[] = [];
  const sizes = folders.folders.flatMap(({ catalog }) => filesOf(catalog).map((file) => file.bytes));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  let doneBytes = 0;
  const bases = folders.folders[0]!.catalog.models;
  for (const [index, folder] of folders.folders.entries()) {
    for await (const file of hashFiles(folder, signal, folders)) {
      progress.update((doneBytes += sizes[files.length]!), totalBytes);
      files.push(file);
    }
    const found = await checkDrift(folder, index === 0 ? [] : bases);
    if (found) drift.push(found);
  }
  const calibrations: CalibrationCheck[] = [];
  for (const domain of folders.current().domains) {
    signal.throwIfAborted();
    calibrations.push(await checkCalibration(folders, domain));
  }
  const ok =
    files.every(({ state }) => state !== 'missing' && state !== 'corrupt') &&
    drift.length === 0 &&
    !calibrations.some(isBroken);
  return { ok, files, drift, calibrations };
}

const isBroken = ({ state }: CalibrationCheck): boolean => state === 'stale' || state === 'unreadable';

/** What is not here was not read. */
const notHere = ({ state }: FileState): boolean => state === 'absent' || state === 'fetchable';

function describe({ ok, files, drift, calibrations }: Report): string {
  const absent = files.filter(notHere).length;
  return [
    table(files.map(({ path, state, message }) => [state, message ? `${path}: ${message}` : path])),
    ...drift.map(
      ({ folder, message }) =>
        `drift  ${folder}: ${message}; run \`terrace models index ${folder}\` if the manifests are right`,
    ),
    ...calibrations.map(({ domain, state, rows, message }) =>
      state === 'ok' ? `calibration of ${domain}: ok, ${rows} rows` : `calibration of ${domain}: ${state}, ${message}`,
    ),
    '',
    ok
      ? `${files.length - absent} files are what the catalog says${absent > 0 ? `; ${absent} are not here` : ''}.`
      : 'Something is wrong: see above. Restore the files, or install the package again.',
  ].join('\n');
}
