/** How much of a stream's end is kept to find the counts in, which servers send last where they were asked for. */
const TAIL_BYTES = 4096;
const COUNTS = /"completion_tokens"\s*:\s*(\d{1,9})\b/g;

/** What an answer that comes in pieces had. */
export interface StreamUsage {
  /** As the server counted, or its events: it sends one a token. */
  readonly outputTokens: number;
}

/**
 * Passes a stream of server-sent events on as it is.
 * @param onEnd told once, when it has ended or nobody reads it any more
 */
export async function* withUsage(
  pieces: AsyncIterable<Uint8Array | string>,
  onEnd: (usage: StreamUsage) => void,
): AsyncGenerator<Uint8Array | string> {
  let events = 0;
  let tail = '';
  try {
    for await (const piece of pieces) {
      const text = typeof piece === 'string' ? piece : latin.decode(piece);
      events += text.split('data:').length - 1;
      tail = (tail + text).slice(-TAIL_BYTES);
      yield piece;
    }
  } finally {
    const counted = [...tail.matchAll(COUNTS)].at(-1)?.[1];
    onEnd({ outputTokens: counted === undefined ? events : Number(counted) });
  }
}

/** The counts are plain ASCII: what is cut in a character is none of them. */
const latin = new TextDecoder('latin1');
