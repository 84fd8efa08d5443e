import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import type { FetchServer, SeenRequest, ServerAnswer } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';

/** A server on the loopback that answers as it is told; it ends with the test. */
export async function startFetchServer(answer: (request: SeenRequest) => ServerAnswer): Promise<FetchServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  let open = 0;
  let sentBytes = 0;
  const server = createServer((request, response) => {
    void read(request).then((asked) => {
      seen.push(asked);
      give(answer(asked), response, (bytes) => (sentBytes += bytes));
    });
  });
  server.on('connection', (socket) => {
    connections++;
    open++;
    socket.on('close', () => open--).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    openSockets: () => open,
    connections: () => connections,
    sentBytes: () => sentBytes,
  };
}

/** An address where somebody listened a moment ago. */
export async function deadUrl(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = request;
  return { method, path: url, headers, body: Buffer.concat(chunks) };
}

function give(answer: ServerAnswer, response: ServerResponse, onSent: (bytes: number) => void): void {
  switch (answer.kind) {
    case 'reply':
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      return;
    case 'stall':
      return;
    case 'stall-body':
      response.writeHead(200).write(answer.body);
      return;
    case 'reset':
      response.destroy();
      return;
    case 'reset-body':
      response.writeHead(200, { 'content-length': String(answer.body.length * 2) });
      response.write(answer.body, () => response.destroy());
      return;
    case 'flood':
      response.writeHead(200);
      flood(answer.body, response, onSent);
      return;
    default:
      answer satisfies never;
  }
}

function flood(body: Uint8Array, response: ServerResponse, onSent: (bytes: number) => void): void {
  while (!response.destroyed) {
    onSent(body.length);
    if (!response.write(body)) return void response.once('drain', () => flood(body, response, onSent));
  }
}
