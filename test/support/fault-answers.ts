import type { IncomingMessage } from 'node:http';
import { endToEnd, type Answer, type Exchange } from './exchange.js';
import type { Fault, FaultSettings } from './faults.js';

/** Long enough for what was sent before a reset to be read: a reset throws away what was not. */
const READ_MS = 20;
/** A delay must not make a flood a trickle. */
const CHUNKS_ON_THE_WAY = 16;
const JSON_TYPE = ['content-type', 'application/json'] as const;

/**
 * Answers one request as its fault says.
 * @param elsewhere address of another host, for redirects
 * @throws when the client leaves or the real server cannot be reached
 */
export async function answer(
  exchange: Exchange,
  fault: Fault | undefined,
  { retryAfterSeconds, stallMs, dripMs, hugeBytes }: FaultSettings,
  elsewhere: string,
): Promise<void> {
  const body = await exchange.arrive();
  const retryAfter = ['retry-after', String(retryAfterSeconds)] as const;
  switch (fault) {
    case undefined:
      return passOn(exchange, await exchange.forward(body));
    case 'stall':
      await exchange.wait(stallMs);
      return passOn(exchange, await exchange.forward(body));
    case 'reset':
      return exchange.break('reset');
    case 'lost-answer':
      await read(await exchange.forward(body));
      return exchange.break('reset');
    case 'reset-mid-body':
    case 'short-body': {
      const whole = await read(await exchange.forward(body));
      void exchange.head(whole.answer, whole.bytes.length);
      await exchange.body(half(whole.bytes));
      await exchange.wait(READ_MS);
      return exchange.break(fault === 'short-body' ? 'end' : 'reset');
    }
    case 'truncated-json': {
      const whole = await read(await exchange.forward(body));
      return exchange.whole(whole.answer, half(whole.bytes));
    }
    case 'slow-loris': {
      const whole = await read(await exchange.forward(body));
      void exchange.head(whole.answer, whole.bytes.length);
      for (const byte of whole.bytes) {
        void exchange.body(Buffer.of(byte));
        await exchange.wait(dripMs);
      }
      return exchange.finish();
    }
    case 'too-many-requests':
      return exchange.whole({ status: 429, headers: [JSON_TYPE, retryAfter] }, failure('rate_limit_exceeded'));
    case 'server-error':
      return exchange.whole({ status: 500, headers: [JSON_TYPE] }, failure('server_error'));
    case 'unavailable':
      return exchange.whole({ status: 503, headers: [JSON_TYPE, retryAfter] }, failure('overloaded'));
    case 'html':
      return exchange.whole(
        { status: 200, headers: [['content-type', 'text/html; charset=utf-8']] },
        '<!doctype html><title>Sign in</title><h1>Please accept the terms of this network</h1>',
      );
    case 'redirect':
      return exchange.whole({ status: 307, headers: [['location', elsewhere]] }, '');
    case 'wrong-schema':
      return exchange.whole({ status: 200, headers: [JSON_TYPE] }, '{"surprise":[1,{"nobody":"knows"}],"choices":7}');
    case 'huge-body':
      return pourOut(exchange, hugeBytes);
    case 'black-hole':
      return exchange.never();
    default:
      return fault satisfies never;
  }
}

async function passOn(exchange: Exchange, response: IncomingMessage): Promise<void> {
  const length = response.headers['content-length'];
  void exchange.head(answerOf(response), length === undefined ? undefined : Number(length));
  for await (const chunk of response) void exchange.body(chunk as Buffer);
  await exchange.finish();
}

async function pourOut(exchange: Exchange, bytes: number): Promise<void> {
  const filler = Buffer.alloc(64 * 1024, 'a');
  void exchange.head({ status: 200, headers: [JSON_TYPE] });
  const onTheWay = [exchange.body(Buffer.from('{"data":"'))];
  for (let sent = 0; sent < bytes; sent += filler.length) {
    onTheWay.push(exchange.body(filler));
    if (onTheWay.length > CHUNKS_ON_THE_WAY) await onTheWay.shift();
  }
  void exchange.body(Buffer.from('"}'));
  await exchange.finish();
}

async function read(response: IncomingMessage): Promise<{ answer: Answer; bytes: Buffer }> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { answer: answerOf(response), bytes: Buffer.concat(chunks) };
}

const answerOf = ({ statusCode = 502, rawHeaders }: IncomingMessage): Answer => ({
  status: statusCode,
  headers: endToEnd(rawHeaders),
});

const half = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 2));

const failure = (type: string): string =>
  JSON.stringify({ error: { message: 'A fault on purpose.', type, code: type, param: null } });
