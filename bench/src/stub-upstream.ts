// An OpenAI-compatible server that answers at once: what is left to measure is whatever stands before it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'large-1',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'The capital of France is Paris.' }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 },
  }),
);
const models = Buffer.from(JSON.stringify({ object: 'list', data: [{ id: 'large-1', object: 'model' }] }));

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const body = request.method === 'GET' ? models : answer;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
