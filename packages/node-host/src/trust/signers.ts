import { UntrustedSignerError, type Catalog, type Endpoint } from '@terrace/core';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import { readFolderSignatures, requireSoundSignatures, type SignatureFault } from './folder-signatures.js';
import { readKeptBundles } from './kept-bundles.js';
import { describeSigner, UNSIGNED, type SignedBy, type Trust } from './signed-by.js';

type Model = Catalog['models'][number];
type Delta = Catalog['deltas'][number];

/** Who vouches for each model, delta and endpoint of a folder. */
export interface Signers {
  model(model: Model): SignedBy;
  delta(delta: Delta): SignedBy;
  /** No bundle brings one. */
  textDelta(delta: Pick<Delta, 'id'>): SignedBy;
  endpoint(endpoint: Endpoint): SignedBy;
}

/**
 * A model is vouched for by whoever signed the catalog, or a bundle that brought exactly this entry; a delta also by its
 * own signature. An endpoint, which no bundle brings, by the catalog's or its own. Somebody trusted counts before somebody who is not; a signature that is wrong counts for nothing.
 * @param keptIn where bundles that were imported are remembered
 */
export async function readSigners(folder: ModelFolder, trust: Trust, keptIn = folder.path): Promise<Signers> {
  const { catalog, deltas, endpoints } = await readFolderSignatures(folder, trust);
  const kept = await readKeptBundles(keptIn, trust);
  const best = (own: SignedBy = UNSIGNED, bundles: typeof kept = []): SignedBy => {
    const all = [own, catalog, ...bundles.map(({ by }) => by)];
    return all.find(({ kind }) => kind === 'trusted') ?? all.find(({ kind }) => kind === 'untrusted') ?? UNSIGNED;
  };
  const bundlesOf = (entry: Model | Delta) => kept.filter((each) => each.vouchesFor(entry));
  return {
    model: (model) => best(UNSIGNED, bundlesOf(model)),
    delta: (delta) => best(deltas.get(delta.id), bundlesOf(delta)),
    textDelta: ({ id }) => best(deltas.get(id)),
    endpoint: ({ id }) => best(endpoints.get(id)),
  };
}

export interface SignersReport {
  /** Signers this device does not trust, and signatures that are wrong. */
  readonly warnings: readonly string[];
  /** Ids of deltas whose signature is wrong: one of delta and signature is damaged, so they are not used. */
  readonly leftOut: ReadonlySet<string>;
  /** Ids of endpoints whose signature is wrong. */
  readonly endpointsLeftOut: ReadonlySet<string>;
}

/** What is to be said about the signature files of a folder that is used all the same. */
export async function reportSigners(folder: ModelFolder, trust: Trust): Promise<SignersReport> {
  const { catalog, deltas, endpoints, faults } = await readFolderSignatures(folder, trust);
  const all = [
    ['the catalog', catalog] as const,
    ...[...deltas].map(([id, by]) => [`the delta ${id}`, by] as const),
    ...[...endpoints].map(([id, by]) => [`the endpoint ${id}`, by] as const),
  ];
  const untrusted = all
    .filter(([, by]) => by.kind === 'untrusted')
    .map(([what, by]) => `the signature of ${what} in ${folder.path} is ${describeSigner(by)}`);
  return {
    warnings: [...untrusted, ...faults.map((fault) => inWords(folder, fault))],
    leftOut: new Set(faults.flatMap(({ delta }) => delta ?? [])),
    endpointsLeftOut: new Set(faults.flatMap(({ endpoint }) => endpoint ?? [])),
  };
}

function inWords({ path }: ModelFolder, { delta, endpoint, error }: SignatureFault): string {
  if (delta !== undefined)
    return `the delta ${delta} in ${path} is left out, and so is the calibration made with it: ${error.message}`;
  if (endpoint !== undefined) return `the endpoint ${endpoint} in ${path} is left out: ${error.message}`;
  return `the signature of the catalog in ${path} counts for nothing: ${error.message}`;
}

/**
 * Where signatures are required, everything that was added has a signer this device trusts, and no signature is wrong.
 * @throws UntrustedSignerError naming what has none, InvalidSignatureError, InvalidCatalogError
 */
export async function requireSigned(folder: ModelFolder, trust: Trust, keptIn?: string): Promise<void> {
  await requireSoundSignatures(folder, trust);
  const signers = await readSigners(folder, trust, keptIn);
  const { models, deltas, endpoints = [], text } = folder.catalog;
  for (const model of models) requireTrusted('model', model.id, signers.model(model));
  for (const delta of deltas) requireTrusted('delta', delta.id, signers.delta(delta));
  for (const delta of text?.deltas ?? []) requireTrusted('delta', delta.id, signers.textDelta(delta));
  // It decides what leaves the device, and where to.
  for (const endpoint of endpoints) requireTrusted('endpoint', endpoint.id, signers.endpoint(endpoint));
}

/** @throws UntrustedSignerError */
function requireTrusted(kind: 'model' | 'delta' | 'endpoint', id: string, by: SignedBy): void {
  if (by.kind === 'trusted') return;
  const why = by.kind === 'unsigned' ? 'nobody signed it' : `the key ${by.keyId} that signed it is ${by.reason} here`;
  throw new UntrustedSignerError({
    message: `The ${kind} "${id}" is refused: signatures are required on this device, and ${why}.`,
    hint:
      by.kind === 'unsigned'
        ? UNSIGNED_HINTS[kind]
        : 'If you trust the signer, run `terrace keys trust FILE` with the key file of the publisher.',
    facts: { [kind]: id, reason: by.kind === 'unsigned' ? 'unsigned' : by.reason },
  });
}

const UNSIGNED_HINTS = {
  model: 'Import it from a signed bundle, or remove it (`terrace models remove ID`).',
  delta: 'Sign it with a key of this device (`terrace delta sign ID`), import it from a signed bundle, or remove it.',
  endpoint:
    'Remove it (`terrace tiers remove ID`) and add it again: `terrace tiers add` signs it with the key of this device.',
} as const;
