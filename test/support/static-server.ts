import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** What makes a page cross-origin isolated. */
export const ISOLATED: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export interface StaticServer {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** Answers in the place of the files; returns whether it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

/**
 * A plain static server as any host of pages is one: files of some folders, with ranges and validators, on loopback.
 * @param folders URL prefix, such as `/models/`, to the folder behind it
 * @param pages path to HTML that is nowhere on the disk
 * @param port a free one, unless it is to come again where it was
 */
export async function startStaticServer({
  folders = {},
  pages = {},
  headers = {},
  port = 0,
}: {
  readonly folders?: Readonly<Record<string, string>>;
  readonly pages?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly port?: number;
}): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    running.asked.push(pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (running.intercept(request, response)) return;
    const html = pages[pathname];
    if (html !== undefined) {
      response.setHeader('content-type', TYPES['.html']!).end(html);
      return;
    }
    const file = fileOf(pathname, folders);
    if (file) sendFile(file, request, response);
    else response.writeHead(404, { 'content-type': TYPES['.html'] }).end('<!doctype html><title>Not found</title>');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const running: StaticServer = {
    // A host name, as a page's origin would have it; both are secure contexts.
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked: [],
    intercept: () => false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return running;
}

function fileOf(pathname: string, folders: Readonly<Record<string, string>>): string | undefined {
  const prefix = Object.keys(folders)
    .filter((each) => pathname.startsWith(each))
    .toSorted((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return undefined;
  const inside = path.posix.normalize(decodeURIComponent(pathname.slice(prefix.length)) || 'index.html');
  if (inside.startsWith('..')) return undefined;
  const file = path.join(folders[prefix]!, inside);
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

function sendFile(file: string, request: IncomingMessage, response: ServerResponse): void {
  const { size, mtimeMs } = statSync(file);
  const etag = `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
  response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
  response.setHeader('etag', etag).setHeader('accept-ranges', 'bytes').setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const stillTheSame = [undefined, etag].includes(request.headers['if-range'] as string | undefined);
  const start = stillTheSame && from < size ? from : 0;
  if (start > 0) response.setHeader('content-range', `bytes ${start}-${size - 1}/${size}`);
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': size - start });
  createReadStream(file, { start }).pipe(response);
}
