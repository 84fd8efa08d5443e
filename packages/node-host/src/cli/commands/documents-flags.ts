import { InvalidRequestError } from '@terrace/core';
import { collectionSchema } from '@terrace/core/documents';
import type { GlobalFlags } from '../settings.js';

export interface CollectionFlags extends GlobalFlags {
  readonly collection?: string;
}

export interface SearchFlags extends CollectionFlags {
  readonly top?: number;
}

export interface RemoveDocumentsFlags extends CollectionFlags {
  readonly all?: boolean;
}

/** @throws InvalidRequestError */
export function collectionOf<T extends string | undefined>({ collection }: CollectionFlags, otherwise: T): string | T {
  if (collection === undefined || collectionSchema.safeParse(collection).success) return collection ?? otherwise;
  throw new InvalidRequestError({
    message: `"${collection.slice(0, 64)}" is no name of a collection.`,
    hint: 'Use at most 64 of a-z, 0-9, ".", "_" and "-", the first of which is a letter or a digit.',
    facts: { collection: collection.slice(0, 64) },
  });
}

export const DEFAULT_COLLECTION = 'default';

/** Nothing is found in it, whatever is asked. */
export const noneIn = (collection: string): string => {
  const named = collection === DEFAULT_COLLECTION ? '' : ` --collection ${collection}`;
  return (
    `there are no documents in the collection "${collection}": \`terrace documents add PATH${named}\` adds some, ` +
    '`terrace documents list` shows what there is'
  );
};
