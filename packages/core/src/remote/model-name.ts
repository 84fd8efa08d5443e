import type { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { notForIt } from './exchange-failure.js';

const DOMAIN = '{domain}';

/**
 * The endpoint's name for its model, with the domain of the request in it.
 * @throws EndpointRefusedError when it needs a domain and there is none
 */
export function modelName(
  endpoint: { readonly id: string; readonly model: string },
  domain: string | undefined,
): string {
  if (!endpoint.model.includes(DOMAIN)) return endpoint.model;
  if (domain === undefined) throw needsDomain(endpoint.id);
  return endpoint.model.replaceAll(DOMAIN, () => domain);
}

const needsDomain = (endpointId: string): EndpointRefusedError =>
  notForIt(endpointId, 'serves a model for each domain, and the request names none', 'Name a domain.');

/**
 * The domains of models whose names are the pattern with a domain in it; of a pattern without one, none. Terrace's own
 * names mean the same with and without `terrace/`.
 */
export function domainsIn(listed: readonly string[], pattern: string): string[] {
  const names = listed.map((name) => name.replace(/^terrace\//, ''));
  const [before, after, ...more] = pattern.replace(/^terrace\//, '').split(DOMAIN);
  if (before === undefined || after === undefined || more.length > 0) return [];
  return names
    .filter((name) => name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length));
}
