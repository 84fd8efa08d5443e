import { HttpRefusal } from './http-refusal.js';

/** What a request that says nothing of a collection means. */
const DEFAULT_COLLECTION = 'default';

/**
 * Whoever may ask for passages can read them: only those of collections that the server was told to share.
 * @throws HttpRefusal (403)
 */
export function requireShared(input: object, shared: readonly string[]): void {
  const { documents } = input as { readonly documents?: unknown };
  if (documents === undefined) return;
  const { collection = DEFAULT_COLLECTION } = (documents ?? {}) as { readonly collection?: unknown };
  if (typeof collection === 'string' && shared.includes(collection)) return;
  throw new HttpRefusal({
    status: 403,
    code: 'FORBIDDEN',
    message: 'This server does not share the documents that are asked for.',
    hint: 'Leave "documents" out, or start the server with `terrace serve --documents COLLECTION`.',
    facts: { param: 'documents' },
  });
}
