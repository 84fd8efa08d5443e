import { DownloadError, parseFile, signedSchema, UntrustedSignerError, type Catalog } from '@terrace/core';
import { judgeCatalog } from '../../trust/folder-signatures.js';
import { CATALOG_SIGNATURE, DELTA_SIGNATURE } from '../../trust/signature-files.js';
import { describeSigner, UNSIGNED, type SignedBy, type Trust } from '../../trust/signed-by.js';
import { LIMITS } from '../add/source-folder.js';
import type { PullSource } from '../fetch/pull-source.js';
import { parseJson } from '../files/read-json.js';
import type { PullPlan } from './pull-plan.js';

/**
 * Who signed the catalog of a source, asked before anything else is fetched.
 * @throws InvalidSignatureError, InvalidCatalogError when the signature is not one of this catalog; DownloadError
 */
export async function readCatalogSigner(
  source: PullSource,
  catalog: Catalog,
  { trust, signal }: { trust: Trust; signal: AbortSignal },
): Promise<SignedBy> {
  const bytes = await readSignature(source, CATALOG_SIGNATURE, signal);
  if (!bytes) return UNSIGNED;
  const json = parseJson(new TextDecoder().decode(bytes), source.place + CATALOG_SIGNATURE);
  return judgeCatalog(catalog, parseFile(signedSchema, json, 'signature').value, trust);
}

/** @returns undefined when there is none @throws DownloadError */
export async function readSignature(source: PullSource, path: string, signal: AbortSignal) {
  // A folder lists only its own names.
  if (source.paths && !path.includes('/') && !source.paths.includes(path)) return undefined;
  try {
    return await source.read(path, LIMITS.text, signal);
  } catch (error) {
    // Storage that may not be listed answers so for what is not there.
    if (DownloadError.isInstance(error) && error.facts['status'] === 403) return undefined;
    throw error;
  }
}

/**
 * For a device that requires signatures, before the large files are fetched. Manifests of pulled models are written
 * here, so that nobody has signed them; deltas bring a signature of their own, which is judged once they are here.
 * @throws UntrustedSignerError
 */
export function requireSignedItems({ items, signer }: PullPlan): void {
  for (const { kind, id, files } of items) {
    if (kind === 'model') throw refused(kind, id, 'what is pulled of a model carries no signature');
    if (kind === 'delta' && !files.has(DELTA_SIGNATURE)) throw refused(kind, id, 'it comes without a signature');
    if (kind === 'calibration' && signer.kind !== 'trusted') {
      throw refused(kind, id, `the catalog that names it is ${describeSigner(signer)}`);
    }
  }
}

const refused = (kind: string, id: string, why: string): UntrustedSignerError =>
  new UntrustedSignerError({
    message: `The ${kind} "${id}" is not pulled: signatures are required on this device, and ${why}.`,
    hint: 'Import it from a signed bundle.',
    facts: { [kind]: id },
  });
