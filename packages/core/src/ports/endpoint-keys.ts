/** Who a key is for. */
export interface KeyAsk {
  readonly endpointId: string;
  /** Scheme, host and port it would be sent to; the answer may depend on it, so that no catalog redirects a key. */
  readonly origin: string;
}

/** Keys of endpoints. They are asked for at every call and kept nowhere; undefined where there is none. */
export type EndpointKeys = (ask: KeyAsk) => string | undefined | Promise<string | undefined>;
