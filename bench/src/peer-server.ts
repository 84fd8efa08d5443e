// The least one can do to serve the peer: one text in, its embedding out, as JSON over node:http.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPeer } from './peer.js';

const [models, threads] = process.argv.slice(2);
const peer = await openPeer(models!, Number(threads));

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { input } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { input: string };
  const body = JSON.stringify({ embedding: await peer.embed(input) });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
