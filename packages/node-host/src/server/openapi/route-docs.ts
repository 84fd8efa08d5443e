import type { z } from 'zod';

/** What the API document says of one route. */
export interface RouteDoc {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/v1/infer/{requestId}`. */
  readonly path: string;
  readonly summary: string;
  /** Texts of its requests may be answered from memory. */
  readonly isCached?: boolean;
  /** Which of the interfaces it belongs to. */
  readonly tag: 'native' | 'openai' | 'oip' | 'operations';
  readonly request?: z.core.$ZodType;
  /** Of the answer with status 200, where it is JSON. */
  readonly response?: z.core.$ZodType;
}

export interface RouteDocs {
  add(doc: RouteDoc): void;
  all(): readonly RouteDoc[];
}

export function createRouteDocs(): RouteDocs {
  const docs: RouteDoc[] = [];
  return { add: (doc) => void docs.push(doc), all: () => docs };
}
