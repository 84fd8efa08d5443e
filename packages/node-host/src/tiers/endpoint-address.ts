import { InvalidRequestError, type EndpointManifest } from '@terrace/core';
import { isWithinSite } from '../remote/within-site.js';

export interface EndpointAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly origin: string;
  /** What the host's name makes likely. */
  readonly placement: EndpointManifest['placement'];
  /** An id that the host's name makes. */
  readonly id: string;
}

/**
 * Reads the address of an endpoint as a person writes it.
 * @param allowHttp plain http also to hosts outside the premises
 * @throws InvalidRequestError
 */
export function parseEndpointAddress(text: string, { allowHttp }: { allowHttp: boolean }): EndpointAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw wrong(text, 'is no web address', 'Write it with https:// or http://.');
  }
  if (url.username || url.password) {
    throw wrong(url.origin, 'comes with a password', 'A key is read from the environment: leave it out.');
  }
  if (url.search || url.hash) throw wrong(url.origin, 'comes with a query', 'Leave out what begins with ? or #.');
  const within = isWithinSite(url.hostname);
  if (url.protocol === 'http:' && !within && !allowHttp) {
    throw wrong(
      url.origin,
      'is not encrypted, and it is not on the premises',
      'Use https, or allow it: --allow-http, or allowHttp in terrace.config.json.',
    );
  }
  return {
    url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    origin: url.origin,
    placement: within ? 'site' : 'cloud',
    id: idOf(url),
  };
}

/** Two servers of one host have two names. */
function idOf({ hostname, port }: URL): string {
  const host = hostname.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return [host || 'endpoint', ...(port === '' ? [] : [port])].join('-').slice(0, 128);
}

const wrong = (address: string, why: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({ message: `The address "${address.slice(0, 200)}" ${why}.`, hint });
