import { describe, expect, it } from 'vitest';
import { RemoteAnswerError } from '../../errors/remote-answer-error.js';
import { sseData } from './sse.js';

async function read(chunks: Iterable<Uint8Array | string>): Promise<string[]> {
  const events: string[] = [];
  for await (const event of sseData('e', asyncOf(chunks))) events.push(event);
  return events;
}

async function* asyncOf<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

const STREAM =
  ': a comment\r\ndata: {"a":"ä€😀"}\r\n\r\nevent: x\nid: 1\ndata:one\ndata: two\n\n\n\ndata\r\rdata: [DONE]';
const EVENTS = ['{"a":"ä€😀"}', 'one\ntwo', '', '[DONE]'];

describe('events of a stream', () => {
  it('are the same in every cut of it', async () => {
    const bytes = new TextEncoder().encode(STREAM);
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      expect(await read(chunks)).toEqual(EVENTS);
    }
    expect(await read([...STREAM])).toEqual(EVENTS);
  });

  it('end with a typed failure where a line never does', async () => {
    let given = 0;
    function* endless(): Generator<string> {
      for (;;) {
        given++;
        yield 'data: x';
      }
    }
    await expect(read(endless())).rejects.toBeInstanceOf(RemoteAnswerError);
    expect(given).toBeLessThan(200_000);
  });

  it('end with a typed failure where one of many lines never ends', async () => {
    function* endless(): Generator<string> {
      for (;;) yield 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n';
    }
    await expect(read(endless())).rejects.toBeInstanceOf(RemoteAnswerError);
  });
});
