import { resolve } from 'node:path';
import { importBundle, type Imported } from '../../store/bundle/import-bundle.js';
import { systemClock } from '../../system-clock.js';
import { describeSigner } from '../../trust/signed-by.js';
import { askLicence } from '../ask-licence.js';
import { bytes, print, printJson, warn } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { addedModels, short } from './models-catalog.js';

export interface ImportFlags extends GlobalFlags {
  readonly acceptLicence?: readonly string[];
  readonly allowUnsigned?: boolean;
}

/** `terrace models import FILE`: installs what a bundle holds, once everything about it was verified. */
export async function importModels(file: string, flags: ImportFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { home, models: shipped, requireSignatures } = settings;
  const progress = startProgress('importing the bundle', process.stderr, 'bytes');
  try {
    const imported = await importBundle({
      file: resolve(file),
      home,
      overlay: addedModels(settings),
      shipped,
      clock: systemClock,
      accepted: flags.acceptLicence ?? [],
      ask: askLicence(flags, signal),
      allowUnsigned: (flags.allowUnsigned ?? false) && !requireSignatures,
      signal,
      onProgress: progress.update,
    });
    progress.end();
    if (flags.json) printJson(imported);
    else print(describe(imported));
    return 0;
  } finally {
    progress.end();
  }
}

const describe = ({
  models,
  deltas,
  domains,
  bytes: size,
  signer,
  acceptedKeys,
  uncalibrated,
  notes,
}: Imported): string =>
  [
    `imported ${bytes(size)}; \`terrace doctor\` loads the models and lets them answer`,
    `models  ${models.join(', ') || 'none'}`,
    `deltas  ${deltas.join(', ') || 'none'}`,
    `calibrated  ${domains.join(', ') || 'none'}`,
    `signer  ${describeSigner(signer)}`,
    ...acceptedKeys.map((keyId) => `note: the key ${short(keyId)} is trusted from now on: an older key vouched for it`),
    ...uncalibrated.map(
      (domain) => `note: ${domain} is no longer calibrated: run \`terrace calibrate --domain ${domain} --data FILE\``,
    ),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
