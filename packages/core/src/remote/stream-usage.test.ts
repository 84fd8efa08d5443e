import { expect, it } from 'vitest';
import { countStream } from './stream-usage.js';

const utf8 = new TextEncoder();
const never = new AbortController().signal;
const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

async function* of(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* pieces;
}

/** Reads at most `most` pieces. */
async function read(pieces: AsyncIterable<string | Uint8Array>, most = Infinity) {
  const stream = countStream(pieces, never);
  const seen: (string | Uint8Array)[] = [];
  for await (const piece of stream.pieces) {
    seen.push(piece);
    if (seen.length >= most) break;
  }
  await stream.ended;
  return { usage: stream.usage(), seen };
}

it('passes every piece on as it is, and counts events where the server counts nothing', async () => {
  const pieces = [chunk('a'), utf8.encode(chunk('ä') + chunk('c')), 'da', 'ta: [DONE]\n\n'];
  expect(await read(of(...pieces))).toEqual({ seen: pieces, usage: { inputTokens: undefined, outputTokens: 4 } });
});

it('believes what the server counts, wherever the pieces break', async () => {
  const usage = `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":321,"total_tokens":328}}\n\n`;
  const pieces = of(chunk('a'), usage.slice(0, 60), utf8.encode(usage.slice(60)), 'data: [DONE]');
  expect((await read(pieces)).usage).toEqual({ inputTokens: 7, outputTokens: 321 });
});

it('ends also where a reader leaves and where the stream breaks off', async () => {
  expect((await read(of(chunk('a'), chunk('b'), chunk('c')), 2)).usage).toMatchObject({ outputTokens: 2 });
  async function* broken(): AsyncGenerator<string> {
    yield chunk('a');
    throw new Error('reset');
  }
  const stream = countStream(broken(), never);
  await stream.pieces.next();
  await expect(stream.pieces.next()).rejects.toThrow('reset');
  await stream.ended;
  expect(stream.usage()).toMatchObject({ outputTokens: 1 });
});

it('ends when it is given up, be it that nobody ever began to read', async () => {
  const over = new AbortController();
  const [begun, unread] = [countStream(of(chunk('a'), chunk('b')), over.signal), countStream(of(), over.signal)];
  await begun.pieces.next();
  over.abort();
  await Promise.all([begun.ended, unread.ended, countStream(of(), over.signal).ended]);
  expect([begun, unread].map((each) => each.usage().outputTokens)).toEqual([1, 0]);
});
