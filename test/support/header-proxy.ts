import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeaderProxy {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Passes everything on to a server on loopback, with headers of its own. */
export async function startHeaderProxy(
  target: string,
  headers: Readonly<Record<string, string>>,
): Promise<HeaderProxy> {
  const { hostname, port, host } = new URL(target);
  const server = createServer((asked, response) => {
    const { method = 'GET', url: path = '/' } = asked;
    const onward = request({ hostname, port, method, path, headers: { ...asked.headers, ...headers, host } });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
