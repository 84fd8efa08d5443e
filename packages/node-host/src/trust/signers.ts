import { UntrustedSignerError, type Catalog } from '@terrace/core';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import { readFolderSignatures, requireSoundSignatures } from './folder-signatures.js';
import { readKeptBundles } from './kept-bundles.js';
import { describeSigner, UNSIGNED, type SignedBy, type Trust } from './signed-by.js';

type Model = Catalog['models'][number];
type Delta = Catalog['deltas'][number];

/** Who vouches for each model and delta of a folder. */
export interface Signers {
  model(model: Model): SignedBy;
  delta(delta: Delta): SignedBy;
}

/**
 * A model is vouched for by whoever signed the catalog, or a bundle that brought exactly this entry; a delta also by its
 * own signature. Somebody trusted counts before somebody who is not; a signature that is wrong counts for nothing.
 */
export async function readSigners(folder: ModelFolder, trust: Trust): Promise<Signers> {
  const { catalog, deltas } = await readFolderSignatures(folder, trust);
  const kept = await readKeptBundles(folder.path, trust);
  const best = (entry: Model | Delta, own: SignedBy = UNSIGNED): SignedBy => {
    const all = [own, catalog, ...kept.filter((each) => each.vouchesFor(entry)).map(({ by }) => by)];
    return all.find(({ kind }) => kind === 'trusted') ?? all.find(({ kind }) => kind === 'untrusted') ?? UNSIGNED;
  };
  return { model: (model) => best(model), delta: (delta) => best(delta, deltas.get(delta.id)) };
}

export interface SignersReport {
  /** Signers this device does not trust, and signatures that are wrong. */
  readonly warnings: readonly string[];
  /** Ids of deltas whose signature is wrong: one of delta and signature is damaged, so they are not used. */
  readonly leftOut: ReadonlySet<string>;
}

/** What is to be said about the signature files of a folder that is used all the same. */
export async function reportSigners(folder: ModelFolder, trust: Trust): Promise<SignersReport> {
  const { catalog, deltas, faults } = await readFolderSignatures(folder, trust);
  const all = [['the catalog', catalog] as const, ...[...deltas].map(([id, by]) => [`the delta ${id}`, by] as const)];
  const untrusted = all
    .filter(([, by]) => by.kind === 'untrusted')
    .map(([what, by]) => `the signature of ${what} in ${folder.path} is ${describeSigner(by)}`);
  const wrong = faults.map(({ delta, error }) =>
    delta === undefined
      ? `the signature of the catalog in ${folder.path} counts for nothing: ${error.message}`
      : `the delta ${delta} in ${folder.path} is left out, and so is the calibration made with it: ${error.message}`,
  );
  return {
    warnings: [...untrusted, ...wrong],
    leftOut: new Set(faults.flatMap(({ delta }) => (delta === undefined ? [] : [delta]))),
  };
}

/**
 * Where signatures are required, everything that was added has a signer this device trusts, and no signature is wrong.
 * @throws UntrustedSignerError naming what has none, InvalidSignatureError, InvalidCatalogError
 */
export async function requireSigned(folder: ModelFolder, trust: Trust): Promise<void> {
  await requireSoundSignatures(folder, trust);
  const signers = await readSigners(folder, trust);
  const { models, deltas } = folder.catalog;
  for (const model of models) requireTrusted('model', model.id, signers.model(model));
  for (const delta of deltas) requireTrusted('delta', delta.id, signers.delta(delta));
}

/** @throws UntrustedSignerError */
function requireTrusted(kind: 'model' | 'delta', id: string, by: SignedBy): void {
  if (by.kind === 'trusted') return;
  const why = by.kind === 'unsigned' ? 'nobody signed it' : `the key ${by.keyId} that signed it is ${by.reason} here`;
  throw new UntrustedSignerError({
    message: `The ${kind} "${id}" is refused: signatures are required on this device, and ${why}.`,
    hint:
      by.kind === 'unsigned'
        ? 'Import it from a signed bundle, or remove it (`terrace models remove ID`).'
        : 'If you trust the signer, run `terrace keys trust FILE` with the key file of the publisher.',
    facts: { [kind]: id, reason: by.kind === 'unsigned' ? 'unsigned' : by.reason },
  });
}
