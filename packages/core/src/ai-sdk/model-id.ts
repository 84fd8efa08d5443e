import { ModelNotFoundError } from '../errors/model-not-found-error.js';
import type { RequestInput } from '../request/parse-request.js';

/** Longer ones are nobody's: two ids, a sub-domain and what joins them. */
const MAX_ID = 512;
/** The name of the whole ladder. */
const LADDER = 'auto';

/** What a model id says of a request. */
export type NamedModel = Pick<RequestInput, 'domain' | 'subDomain'> & { readonly policy: string };

/**
 * Reads a model id as Terrace's server does: an optional `terrace/`, then `auto` (the ladder) or the id of a tier, then
 * optionally `:domain` or `:domain/subDomain`.
 * @throws ModelNotFoundError when it is none
 */
export function parseModelId(id: string): NamedModel {
  const [, tier, domain, subDomain] =
    (id.length <= MAX_ID && /^(?:terrace\/)?([^:]+)(?::([^:/]+)(?:\/([^:]+))?)?$/.exec(id)) || [];
  if (tier === undefined) throw noModel(id);
  return {
    policy: tier === LADDER ? 'cascade' : tier,
    ...(domain !== undefined && { domain }),
    ...(subDomain !== undefined && { subDomain }),
  };
}

export const noModel = (id: string): ModelNotFoundError =>
  new ModelNotFoundError({
    message: `"${id.slice(0, 128)}" is no model of Terrace.`,
    hint: 'Write "auto" or the id of a tier, and a domain behind it, such as "auto:clinc150".',
    facts: { model: id.slice(0, 128) },
  });
