import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK_BYTES = 64 * 1024;

export interface ThrottledServer {
  readonly url: string;
  /** Requests that asked for the rest of a file. */
  resumed(): number;
  close(): Promise<void>;
}

/** Serves a folder on loopback, with ranges and ETags, at so many bytes a second for each file. */
export async function serveSlowly(folder: string, bytesPerSecond: number): Promise<ThrottledServer> {
  let resumed = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const file = path.join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || !file.startsWith(folder)) return void response.writeHead(404).end();
    const etag = `"${size}"`;
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const condition = request.headers['if-range'];
    const start = asked && (condition === undefined || condition === etag) ? Number(asked[1]) : 0;
    if (start > 0) resumed += 1;
    const headers = { etag, 'accept-ranges': 'bytes', 'content-length': size - start };
    if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` });
    else response.writeHead(200, headers);
    if (request.method === 'HEAD' || start >= size) return void response.end();
    for await (const chunk of createReadStream(file, { start, highWaterMark: CHUNK_BYTES })) {
      if (response.destroyed) return;
      response.write(chunk);
      await sleep(((chunk as Buffer).length / bytesPerSecond) * 1000);
    }
    response.end();
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    resumed: () => resumed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
