import type { ModelManifest } from '@terrace/core';
import type { Digest } from '../files/copy-file.js';
import type { HubCard } from './hub-card.js';
import type { HubShape } from './hub-config.js';

export interface HubManifestInput {
  /** Name of the folder. */
  readonly name: string;
  readonly shape: HubShape;
  readonly card: HubCard | undefined;
  /** Text of a licence file. */
  readonly licenceText: string | undefined;
  /** Of the place it was fetched from; a folder has none. */
  readonly publisher?: string | undefined;
  readonly source?: string | undefined;
  readonly weights: readonly {
    readonly dtype: keyof ModelManifest['files'];
    readonly name: string;
    readonly digest: Digest;
  }[];
}

/** Licences recognised by how their texts begin. */
const LICENCES: readonly (readonly [RegExp, string])[] = [
  [/Apache License\s+Version 2\.0/, 'Apache-2.0'],
  [/\bMIT License\b/, 'MIT'],
];

/**
 * A manifest for a model that comes without one. What its files do not say is a careful default: the language is
 * English (`en`), because nothing is accepted in a language a model does not claim to read; the licence is `unknown`.
 * Pure.
 */
export function hubManifest(input: HubManifestInput): ModelManifest {
  const { name, shape, card, weights } = input;
  const upstream = shape.upstream ?? card?.upstream;
  return {
    id: toId(name),
    interface: 'transformers',
    publisher: input.publisher ?? 'local',
    licence: hubLicence(input),
    language: card && card.languages.length > 0 ? [...card.languages] : ['en'],
    placement: 'device',
    ...shape,
    ...(upstream !== undefined && { upstream }),
    ...(input.source !== undefined && { source: input.source }),
    files: Object.fromEntries(weights.map(({ dtype, name: path, digest }) => [dtype, { path, ...digest }])),
  };
}

/** What the card says, or how a text of the licence begins. */
export const hubLicence = ({ card, licenceText }: Pick<HubManifestInput, 'card' | 'licenceText'>): string =>
  card?.licence ?? LICENCES.find(([text]) => text.test(licenceText ?? ''))?.[1] ?? 'unknown';

/** A folder's name as an id: other characters than letters, digits, ".", "_" and "-" become "-". */
export function toId(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
  return (
    plain
      .replace(/^[^A-Za-z0-9]+/, '')
      .replace(/-+$/, '')
      .slice(0, 128) || 'model'
  );
}
