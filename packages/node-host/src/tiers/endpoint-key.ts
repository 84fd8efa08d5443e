import type { Endpoint } from '@terrace/core';
import { keyVariable } from '../remote/environment-keys.js';

/** Where the key of an endpoint is read from, and whether it is there. Never what it is. */
export interface EndpointKey {
  readonly variable: string;
  readonly set: boolean;
}

export function endpointKey({ url }: Pick<Endpoint, 'url'>, environment = process.env): EndpointKey {
  const variable = keyVariable(new URL(url).origin);
  return { variable, set: (environment[variable] ?? '').trim() !== '' };
}
