import type { Clock, Random } from '@terrace/core';

/** The network and what may be done with it. */
export interface Transport {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: Random;
  /** Plain http to other hosts than this one; to this one it is always allowed. */
  readonly allowHttp: boolean;
  /** A token, and the origin that it is sent to. No other place sees it, redirects included. */
  readonly credentials?: { readonly origin: string; readonly token: string } | undefined;
}
