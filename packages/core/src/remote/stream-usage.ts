/** How much of a stream's end is kept to find the counts in, which servers send last where they were asked for. */
const TAIL_BYTES = 4096;
const EVENT = 'data:';
const INPUT_COUNTS = /"prompt_tokens"\s*:\s*(\d{1,9})\b/g;
const OUTPUT_COUNTS = /"completion_tokens"\s*:\s*(\d{1,9})\b/g;

/** What an answer that comes in pieces had. */
export interface StreamUsage {
  /** As the server counted; undefined where it did not. */
  readonly inputTokens: number | undefined;
  /** As the server counted, or its events: it sends one a token. */
  readonly outputTokens: number;
}

/** A stream of server-sent events that is passed on as it is. */
export interface CountedStream {
  readonly pieces: AsyncGenerator<Uint8Array | string>;
  /** Resolves when it has ended or is given up, be it that nobody ever began to read it. */
  readonly ended: Promise<void>;
  /** Of what was passed on so far. */
  usage(): StreamUsage;
}

export function countStream(pieces: AsyncIterable<Uint8Array | string>, signal: AbortSignal): CountedStream {
  let events = 0;
  let tail = '';
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  const counted = async function* (): AsyncGenerator<Uint8Array | string> {
    try {
      for await (const piece of pieces) {
        const text = typeof piece === 'string' ? piece : latin.decode(piece);
        // What begins an event may come in two pieces.
        events += (tail.slice(1 - EVENT.length) + text).split(EVENT).length - 1;
        tail = (tail + text).slice(-TAIL_BYTES);
        yield piece;
      }
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  };

  return {
    pieces: counted(),
    ended,
    usage: () => ({ inputTokens: lastOf(INPUT_COUNTS, tail), outputTokens: lastOf(OUTPUT_COUNTS, tail) ?? events }),
  };
}

function lastOf(counts: RegExp, tail: string): number | undefined {
  const digits = [...tail.matchAll(counts)].at(-1)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The counts are plain ASCII: what is cut in a character is none of them. */
const latin = new TextDecoder('latin1');
