import { EndpointFailedError } from '../errors/endpoint-failed-error.js';
import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { TerraceError } from '../errors/terrace-error.js';
import { retryAfterMs } from './retry-after.js';
import { codeOf, scrubbedCause } from './scrubbed-cause.js';

/** Codes that mean that nobody was there to send a request to; `OFFLINE` is what a browser's fetch says. */
const NO_CONNECTION =
  /^(OFFLINE|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|ERR_TLS_.*|ERR_SSL_.*)$/;

const AGAIN = 'It may pass; `terrace tiers` shows when the endpoint answers again.';

/** What a status other than 2xx means. */
export function statusFailure({
  endpointId,
  status,
  retryAfter,
  wallMs,
}: {
  readonly endpointId: string;
  readonly status: number;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  readonly wallMs: number;
}): TerraceError {
  const message = `The endpoint "${endpointId}" answered with status ${status}.`;
  const facts = { endpoint: endpointId, status };
  if (status >= 300 && status < 400)
    return wrongAnswer(endpointId, 'it is a redirect, and none is followed', { status });
  if (status === 429 || status === 503) {
    const waitMs = retryAfterMs(retryAfter, wallMs);
    return new EndpointOverloadedError({
      message,
      hint: 'It has too much to do: send less, or wait.',
      facts: waitMs === undefined ? facts : { ...facts, retryAfterMs: waitMs },
    });
  }
  // The server waited in vain for the request: the line was slow, and nothing is wrong with what was asked.
  if (status === 408)
    return new EndpointUnreachableError({ message, hint: AGAIN, facts: { ...facts, phase: 'answer' } });
  if (status >= 500) return new EndpointFailedError({ message, hint: AGAIN, facts });
  if (status >= 400) return new EndpointRefusedError({ message, hint: refusalHint(status), facts });
  return wrongAnswer(endpointId, `status ${status} does not belong to it`, { status });
}

function refusalHint(status: number): string {
  if (status === 401 || status === 403)
    return 'Check its key: it is read from the environment variable TERRACE_KEY_<HOST>; `terrace doctor` names it.';
  if (status === 404) return 'Check the url and the model of the endpoint.';
  if (status === 413) return 'The text is too long for it.';
  return 'Check the protocol and the model of the endpoint: it does not take what Terrace asks.';
}

/** No answer came, or not all of it. */
export function unreachable(endpointId: string, error: unknown, key: string | undefined): EndpointUnreachableError {
  const code = codeOf(error);
  const phase = code !== undefined && NO_CONNECTION.test(code) ? 'connect' : 'answer';
  return new EndpointUnreachableError({
    message: `No whole answer came from the endpoint "${endpointId}"${code === undefined ? '' : ` (${code})`}.`,
    hint: 'Look at the network and whether the endpoint runs; `terrace doctor` asks it.',
    facts: { endpoint: endpointId, phase, ...(code !== undefined && { reason: code }) },
    cause: scrubbedCause(error, key),
  });
}

/**
 * An answer that cannot be used.
 * @param why a clause that quotes nothing of what came
 */
export const wrongAnswer = (
  endpointId: string,
  why: string,
  facts: { readonly status?: number } = {},
): RemoteAnswerError =>
  new RemoteAnswerError({
    message: `The answer of the endpoint "${endpointId}" cannot be used: ${why}.`,
    hint: 'Check the url, the protocol and the model of the endpoint; `terrace doctor` asks it.',
    facts: { endpoint: endpointId, fault: 'protocol', ...facts },
  });

/** A label that is none of those it could choose from: the protocol is kept, and the answer is worth nothing. */
export const inventedLabel = (endpointId: string): RemoteAnswerError =>
  new RemoteAnswerError({
    message: `The endpoint "${endpointId}" answered with a label that is none of the domain's.`,
    hint: 'Take a model that keeps to a list, or one that serves this domain.',
    facts: { endpoint: endpointId, fault: 'label' },
  });

/** Whatever came instead of a label depends on what was asked, such as a refusal: the endpoint may be well. */
export const noLabel = (endpointId: string): RemoteAnswerError =>
  new RemoteAnswerError({
    message: `The endpoint "${endpointId}" answered without a label.`,
    hint: 'Its model may refuse such texts, or keep to no list: take one that does.',
    facts: { endpoint: endpointId, fault: 'label' },
  });

/** What was asked cannot be put to this endpoint at all. */
export const notForIt = (endpointId: string, why: string, hint: string): EndpointRefusedError =>
  new EndpointRefusedError({
    message: `The endpoint "${endpointId}" ${why}.`,
    hint,
    facts: { endpoint: endpointId },
  });
