import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  deltaManifestSchema,
  InvalidSignatureError,
  parseFile,
  signedSchema,
  type Catalog,
  type Delta,
  type Signed,
} from '@terrace/core';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import { contentId } from '../store/files/content-id.js';
import { parseJson, readJson } from '../store/files/read-json.js';
import { CATALOG_SIGNATURE, DELTA_SIGNATURE } from './signature-files.js';
import { judge, UNSIGNED, type SignedBy, type Trust } from './signed-by.js';

/** Who signed the catalog of a folder, and each delta that has a signature of its own. */
export interface FolderSignatures {
  readonly catalog: SignedBy;
  readonly deltas: ReadonlyMap<string, SignedBy>;
}

/**
 * Follows every signature file of a folder.
 * @throws InvalidSignatureError when one does not belong to what it lies beside; an unknown signer is an answer
 */
export async function readFolderSignatures({ path, catalog }: ModelFolder, trust: Trust): Promise<FolderSignatures> {
  const deltas = new Map<string, SignedBy>();
  for (const delta of catalog.deltas) {
    const signed = await readSigned(join(path, dirname(delta.head.path), DELTA_SIGNATURE));
    if (signed) deltas.set(delta.id, await judgeDelta(path, delta, signed, trust));
  }
  const signed = await readSigned(join(path, CATALOG_SIGNATURE));
  return { catalog: signed ? await judgeCatalog(catalog, signed, trust) : UNSIGNED, deltas };
}

async function judgeCatalog({ revision, ...content }: Catalog, signed: Signed, trust: Trust): Promise<SignedBy> {
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
  const text = await readFile(file);
  // The catalog is not what was signed: what it says of the delta has to follow from what was.
  if (!(await isDescribedBy(delta, text, file))) {
    throw new InvalidSignatureError({
      message: `The signature beside ${file} cannot be accepted: the catalog says something else of this delta.`,
      hint: 'Run `terrace models index` on the folder if its files are right, else get it again from its publisher.',
      facts: { file, delta: delta.id },
    });
  }
  return judge(signed, { kind: 'delta', subject: delta.id, sha256: delta.contentId }, trust);
}

async function isDescribedBy(delta: Delta, text: Buffer, file: string): Promise<boolean> {
  const parsed = parseFile(deltaManifestSchema, parseJson(text.toString('utf8'), file), 'delta.json').value;
  const { format: _, subdomains, ...manifest } = parsed;
  const { contentId: id, head, adapter, adapterConfig, ...said } = delta;
  const self = createHash('sha256').update(text).digest('hex');
  const hashes = [self, ...[head, adapter, adapterConfig].flatMap((each) => (each ? [each.sha256] : []))];
  return contentId(hashes.toSorted()) === id && contentId({ ...manifest, subDomains: subdomains }) === contentId(said);
}

async function readSigned(file: string): Promise<Signed | undefined> {
  if (!existsSync(file)) return undefined;
  return parseFile(signedSchema, await readJson(file), 'signature').value;
}
