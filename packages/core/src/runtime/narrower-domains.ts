import type { Catalog } from '../catalog/schema.js';
import type { Request } from '../request/parse-request.js';

/** Sub-domains of a domain that are domains of their own: `bank/cards` of `bank`. */
export const narrowerDomains = ({ domains }: Catalog, domain: string): string[] =>
  domains.flatMap(({ id }) => (id.startsWith(`${domain}/`) ? [id] : []));

/** The request itself, or one for the domain that the sub-domain it names is. */
export function straightTo(request: Request, { domains }: Catalog): Request {
  const { domain, subDomain } = request;
  if (subDomain === undefined) return request;
  const id = `${domain}/${subDomain}`;
  return domains.some((each) => each.id === id) ? { ...request, domain: id, subDomain: undefined } : request;
}
