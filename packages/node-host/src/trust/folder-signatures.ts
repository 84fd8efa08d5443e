import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  deltaManifestSchema,
  InvalidSignatureError,
  parseFile,
  signedSchema,
  TerraceError,
  type Catalog,
  type Delta,
  type Endpoint,
  type Signed,
} from '@terrace/core';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import type { TextDelta } from '@terrace/core/text';
import { readText } from '../store/catalog/read-text.js';
import { TEXT_DELTA_MANIFEST, textDeltaPlace } from '../store/catalog/text-delta-place.js';
import { endpointContentId } from '../store/catalog/endpoint-place.js';
import { contentId } from '../store/files/content-id.js';
import { parseJson, readJson } from '../store/files/read-json.js';
import { CATALOG_SIGNATURE, DELTA_SIGNATURE, endpointSignature } from './signature-files.js';
import { judge, UNSIGNED, type SignedBy, type Trust } from './signed-by.js';
import { readTrust } from './trust-file.js';

/** Who signed the catalog of a folder, and each delta and endpoint that has a signature of its own. */
export interface FolderSignatures {
  readonly catalog: SignedBy;
  readonly deltas: ReadonlyMap<string, SignedBy>;
  readonly endpoints: ReadonlyMap<string, SignedBy>;
  /** Signatures that do not belong to what they lie beside, or are none; they count for nothing. */
  readonly faults: readonly SignatureFault[];
}

/** Of the catalog, unless it names a delta or an endpoint. */
export interface SignatureFault {
  readonly delta?: string;
  readonly endpoint?: string;
  readonly error: TerraceError;
}

/**
 * Follows every signature file of a folder: an unknown signer and a wrong signature are answers.
 * @throws InvalidCatalogError when the trust file is wrong
 */
export async function readFolderSignatures({ path, catalog }: ModelFolder, trust: Trust): Promise<FolderSignatures> {
  await readTrust(trust.home);
  const faults: SignatureFault[] = [];
  const attempt = async (
    file: string,
    of: Omit<SignatureFault, 'error'>,
    follow: (signed: Signed) => Promise<SignedBy>,
  ): Promise<SignedBy | undefined> => {
    try {
      const signed = await readSigned(join(path, file));
      return signed && (await follow(signed));
    } catch (error) {
      if (!TerraceError.isInstance(error)) throw error;
      faults.push({ ...of, error });
      return undefined;
    }
  };
  const deltas = new Map<string, SignedBy>();
  for (const delta of catalog.deltas) {
    const file = join(dirname(delta.head.path), DELTA_SIGNATURE);
    const by = await attempt(file, { delta: delta.id }, (signed) => judgeDelta(path, delta, signed, trust));
    if (by) deltas.set(delta.id, by);
  }
  for (const delta of catalog.text?.deltas ?? []) {
    const file = join(textDeltaPlace(delta), DELTA_SIGNATURE);
    const by = await attempt(file, { delta: delta.id }, (signed) => judgeTextDelta(path, delta, signed, trust));
    if (by) deltas.set(delta.id, by);
  }
  const endpoints = new Map<string, SignedBy>();
  for (const endpoint of catalog.endpoints ?? []) {
    const { id } = endpoint;
    const by = await attempt(endpointSignature(id), { endpoint: id }, (signed) =>
      judgeEndpoint(endpoint, signed, trust),
    );
    if (by) endpoints.set(id, by);
  }
  const by = await attempt(CATALOG_SIGNATURE, {}, (signed) => judgeCatalog(catalog, signed, trust));
  return { catalog: by ?? UNSIGNED, deltas, endpoints, faults };
}

/**
 * For what is to be installed: every signature in it belongs to what it lies beside.
 * @throws InvalidSignatureError, InvalidCatalogError when one does not, or is none
 */
export async function requireSoundSignatures(folder: ModelFolder, trust: Trust): Promise<FolderSignatures> {
  const signatures = await readFolderSignatures(folder, trust);
  const [fault] = signatures.faults;
  if (fault) throw fault.error;
  return signatures;
}

/** @throws InvalidSignatureError when the signature is not one of this catalog */
export async function judgeCatalog({ revision, ...content }: Catalog, signed: Signed, trust: Trust): Promise<SignedBy> {
  const sha256 = contentId(content);
  if (revision === sha256) return judge(signed, { kind: 'catalog', sha256 }, trust);
  throw new InvalidSignatureError({
    message: 'The signature of the catalog cannot be accepted: its revision is not that of its content.',
    hint: 'Get the folder again from its publisher.',
    facts: { revision },
  });
}

async function judgeDelta(root: string, delta: Delta, signed: Signed, trust: Trust): Promise<SignedBy> {
  const file = join(root, dirname(delta.head.path), 'delta.json');
  const text = await readFile(file).catch(() => undefined);
  // The catalog is not what was signed: what it says of the delta has to follow from what was.
  if (!text || !isDescribedBy(delta, text, file)) throw saysElse(file, delta.id);
  return judge(signed, { kind: 'delta', subject: delta.id, sha256: delta.contentId }, trust);
}

async function judgeTextDelta(root: string, delta: TextDelta, signed: Signed, trust: Trust): Promise<SignedBy> {
  const file = join(root, textDeltaPlace(delta), TEXT_DELTA_MANIFEST);
  const { deltas } = (await readText(root, [file]).catch(() => undefined)) ?? { deltas: [] };
  if (deltas[0] === undefined || contentId(deltas[0]) !== contentId(delta)) throw saysElse(file, delta.id);
  return judge(signed, { kind: 'delta', subject: delta.id, sha256: delta.contentId }, trust);
}

const saysElse = (file: string, delta: string): InvalidSignatureError =>
  new InvalidSignatureError({
    message: `The signature beside ${file} cannot be accepted: the catalog says something else of this delta.`,
    hint: 'Get the delta again from its publisher; if you changed it yourself, run `terrace models index` on the folder.',
    facts: { file, delta },
  });

/** The catalog says by what it is known, and its connection is found by that: it must not be that of another. */
async function judgeEndpoint(endpoint: Endpoint, signed: Signed, trust: Trust): Promise<SignedBy> {
  const { id, contentId: said } = endpoint;
  const sha256 = endpointContentId(endpoint);
  if (said === sha256) return judge(signed, { kind: 'endpoint', subject: id, sha256 }, trust);
  throw new InvalidSignatureError({
    message: `The signature of the endpoint "${id}" cannot be accepted: the catalog knows it by the content of another.`,
    hint: 'Run `terrace models index` on the folder if you changed it yourself; else remove the endpoint and add it again.',
    facts: { endpoint: id },
  });
}

function isDescribedBy(delta: Delta, text: Buffer, file: string): boolean {
  const parsed = parseFile(deltaManifestSchema, parseJson(text.toString('utf8'), file), 'delta.json').value;
  const { format: _, facts: _facts, subdomains, ...manifest } = parsed;
  const { contentId: id, head, adapter, adapterConfig, ...said } = delta;
  const self = createHash('sha256').update(text).digest('hex');
  const hashes = [self, ...[head, adapter, adapterConfig].flatMap((each) => (each ? [each.sha256] : []))];
  return contentId(hashes.toSorted()) === id && contentId({ ...manifest, subDomains: subdomains }) === contentId(said);
}

async function readSigned(file: string): Promise<Signed | undefined> {
  if (!existsSync(file)) return undefined;
  return parseFile(signedSchema, await readJson(file), 'signature').value;
}
