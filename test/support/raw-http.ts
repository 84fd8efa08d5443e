import { connect, type Socket } from 'node:net';

/** What came back on a connection until it was closed. */
export interface RawReply {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  /** Parsed; undefined where it is no JSON. */
  readonly body: unknown;
}

/** Sends bytes as they are, and reads until the connection is closed. It may be closed while they are being sent. */
export async function sendRaw(port: number, write: (socket: Socket) => void | Promise<void>): Promise<RawReply> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
  await write(socket);
  await closed;
  return parseReply(Buffer.concat(chunks).toString('utf8'));
}

export const requestHead = (path: string, headers: Readonly<Record<string, string | number>> = {}): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    ...Object.entries({ 'content-type': 'application/json', connection: 'close', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    '\r\n',
  ].join('\r\n');

/** A whole request. */
export function postRaw(
  port: number,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawReply> {
  const bytes = Buffer.from(body);
  return sendRaw(port, (socket) => {
    socket.write(requestHead(path, { 'content-length': bytes.length, ...headers }));
    socket.write(bytes);
  });
}

function parseReply(text: string): RawReply {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  try {
    return { status, body: JSON.parse(body) as unknown };
  } catch {
    return { status, body: undefined };
  }
}
