import type { Fetch, HttpReply, HttpRequest } from '../ports/fetch.js';
import { EXAMPLE_LABELS } from './example-catalog.js';
import { scoresFor } from './fake-ports.js';

interface SiteAnswer {
  readonly label: string;
  readonly probability: number;
}

/** A server of the Open Inference Protocol without sockets. */
export interface FakeSite {
  readonly fetch: Fetch;
  /** Texts that arrived, in order. */
  readonly texts: string[];
  /** Calls that were cancelled before they were answered. */
  cancelled(): number;
  /** What the next calls are answered with, until it is changed. */
  respond(next: (text: string, request: HttpRequest) => SiteAnswer | HttpReply | Promise<SiteAnswer | HttpReply>): void;
}

export function createFakeSite(
  first: SiteAnswer = { label: 'block_card', probability: 0.97 },
  labels: readonly string[] = EXAMPLE_LABELS,
): FakeSite {
  const texts: string[] = [];
  let cancelled = 0;
  let respond: (text: string, request: HttpRequest) => SiteAnswer | HttpReply | Promise<SiteAnswer | HttpReply> = () =>
    first;

  const answer = async (request: HttpRequest): Promise<HttpReply> => {
    const { inputs } = JSON.parse(asText(request.body)) as { inputs: [{ data: [string] }] };
    const [text] = inputs[0].data;
    texts.push(text);
    const given = await respond(text, request);
    if ('status' in given) return given;
    const data = scoresFor(given.label, given.probability, labels);
    return jsonReply({
      model_name: 'base',
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, labels.length], data }],
    });
  };

  return {
    texts,
    cancelled: () => cancelled,
    respond: (next) => void (respond = next),
    fetch: (request) =>
      new Promise((resolve, reject) => {
        let open = true;
        request.signal?.addEventListener(
          'abort',
          () => {
            if (open) cancelled++;
            reject(request.signal!.reason as Error);
          },
          { once: true },
        );
        answer(request)
          .then(resolve, reject)
          .finally(() => (open = false));
      }),
  };
}

const asText = (body: HttpRequest['body']): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body);

/** An answer of a server as JSON. */
export function jsonReply(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpReply {
  const all: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...headers };
  return {
    status,
    header: (name) => all[name],
    body: (async function* () {
      yield new TextEncoder().encode(JSON.stringify(value));
    })(),
  };
}
