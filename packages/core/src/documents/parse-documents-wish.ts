import { z } from 'zod/mini';
import { inEnglish } from '../errors/in-english.js';
import { wrongField } from '../errors/wrong-field.js';
import { collectionSchema, documentsWishSchema } from './documents-wish.js';

/** @throws InvalidRequestError, which says where */
export const parseDocumentsWish = (input: unknown): z.output<typeof documentsWishSchema> =>
  parse(documentsWishSchema, input, 'documents');

/** @throws InvalidRequestError */
export const parseCollection = (input: unknown): string => parse(collectionSchema, input, 'collection');

/** @throws InvalidRequestError */
export const parseTop = (input: unknown): number => parse(documentsWishSchema.shape.top, input, 'top');

function parse<S extends z.core.$ZodType>(schema: S, input: unknown, field: string): z.output<S> {
  const { data, error } = z.safeParse(schema, input, { error: inEnglish, jitless: true });
  if (!error) return data;
  const { path, message } = error.issues[0]!;
  throw wrongField([field, ...path], message);
}
