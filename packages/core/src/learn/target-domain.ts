import { idSchema } from '../catalog/fields.js';
import type { Catalog } from '../catalog/schema.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';

/**
 * The domain that a fit makes deltas of: a sub-domain has deltas of its own, as a domain `bank/cards`.
 * @throws InvalidRequestError when the name cannot be one, or the domain above does not lead there
 */
export function targetDomain(
  catalog: Catalog,
  { domain, subDomain }: { readonly domain: string; readonly subDomain?: string | undefined },
): string {
  const target = subDomain === undefined ? domain : `${domain}/${subDomain}`;
  if (!idSchema.safeParse(target).success)
    throw refusal(`"${target.slice(0, 140)}" cannot name a domain`, 'Use letters, digits, ".", "_" and "-".');
  const [above, below] = target.split('/');
  if (below === undefined) return target;
  const deltas = catalog.deltas.filter((delta) => delta.domain === above);
  if (deltas.length === 0)
    throw refusal(`There is no domain "${above}" that a sub-domain could be below`, `Fit "${above}" first.`);
  const leads = deltas.some(({ labels, subDomains }) => labels.includes(below) || Object.hasOwn(subDomains, below));
  if (leads) return target;
  const known = [...new Set(deltas.flatMap(({ subDomains }) => Object.keys(subDomains)))];
  throw refusal(
    `No answer of "${above}" leads to a sub-domain "${below}"`,
    known.length > 0
      ? `Its sub-domains: ${known.slice(0, 20).join(', ')}; a label of it will do as well.`
      : 'Name a label of it.',
  );
}

/** What a delta of the domain for a base is called. */
export const deltaIdOf = (domain: string, base: string): string => `${domain.replace('/', '.')}/${base}`;

const refusal = (message: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({ message: `${message}.`, hint });
