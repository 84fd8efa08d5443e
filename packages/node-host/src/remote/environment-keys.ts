import { EndpointRefusedError, type EndpointKeys } from '@terrace/core';
import { isWithinSite } from './within-site.js';

/** Says that keys may go over unencrypted lines to anywhere. */
const ALLOW_HTTP = 'TERRACE_ALLOW_HTTP_KEYS';

/**
 * The environment variable that holds the key for an origin: `TERRACE_KEY_API_EXAMPLE_COM_8443` for
 * `https://api.example.com:8443`; the port only where it is not the scheme's own. A hyphen becomes two underscores, so
 * that nobody gets the key of `api.example.com` by registering `api-example.com`.
 */
export function keyVariable(origin: string): string {
  const { hostname, port } = new URL(origin);
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replaceAll('_', '___')
    .replaceAll('-', '__')
    .replaceAll(/[^A-Za-z0-9_]/g, '_');
  return `TERRACE_KEY_${host}${port === '' ? '' : `_${port}`}`.toUpperCase();
}

/**
 * Keys from the environment. A key belongs to a host: whatever a catalog calls its endpoint, it goes nowhere else, and
 * over unencrypted lines only within the site.
 */
export function environmentKeys(env: Readonly<Record<string, string | undefined>> = process.env): EndpointKeys {
  // Endpoints are few, and each is asked for its key at every call.
  const variables = new Map<string, string>();
  return ({ endpointId, origin }) => {
    const variable = variables.get(origin) ?? keyVariable(origin);
    variables.set(origin, variable);
    const key = env[variable]?.trim();
    if (key === undefined || key === '') return undefined;
    const { protocol, hostname } = new URL(origin);
    if (protocol === 'https:' || isWithinSite(hostname) || env[ALLOW_HTTP] === '1') return key;
    throw new EndpointRefusedError({
      message: `The key of the endpoint "${endpointId}" would leave the site unencrypted.`,
      hint: `Give the endpoint an https:// address; ${ALLOW_HTTP}=1 sends keys over http:// to any host.`,
      facts: { endpoint: endpointId, origin, variable },
    });
  };
}
