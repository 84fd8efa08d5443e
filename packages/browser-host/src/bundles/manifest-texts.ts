import { contentId, type Delta, type Model } from '@terrace/core';
import { startHash } from '../store/part.js';
import { nameOf } from './bundle-catalog.js';

/** `model.json`, as the catalog's entry says it. */
export function modelManifest({ tokenizer: _, tokenizerConfig: _config, golden: _golden, ...model }: Model): string {
  const { variants, ...manifest } = model;
  const files = Object.fromEntries(
    variants.map(({ dtype, providers, weights }) => [
      dtype,
      { path: nameOf(weights), bytes: weights.bytes, sha256: weights.sha256, providers },
    ]),
  );
  return `${JSON.stringify({ ...manifest, files }, null, 1)}\n`;
}

/**
 * `delta.json` in the forms that publishers write it: a catalog does not hold its text, and the id of the delta's
 * content tells which one it was.
 */
export function deltaManifests({ id, domain, base, rank, labels, outOfScopeLabel, subDomains }: Delta): string[] {
  const shortest = { format: 1, id, domain, base, rank, labels };
  const scoped = { ...shortest, outOfScopeLabel };
  const full = { ...scoped, subdomains: subDomains };
  return [shortest, scoped, full, { ...shortest, subdomains: subDomains }]
    .map((form) => JSON.stringify(form, null, 1))
    .flatMap((text) => [text, `${text}\n`]);
}

/** Whether a text is the `delta.json` that the delta was made with. */
export function isManifestOf({ contentId: id, head, adapter, adapterConfig }: Delta, text: Uint8Array): boolean {
  const hash = startHash();
  hash.update(text);
  const others = [head, adapter, adapterConfig].flatMap((file) => (file ? [file.sha256] : []));
  return contentId([hash.digest(), ...others].toSorted(), startHash) === id;
}
