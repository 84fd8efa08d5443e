import { resolve } from 'node:path';
import { chooseContents } from '@terrace/core';
import { writeBundle, type WrittenBundle } from '../../store/bundle/write-bundle.js';
import { systemClock } from '../../system-clock.js';
import { openSigner, type Signer } from '../../trust/signing.js';
import { bytes, print, printJson } from '../output.js';
import { startProgress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { openCatalog, short } from './models-catalog.js';

export interface BundleFlags extends GlobalFlags {
  readonly out: string;
  readonly domain?: string;
  readonly key?: string;
  /** False for `--no-sign`. */
  readonly sign: boolean;
}

/** `terrace models bundle`: models and deltas as one signed file, for a device without a network. */
export async function bundleModels(ids: readonly string[], flags: BundleFlags, signal: AbortSignal): Promise<number> {
  const { settings, folders } = await openCatalog(flags);
  const contents = chooseContents(folders.current(), { ids, domain: flags.domain });
  const { home } = settings;
  const signer = flags.sign ? await openSigner({ home, name: flags.key, clock: systemClock }) : undefined;
  const progress = startProgress('writing the bundle', process.stderr, 'bytes');
  try {
    const out = resolve(flags.out);
    const written = await writeBundle({ contents, folders, out, signer, signal, onProgress: progress.update });
    progress.end();
    if (flags.json) printJson(summary(written, signer));
    else print(describe(summary(written, signer)));
    return 0;
  } finally {
    progress.end();
  }
}

function summary({ file, bytes: size, sha256, manifest }: WrittenBundle, signer: Signer | undefined) {
  const { models, deltas, domains } = manifest.catalog;
  return {
    file,
    bytes: size,
    sha256,
    models: models.map(({ id }) => id),
    deltas: deltas.map(({ id }) => id),
    domains: domains.map(({ id, calibration }) => ({ id, calibrated: calibration !== undefined })),
    files: manifest.files.length,
    signer: signer ? { owner: signer.key.owner, keyId: signer.key.keyId } : null,
  };
}

const describe = ({ file, bytes: size, sha256, models, deltas, signer }: ReturnType<typeof summary>): string =>
  [
    `${file}, ${bytes(size)}, sha256 ${sha256}`,
    `models  ${models.join(', ') || 'none'}`,
    `deltas  ${deltas.join(', ') || 'none'}`,
    `signer  ${signer ? `${signer.owner} (${short(signer.keyId)})` : 'unsigned'}`,
  ].join('\n');
