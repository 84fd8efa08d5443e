import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vitest/config';

/** What a server does with one request. `sound`: as a good server does, with ranges and validators. */
type ScriptedAnswer =
  | { readonly kind: 'sound' }
  /** Sends the headers of the whole file and its first bytes, and hangs up. */
  | { readonly kind: 'hang-up'; readonly bytes: number }
  /** The same, and then nothing, with the connection open. */
  | { readonly kind: 'stall'; readonly bytes: number }
  /** The whole file, whatever range was asked for. */
  | { readonly kind: 'whole' }
  /** Packed, with the length and the validator of the packed bytes; with a share of them only it then hangs up. A range is packed. */
  | { readonly kind: 'packed'; readonly share?: number }
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** One request that a scripted server has seen. */
interface ScriptedRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

interface Site {
  readonly files: Map<string, Buffer>;
  /** For the requests of files that come next, in order; then the server answers soundly again. */
  readonly next: ScriptedAnswer[];
  readonly seen: ScriptedRequest[];
}

const PREFIX = '/scripted/';

/**
 * Servers that misbehave as they are told, of the same origin as the page of a browser test: `/scripted/<site>/`. PUT
 * makes a file, DELETE removes it, POST `next` takes a list of answers, GET `seen` tells what was asked for.
 */
export function scriptedFiles(): Plugin {
  const sites = new Map<string, Site>();
  return {
    name: 'scripted-files',
    configureServer({ middlewares }) {
      middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!request.url?.startsWith(PREFIX)) return next();
        const { pathname } = new URL(request.url, 'http://localhost');
        const [id = '', ...rest] = decodeURIComponent(pathname).slice(PREFIX.length).split('/');
        const site = sites.get(id) ?? { files: new Map(), next: [], seen: [] };
        sites.set(id, site);
        void respond(site, rest.join('/'), request, response);
      });
    },
  };
}

async function respond(site: Site, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // As for every page: the same server under another name is another origin.
  response.setHeader('access-control-allow-origin', '*');
  switch (request.method) {
    case 'PUT':
      site.files.set(path, await bodyOf(request));
      return void response.end();
    case 'DELETE':
      site.files.delete(path);
      return void response.end();
    case 'POST':
      site.next.push(...(JSON.parse((await bodyOf(request)).toString()) as ScriptedAnswer[]));
      return void response.end();
    case 'GET':
      return path === 'seen' ? void response.end(JSON.stringify(site.seen)) : answer(site, path, request, response);
    default:
      return void response.writeHead(405).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answer(site: Site, path: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const ifRange = headers['if-range'] as string | undefined;
  site.seen.push({ path, range: headers.range, ifRange });
  const content = site.files.get(path);
  const told = site.next.shift() ?? { kind: 'sound' };
  if (told.kind === 'reply') return void response.writeHead(told.status, told.headers).end(told.body);
  if (!content) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  response.setHeader('etag', etag).setHeader('content-type', 'application/octet-stream');
  switch (told.kind) {
    case 'hang-up':
    case 'stall': {
      response.writeHead(200, { 'content-length': content.length });
      const hangUp = (): unknown => told.kind === 'hang-up' && setTimeout(() => response.destroy(), 50);
      response.write(content.subarray(0, told.bytes), hangUp);
      return;
    }
    case 'packed': {
      const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
      const packed = gzipSync(content.subarray(Number(from)));
      response.setHeader('etag', `"packed"`);
      if (from !== '0') {
        response.setHeader('content-range', `bytes ${from}-${content.length - 1}/${content.length}`);
      }
      response.writeHead(from === '0' ? 200 : 206, { 'content-encoding': 'gzip', 'content-length': packed.length });
      if (told.share === undefined) return void response.end(packed);
      response.write(packed.subarray(0, told.share * packed.length), () => setTimeout(() => response.destroy(), 50));
      return;
    }
    case 'whole':
      return void response.writeHead(200, { 'content-length': content.length }).end(content);
    case 'sound':
      return sendSoundly(content, { range: headers.range, ifRange, etag }, response);
    default:
      told satisfies never;
  }
}

function sendSoundly(
  content: Buffer,
  { range, ifRange, etag }: { range: string | undefined; ifRange: string | undefined; etag: string },
  response: ServerResponse,
): void {
  const [, from] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
  const at = from === undefined || (ifRange !== undefined && ifRange !== etag) ? 0 : Number(from);
  if (at > 0 && at >= content.length) {
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  }
  response.writeHead(at > 0 ? 206 : 200, {
    'content-length': content.length - at,
    ...(at > 0 && { 'content-range': `bytes ${at}-${content.length - 1}/${content.length}` }),
  });
  response.end(content.subarray(at));
}
