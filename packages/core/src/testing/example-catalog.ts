import type { FileRef } from '../catalog/fields.js';
import type { Catalog, Delta, Model } from '../catalog/schema.js';

/** A stand-in for a sha256: 64 hex digits that only depend on the name. */
export function fakeSha(name: string): string {
  const part = (seed: number): string => {
    let hash = seed;
    for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 16_777_619) >>> 0;
    return hash.toString(16).padStart(8, '0');
  };
  return Array.from({ length: 8 }, (_, i) => part(2_166_136_261 + i * 7919)).join('');
}

/** A file that no disk holds. */
export const fakeFile = (path: string, bytes = 1000): FileRef => ({ path, bytes, sha256: fakeSha(path) });

/** Four intents of a bank in two sub-domains, and the label for everything else. */
export const EXAMPLE_LABELS = ['balance', 'transfer', 'block_card', 'new_card', 'oos'] as const;

/** A small English encoder with one int8 variant for the CPU. */
export function exampleModel(changes: Partial<Model> & { readonly id: string }): Model {
  const { id } = changes;
  return {
    task: 'feature-extraction',
    interface: 'terrace',
    language: ['en'],
    contextTokens: 512,
    licence: 'Apache-2.0',
    publisher: 'Terrace',
    layers: 6,
    hidden: 384,
    features: 384,
    flopsPerToken: 20_000_000,
    placement: 'device',
    tokenizer: fakeFile('tokenizer.json'),
    variants: [{ dtype: 'int8', providers: ['cpu'], weights: fakeFile(`${id}/int8.onnx`, 2 ** 20) }],
    ...changes,
  };
}

/** What adapts a model to the domain `bank`. */
export function exampleDelta(model: Model, changes: Partial<Delta> = {}): Delta {
  const id = `bank/${model.id}`;
  return {
    contentId: fakeSha(id),
    id,
    domain: 'bank',
    base: {
      id: model.id,
      files: Object.fromEntries(model.variants.map(({ dtype, weights }) => [dtype, weights.sha256])),
    },
    rank: model.layers === 0 ? 0 : 8,
    labels: [...EXAMPLE_LABELS],
    outOfScopeLabel: 'oos',
    subDomains: { money: ['balance', 'transfer'], cards: ['block_card', 'new_card'] },
    head: fakeFile(`${id}/head.safetensors`),
    ...changes,
  };
}

export const exampleNano = (): Model =>
  exampleModel({ id: 'nano', layers: 0, hidden: 256, features: 768, flopsPerToken: 256 });
export const exampleBase = (): Model => exampleModel({ id: 'base' });

/** `nano` below `base`, both adapted to the domain `bank`. */
export function exampleCatalog({
  models = [exampleNano(), exampleBase()],
  deltas = models.map((model) => exampleDelta(model)),
  revision = 'first',
}: { readonly models?: Model[]; readonly deltas?: Delta[]; readonly revision?: string } = {}): Catalog {
  return {
    format: 1,
    revision: fakeSha(`catalog ${revision}`),
    models,
    deltas,
    domains: [
      {
        id: 'bank',
        task: 'text-classification',
        ladderRevision: fakeSha(`ladder ${revision}`),
        subDomains: ['money', 'cards'],
      },
    ],
    ladders: [{ id: 'default', task: 'feature-extraction', models: models.map(({ id }) => id) }],
  };
}
