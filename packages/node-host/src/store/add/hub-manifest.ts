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
export function hubManifest({ name, shape, card, licenceText, weights }: HubManifestInput): ModelManifest {
  const upstream = shape.upstream ?? card?.upstream;
  const found = LICENCES.find(([text]) => text.test(licenceText ?? ''))?.[1];
  return {
    id: toId(name),
    interface: 'transformers',
    publisher: 'local',
    licence: card?.licence ?? found ?? 'unknown',
    language: card && card.languages.length > 0 ? [...card.languages] : ['en'],
    placement: 'device',
    ...shape,
    ...(upstream !== undefined && { upstream }),
    files: Object.fromEntries(weights.map(({ dtype, name: path, digest }) => [dtype, { path, ...digest }])),
  };
}

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
