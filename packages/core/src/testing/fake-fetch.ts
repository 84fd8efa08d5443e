import type { Fetch, HttpReply, HttpRequest } from '../ports/fetch.js';

/** How a scripted server answers one request. */
export type FakeAnswer =
  | {
      readonly status?: number;
      /** Names in lower case; `content-type` is JSON unless said otherwise. */
      readonly headers?: Readonly<Record<string, string | undefined>>;
      /** Text and bytes go out as they are, chunks one by one, everything else as JSON. */
      readonly body?: unknown;
      /** What the body breaks off with, after what there is of it. */
      readonly breaksWith?: unknown;
    }
  | { readonly error: unknown }
  /** Nothing comes, until the request is given up. */
  | 'silence'
  /** The headers come, and then nothing. */
  | 'silent body';

export interface FakeFetch {
  readonly fetch: Fetch;
  /** What was asked, in order. */
  readonly requests: HttpRequest[];
  /** Bodies that were neither read to their end nor left. */
  openBodies(): number;
  /** The body of a request as JSON. */
  bodyOf(index: number): unknown;
}

/**
 * A server without a network.
 * @param script answers the requests one after the other, the last one again and again; or answers each by itself
 */
export function createFakeFetch(
  script: FakeAnswer | readonly FakeAnswer[] | ((request: HttpRequest, index: number) => FakeAnswer),
): FakeFetch {
  const requests: HttpRequest[] = [];
  let open = 0;
  const answerTo = (request: HttpRequest): FakeAnswer => {
    const index = requests.push(request) - 1;
    if (typeof script === 'function') return script(request, index);
    return isList(script) ? (script[Math.min(index, script.length - 1)] ?? 'silence') : script;
  };
  return {
    requests,
    openBodies: () => open,
    bodyOf(index) {
      const body = requests[index]?.body;
      return body === undefined ? undefined : JSON.parse(typeof body === 'string' ? body : decoder.decode(body));
    },
    async fetch(request) {
      request.signal?.throwIfAborted();
      const answer = answerTo(request);
      if (answer === 'silence') return givenUp(request);
      if (answer !== 'silent body' && 'error' in answer) throw answer.error;
      open++;
      const { status = 200, headers = {} } = answer === 'silent body' ? {} : answer;
      const all: Readonly<Record<string, string | undefined>> = { 'content-type': 'application/json', ...headers };
      const body = bodyOf(answer, request, () => open--);
      return { status, header: (name) => all[name], body } satisfies HttpReply;
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const isList = (script: FakeAnswer | readonly FakeAnswer[]): script is readonly FakeAnswer[] => Array.isArray(script);

function bodyOf(
  answer: Exclude<FakeAnswer, { error: unknown } | 'silence'>,
  request: HttpRequest,
  onClose: () => void,
): AsyncIterable<Uint8Array> {
  const chunks = answer === 'silent body' ? [] : chunksOf(answer.body);
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) onClose();
    isClosed = true;
  };
  let index = 0;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (isClosed) return { done: true, value: undefined };
    try {
      request.signal?.throwIfAborted();
      if (answer === 'silent body') return await givenUp(request);
      const chunk = chunks[index++];
      if (chunk) return { done: false, value: chunk };
      if (answer.breaksWith !== undefined) throw answer.breaksWith;
    } catch (error) {
      close();
      throw error;
    }
    close();
    return { done: true, value: undefined };
  };
  const leave = async (): Promise<IteratorResult<Uint8Array>> => (close(), { done: true, value: undefined });
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

function chunksOf(body: unknown): Uint8Array[] {
  if (body === undefined) return [];
  if (body instanceof Uint8Array) return [body];
  if (Array.isArray(body) && body.length > 0 && body.every((chunk) => chunk instanceof Uint8Array)) return body;
  return [encoder.encode(typeof body === 'string' ? body : JSON.stringify(body))];
}

/** Ends when the request does. */
const givenUp = ({ signal }: HttpRequest): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
