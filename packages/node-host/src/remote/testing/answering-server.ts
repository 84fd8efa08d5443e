import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import type { FetchServer, SeenRequest, ServerAnswer } from '@terrace/core/testing';

export interface AnsweringServer extends FetchServer {
  close(): Promise<void>;
}

/**
 * A server on the loopback that answers as it is told.
 * @param isOpen whether pages of every origin may ask it
 * @param onChange told whenever what it counts has changed
 */
export async function startAnsweringServer({
  answer,
  isOpen = false,
  onChange = () => undefined,
}: {
  readonly answer: (request: SeenRequest) => ServerAnswer | Promise<ServerAnswer>;
  readonly isOpen?: boolean;
  readonly onChange?: () => void;
}): Promise<AnsweringServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  let open = 0;
  let sentBytes = 0;
  const server = createServer((request, response) => {
    if (isOpen && letIn(request, response)) return;
    void read(request).then(async (asked) => {
      seen.push(asked);
      give(await answer(asked), response, (bytes) => {
        sentBytes += bytes;
        onChange();
      });
    });
  });
  server.on('connection', (socket) => {
    connections++;
    open++;
    onChange();
    const onClose = (): void => {
      open--;
      onChange();
    };
    socket.on('close', onClose).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    openSockets: () => open,
    connections: () => connections,
    sentBytes: () => sentBytes,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
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

/** Lets pages read the answer. @returns whether it was a browser that asks first, and has its answer */
function letIn({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', '*').setHeader('access-control-expose-headers', '*');
  if (method !== 'OPTIONS') return false;
  const asked = headers['access-control-request-headers'];
  response.writeHead(204, asked === undefined ? {} : { 'access-control-allow-headers': asked }).end();
  return true;
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
