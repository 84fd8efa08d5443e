// The least a gateway can do: reads a request, sends it on, and sends the answer back.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2]!, { connections: 64 });
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { statusCode, headers, body } = await pool.request({
    method: 'POST',
    path: request.url!,
    headers: { 'content-type': 'application/json' },
    body: Buffer.concat(chunks),
  });
  const answer = Buffer.from(await body.arrayBuffer());
  response.writeHead(statusCode, {
    'content-type': String(headers['content-type']),
    'content-length': answer.length,
  });
  response.end(answer);
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
