import { TerraceError, type ErrorFacts } from '@terrace/core';
import { HttpRefusal } from './http-refusal.js';
import type { Api } from './server-metrics.js';

/** An error as HTTP tells it, before it has the form of one interface. */
export interface HttpError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly facts: ErrorFacts;
  readonly headers: Readonly<Record<string, string>>;
}

/** What clients are told of as it is. Everything else is this server's own trouble: its log has the particulars. */
const STATUS: Readonly<Record<string, number>> = {
  INVALID_REQUEST: 400,
  CONTEXT_EXCEEDED: 400,
  STRUCTURE_UNMET: 422,
  UNKNOWN_DOMAIN: 404,
  MODEL_NOT_FOUND: 404,
  NO_TIER_FITS: 503,
  OVERLOADED: 429,
  BUDGET_EXHAUSTED: 429,
  RUNTIME_CLOSED: 503,
  REQUEST_QUEUED: 202,
  ENDPOINT_OVERLOADED: 503,
  ENDPOINT_UNREACHABLE: 502,
  ENDPOINT_FAILED: 502,
  ENDPOINT_REFUSED: 502,
  REMOTE_ANSWER_INVALID: 502,
};

/** Whoever is refused for want of room comes back after this time, where nothing better is known. */
const RETRY_AFTER_MS = 1000;
/** No client waits longer by itself: a month has at most 31 days. */
const LONGEST_RETRY_MS = 30 * 86_400_000;

/** What Fastify itself refuses. */
const REFUSED_BY_FRAMEWORK: Readonly<Record<number, Pick<HttpError, 'code' | 'message' | 'hint'>>> = {
  400: {
    code: 'BAD_REQUEST',
    message: 'The request cannot be read.',
    hint: 'Send a complete request with a content-length that is true.',
  },
  413: {
    code: 'BODY_TOO_LARGE',
    message: 'The body is larger than this server reads.',
    hint: 'Send less at a time; `terrace serve --max-body` sets the limit.',
  },
  414: { code: 'URL_TOO_LONG', message: 'A part of the URL is too long.', hint: 'Correct the URL.' },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'The content type is not one this route reads.',
    hint: 'Send content-type: application/json.',
  },
};

const INTERNAL: Pick<HttpError, 'code' | 'message' | 'hint'> = {
  code: 'INTERNAL',
  message: 'The server could not answer.',
  hint: 'The log of the server says why.',
};

/** What may be told of an error, whoever has kept it: of the server's own trouble its code. Pure. */
export function toldOf({ code, message, hint }: Pick<HttpError, 'code' | 'message' | 'hint'>): object {
  return Object.hasOwn(STATUS, code) ? { code, message, hint } : { ...INTERNAL, code };
}

/** Pure. @param nowWallMs how long a spent budget has yet to wait is counted from here */
export function toHttpError(error: unknown, nowWallMs: number): HttpError {
  if (error instanceof HttpRefusal) {
    const { status, code, message, hint, facts, headers } = error;
    return { status, code, message, hint, facts, headers };
  }
  if (TerraceError.isInstance(error)) return ofTerrace(error, nowWallMs);
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  const known = typeof status === 'number' ? REFUSED_BY_FRAMEWORK[status] : undefined;
  if (known) {
    // The rest of the body is not read: the connection cannot be used for another request.
    const headers: Record<string, string> = status === 413 ? { connection: 'close' } : {};
    return { status: status as number, ...known, facts: {}, headers };
  }
  return { status: 500, ...INTERNAL, facts: {}, headers: {} };
}

function ofTerrace({ code, message, hint, facts }: TerraceError, nowWallMs: number): HttpError {
  const status = STATUS[code];
  if (status === undefined) return { status: 500, ...INTERNAL, code, facts: {}, headers: {} };
  // With nothing rejected there is nothing that could fit later.
  if (code === 'NO_TIER_FITS' && facts['rejected'] === 0)
    return { status: 422, code, message, hint, facts, headers: {} };
  const retryable = status === 429 || status === 503;
  if (code === 'BUDGET_EXHAUSTED')
    return { status, code, message, hint, facts, headers: whenReset(facts['resetsAtWallMs'], nowWallMs) };
  return { status, code, message, hint, facts, headers: retryable ? retryAfter(facts['retryAfterMs']) : {} };
}

/** OpenAI's clients try a 429 again within seconds, which a spent budget has no use for, unless they are told not to. */
const whenReset = (wallMs: unknown, nowWallMs: number): Record<string, string> => ({
  ...retryAfter(untilReset(wallMs, nowWallMs)),
  'x-should-retry': 'false',
});

/** Until a spent budget begins anew. */
const untilReset = (wallMs: unknown, nowWallMs: number): number | undefined =>
  typeof wallMs === 'number' ? Math.min(LONGEST_RETRY_MS, Math.max(0, wallMs - nowWallMs)) : undefined;

/** Whole seconds, rounded up, as the header has them. */
export function retryAfter(ms: unknown): Record<string, string> {
  const known = typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : RETRY_AFTER_MS;
  return { 'retry-after': String(Math.max(1, Math.ceil(known / 1000))) };
}

/** Which interface a path belongs to. Pure. */
export function apiOf(url: string): Api {
  if (url.startsWith('/v2')) return 'oip';
  if (!url.startsWith('/v1') || url.startsWith('/v1/terrace')) return 'operations';
  return url.startsWith('/v1/infer') || url.startsWith('/v1/feedback') ? 'native' : 'openai';
}

/** A refusal as it is sent. Pure. */
export function refusalOf(
  api: Api,
  error: HttpError,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: object } {
  const { code, status, headers, facts } = error;
  if (code !== 'REQUEST_QUEUED') return { status, headers, body: shapeError(api, error) };
  if (api === 'native') return { status, headers, body: { requestId: facts['requestId'], state: 'waiting' } };
  // Clients of the others would take a 202 for the answer.
  return { status: 503, headers: retryAfter(undefined), body: shapeError(api, { ...error, status: 503 }) };
}

/** The body of an error, as clients of that interface read it. Pure. */
export function shapeError(api: Api, { status, code, message, hint, facts }: HttpError): object {
  switch (api) {
    case 'openai':
      return {
        error: {
          message: hint === '' ? message : `${message} ${hint}`,
          type: code === 'BUDGET_EXHAUSTED' ? OPENAI_CODES[code] : openAiType(status),
          param: facts['param'] ?? (code === 'CONTEXT_EXCEEDED' ? 'messages' : null),
          code: facts['reason'] ?? OPENAI_CODES[code] ?? code.toLowerCase(),
        },
      };
    case 'oip':
      return { error: hint === '' ? message : `${message} ${hint}` };
    case 'native':
    case 'operations':
      return { error: { code, message, hint, facts } };
  }
  return api satisfies never;
}

/** Where OpenAI's clients know a word of their own. */
const OPENAI_CODES: Readonly<Record<string, string>> = {
  CONTEXT_EXCEEDED: 'context_length_exceeded',
  UNAUTHORIZED: 'invalid_api_key',
  RATE_LIMITED: 'rate_limit_exceeded',
  BUDGET_EXHAUSTED: 'insufficient_quota',
  UNKNOWN_DOMAIN: 'model_not_found',
  INTERNAL: 'server_error',
};

function openAiType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
