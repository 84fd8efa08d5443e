import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers one request in its own way; `sound` answers as a good server does. */
export type Answer = (asked: Asked, response: ServerResponse, sound: () => void) => void;

export interface FileServer {
  /** `http://127.0.0.1:port`. */
  readonly address: string;
  readonly requests: Asked[];
  /** Files by their path, which may change while the server runs. */
  readonly files: Map<string, Buffer>;
  /** What the next requests get, in order, before the server answers soundly again. */
  readonly next: Answer[];
}

/** A server on the loopback with ranges and ETags, that can be told to misbehave; it ends with the test. */
export async function startFileServer(files: Readonly<Record<string, Buffer | string>> = {}): Promise<FileServer> {
  const held = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  const requests: Asked[] = [];
  const next: Answer[] = [];
  const server = createServer((request, response) => {
    const asked = describe(request);
    requests.push(asked);
    const sound = (): void => serve(asked, response, held);
    (next.shift() ?? ((_, __, answer) => answer()))(asked, response, sound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, files: held, next };
}

export const sha256Of = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

function describe({ url = '/', headers }: IncomingMessage): Asked {
  const ifRange = headers['if-range'];
  return {
    path: decodeURIComponent(new URL(url, 'http://localhost').pathname),
    range: headers.range,
    ifRange: Array.isArray(ifRange) ? ifRange[0] : ifRange,
    authorization: headers.authorization,
  };
}

function serve({ path, range, ifRange }: Asked, response: ServerResponse, files: ReadonlyMap<string, Buffer>): void {
  const content = files.get(path);
  if (!content) {
    response.writeHead(404).end('not here');
    return;
  }
  const etag = `"${sha256Of(content).slice(0, 16)}"`;
  const [, from] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
  const at = from === undefined || (ifRange !== undefined && ifRange !== etag) ? 0 : Number(from);
  if (at > 0 && at >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  response.writeHead(at > 0 ? 206 : 200, {
    etag,
    'content-type': 'application/octet-stream',
    'content-length': content.length - at,
    ...(at > 0 && { 'content-range': `bytes ${at}-${content.length - 1}/${content.length}` }),
  });
  response.end(content.subarray(at));
}

/** Sends the first bytes of the file, with the headers of all of it, and hangs up. */
export const hangUpAfter =
  (content: Buffer, bytes: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': content.length, etag: `"${sha256Of(content).slice(0, 16)}"` });
    response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };

/** Sends the first bytes of the file and then nothing, with the connection open. */
export const stallAfter =
  (content: Buffer, bytes: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, bytes));
  };

/** One answer with these headers and this body, whatever was asked. */
export const answerWith =
  (status: number, headers: Readonly<Record<string, string>>, body: Buffer | string = ''): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
