interface Asked {
  readonly origin: string;
  /** When it was to be sent, and when it failed. */
  readonly wasOnline: boolean;
  readonly isOnline: boolean;
  /** Of the page, such as `https:`. */
  readonly pageProtocol: string;
}

/**
 * What to say when a request failed: a browser uses the same few words for all failures, lest a page learns of a network
 * that is not its own. The `code` is what its endpoint's error shows.
 */
export function noAnswer({ cause, ...asked }: Asked & { readonly cause: unknown }): Error & { readonly code: string } {
  const { code, words } = likelyCause(asked);
  return Object.assign(new Error(`No answer came from ${asked.origin}: ${words}.`, { cause }), { code });
}

function likelyCause({ origin, wasOnline, isOnline, pageProtocol }: Asked): {
  readonly code: string;
  readonly words: string;
} {
  if (!isOnline && wasOnline) return { code: 'NETWORK_LOST', words: 'the device has gone offline meanwhile' };
  if (!isOnline) return { code: 'OFFLINE', words: 'the device is offline' };
  if (pageProtocol === 'https:' && origin.startsWith('http:'))
    return { code: 'MIXED_CONTENT', words: 'a page that came over https may not ask over http' };
  return {
    code: 'NETWORK_OR_CORS',
    words: 'the network failed, the server does not allow this page to ask (CORS), or a policy of the page forbids it',
  };
}
