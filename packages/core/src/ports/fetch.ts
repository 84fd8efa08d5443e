/** One exchange with a server. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Aborting it closes the socket, whatever has been sent or received. */
  readonly signal?: AbortSignal | undefined;
}

/** What a server answered, its body still to be read. */
export interface HttpReply {
  readonly status: number;
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** Read to its end, or left by `break`: then the rest is thrown away. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reaches an endpoint. Redirects are answers like any other and never followed, whatever they name: a key must not
 * travel to another host. A host that is not told which redirect came answers with status 302.
 * @throws the signal's reason; any other error means that no answer came
 */
export type Fetch = (request: HttpRequest) => Promise<HttpReply>;
