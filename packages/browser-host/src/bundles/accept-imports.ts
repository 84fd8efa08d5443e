import { InvalidSignatureError, namedFilesOf, type Calibration, type Catalog, type FileRef } from '@terrace/core';
import type { AcceptedCatalog } from '../store/kept-catalog.js';
import { judgeSeal, type SignerCheck } from './bundle-signer.js';
import { type Import, type Imports } from './imports.js';
import { domainOf, withLadders, type OwnLadder } from '../revisions/own-ladder.js';
import { withImports } from './with-imports.js';

/** A catalog as it is in force on this device. */
export interface AcceptedImports extends Pick<AcceptedCatalog, 'catalog' | 'warnings' | 'imports'> {
  /** Those that still add something. */
  readonly bundles: readonly Import[];
  /** Domains whose imported calibration does not hold. */
  readonly uncalibrated: readonly string[];
  /** Those of the ladders of this device that are in the catalog. */
  readonly holding: readonly OwnLadder[];
}

export interface AcceptOptions extends SignerCheck {
  /** Of a domain, where it is here. */
  readonly calibrationOf: (file: FileRef) => Promise<Calibration | undefined>;
}

/**
 * Puts what was imported over the server's own catalog, and the ladders that were made here over both. A bundle whose
 * signer the page trusts no longer is left out, with a warning, and not forgotten: the page may trust that key again.
 */
export async function acceptImports(
  own: Catalog,
  { revision, bundles, ladders }: Imports,
  { trustedKeys, wallMs, calibrationOf }: AcceptOptions,
): Promise<AcceptedImports> {
  const warnings: string[] = [];
  const trusted: Import[] = [];
  for (const bundle of bundles) {
    const distrusted = trustedKeys.length > 0 ? await distrustOf(bundle, { trustedKeys, wallMs }) : undefined;
    if (distrusted === undefined) trusted.push(bundle);
    else warnings.push(`What was imported of ${describe(bundle)} is left out: ${distrusted}.`);
  }
  const merged = await withImports(own, trusted, calibrationOf);
  const { uncalibrated } = merged;
  const { catalog, holding } = await withLadders(merged.catalog, ladders, calibrationOf);
  for (const ladder of ladders) if (!holding.includes(ladder)) warnings.push(isResting(ladder));
  const named = new Set(namedFilesOf(own).map(({ sha256 }) => sha256));
  const fitted = holding.flatMap(({ files }) => files.map(({ sha256 }) => sha256));
  const files = [...merged.files, ...fitted.filter((sha256) => !named.has(sha256))];
  const left = bundles.filter((each) => merged.bundles.includes(each) || !trusted.includes(each));
  return {
    catalog,
    warnings,
    bundles: left,
    uncalibrated,
    holding,
    ...(revision !== undefined && { imports: { revision, files } }),
  };
}

/** Keys that counted when it was imported count for it still. @returns why it does not count; undefined when it does */
async function distrustOf({ seal, trustedKeys: own }: Import, check: SignerCheck): Promise<string | undefined> {
  try {
    const verdict = await judgeSeal(seal, { ...check, trustedKeys: [...check.trustedKeys, ...own] });
    return verdict?.kind === 'untrusted' ? `the page does not trust the key ${verdict.keyId.slice(0, 12)}` : undefined;
  } catch (error) {
    if (InvalidSignatureError.isInstance(error)) return 'its signature is damaged';
    throw error;
  }
}

const describe = ({ catalog }: Import): string => [...catalog.models, ...catalog.deltas].map(({ id }) => id).join(', ');

const isResting = (ladder: OwnLadder): string =>
  `What was fitted for "${domainOf(ladder).id}" rests: it belongs to other versions of the models. Fit it anew.`;
