import type { BrowserRuntimeOptions } from '@terrace/browser-host';
import type { Server } from '../settings/settings.js';

type Reach = Required<Pick<BrowserRuntimeOptions, 'endpoints' | 'keys'>>;

/** Whoever speaks OpenAI's protocol writes texts as well. */
const TASKS = {
  oip: ['text-classification'],
  openai: ['text-classification', 'text-generation'],
} as const;

/** The visitor's servers as tiers of the runtime. A key goes to the origin it was given for and nowhere else. */
export function endpointsOf(servers: readonly Server[]): Reach {
  return {
    endpoints: servers.map(({ key: _, ...server }) => ({ ...server, tasks: [...TASKS[server.protocol]] })),
    keys: ({ endpointId, origin }) =>
      servers.find(({ id, url }) => id === endpointId && new URL(url).origin === origin)?.key,
  };
}
