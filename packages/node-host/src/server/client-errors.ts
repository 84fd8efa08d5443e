import type { Socket } from 'node:net';
import { apiOf, shapeError, type HttpError } from './error-shapes.js';

const NONE = { facts: {}, headers: {} };

/** What Node's HTTP parser refuses, before there is a request. */
const ERRORS: Readonly<Record<string, HttpError>> = {
  HPE_HEADER_OVERFLOW: {
    ...NONE,
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    message: 'The headers are larger than this server reads.',
    hint: 'Send fewer or shorter headers.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...NONE,
    status: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'The request did not arrive in time.',
    hint: 'Send it faster, or in smaller parts.',
  },
};
const UNREADABLE: HttpError = {
  ...NONE,
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The request is not HTTP/1.1.',
  hint: 'Correct the client.',
};
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Where Node keeps the answer that is being written. */
type Answering = Socket & {
  readonly ['_httpMessage']?: { readonly headersSent: boolean; readonly req?: { readonly url?: string } } | null;
};

/** Answers what cannot be parsed, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Socket): void {
  // Nobody listens any more, or an answer is under way that this would garble.
  const { headersSent: answering = false, req } = (socket as Answering)['_httpMessage'] ?? {};
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || answering) return void socket.destroy();
  const refusal = ERRORS[error.code ?? ''] ?? UNREADABLE;
  const body = JSON.stringify(shapeError(apiOf(req?.url ?? pathOf(error.rawPacket)), refusal));
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // What else it sends is read by nobody.
  socket.resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

const LINGER_MS = 1000;

/** The path of the request line, where the packet begins with one; only the form of the error depends on it. */
function pathOf(packet: Buffer | undefined): string {
  return /^[A-Z]+ (\S{1,64})/.exec(packet?.subarray(0, 128).toString('latin1') ?? '')?.[1] ?? '/';
}
