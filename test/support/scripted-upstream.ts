import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chatChunks, chatCompletion, type ScriptedReply } from './scripted-chat.js';

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed, or the text where it is no JSON. */
  readonly body: unknown;
}

/** What clients send that the stub looks at. */
export interface ChatAsk {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

type Reply = string | ScriptedReply | ScriptedFailure;

interface ScriptedFailure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: unknown;
}

export interface UpstreamScript {
  readonly models?: readonly string[];
  /** @param count requests for chat so far, this one included */
  readonly chat?: (ask: ChatAsk, count: number) => Reply | Promise<Reply>;
  readonly embed?: (text: string, count: number) => readonly number[] | Promise<readonly number[]>;
  /** How long an answer takes, and each further piece of a streamed one. */
  readonly delayMs?: number;
}

export interface ScriptedUpstream {
  /** Ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: readonly SeenRequest[];
  readonly counts: {
    readonly models: number;
    readonly chat: number;
    readonly embeddings: number;
    /** Clients that left before their answer was complete. */
    readonly cancelled: number;
    readonly connections: number;
  };
  /** Changes what the script names, from the next request on. */
  script(changed: UpstreamScript): void;
  close(): Promise<void>;
}

/** An OpenAI-compatible server on loopback that says what it is told to: chat, also streamed, embeddings and models. */
export async function startScriptedUpstream(initial: UpstreamScript = {}): Promise<ScriptedUpstream> {
  let script = initial;
  const requests: SeenRequest[] = [];
  const counts = { models: 0, chat: 0, embeddings: 0, cancelled: 0, connections: 0 };

  async function chat(ask: ChatAsk, response: ServerResponse): Promise<void> {
    const count = (counts.chat += 1);
    const said = (await script.chat?.(ask, count)) ?? 'ok';
    await sleep(script.delayMs ?? 0);
    if (typeof said !== 'string' && 'status' in said) return fail(response, said);
    const reply = typeof said === 'string' ? { content: said } : said;
    if (ask.stream !== true) return json(response, 200, chatCompletion(ask, reply, count));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for (const chunk of chatChunks(ask, reply, count)) {
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      await sleep(script.delayMs ?? 0);
      if (response.destroyed) return;
    }
    response.end('data: [DONE]\n\n');
  }

  async function embeddings(
    ask: { model: string; input: string | string[]; encoding_format?: string },
    response: ServerResponse,
  ): Promise<void> {
    const count = (counts.embeddings += 1);
    const data = [];
    for (const [index, text] of [ask.input].flat().entries()) {
      const values = (await script.embed?.(text, count)) ?? [0.6, 0.8];
      const embedding =
        ask.encoding_format === 'base64' ? Buffer.from(Float32Array.from(values).buffer).toString('base64') : values;
      data.push({ object: 'embedding', index, embedding });
    }
    await sleep(script.delayMs ?? 0);
    json(response, 200, { object: 'list', data, model: ask.model, usage: { prompt_tokens: 8, total_tokens: 8 } });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', () => void (counts.cancelled += response.writableFinished ? 0 : 1));
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const { method = 'GET', headers } = request;
    requests.push({ method, path: pathname, headers: headers as Record<string, string>, body });
    if (pathname === '/v1/models' && method === 'GET') {
      counts.models += 1;
      const data = (script.models ?? ['scripted']).map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' }));
      return json(response, 200, { object: 'list', data });
    }
    if (pathname === '/v1/chat/completions' && method === 'POST') return chat(body as ChatAsk, response);
    if (pathname === '/v1/embeddings' && method === 'POST') {
      return embeddings(body as Parameters<typeof embeddings>[0], response);
    }
    const error = { message: `Nothing at ${pathname}.`, type: 'invalid_request_error', code: 'not_found', param: null };
    return json(response, 404, { error });
  }

  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.on('connection', () => void (counts.connections += 1));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    counts,
    script: (changed) => void (script = { ...script, ...changed }),
    async close() {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

function fail(response: ServerResponse, { status, headers = {}, body }: ScriptedFailure): void {
  if (typeof body === 'string') return void response.writeHead(status, headers).end(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
