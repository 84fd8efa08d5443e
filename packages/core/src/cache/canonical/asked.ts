import type { Request } from '../../request/parse-request.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';

/** A request as it was parsed, and how its chat is to be made shorter. */
export type Asked =
  | { readonly kind: 'labels'; readonly request: Request }
  | { readonly kind: 'text'; readonly request: TextRequest; readonly economy: unknown };
