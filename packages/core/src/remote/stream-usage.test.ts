import { expect, it } from 'vitest';
import { withUsage } from './stream-usage.js';

const utf8 = new TextEncoder();
const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

async function* of(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* pieces;
}

/** Reads at most `most` pieces. */
async function read(pieces: AsyncIterable<string | Uint8Array>, most = Infinity) {
  const told: number[] = [];
  const seen: (string | Uint8Array)[] = [];
  for await (const piece of withUsage(pieces, ({ outputTokens }) => told.push(outputTokens))) {
    seen.push(piece);
    if (seen.length >= most) break;
  }
  return { told, seen };
}

it('passes every piece on as it is, and counts events where the server counts nothing', async () => {
  const pieces = [chunk('a'), utf8.encode(chunk('ä') + chunk('c')), 'data: [DONE]\n\n'];
  expect(await read(of(...pieces))).toEqual({ seen: pieces, told: [4] });
});

it('believes what the server counts, wherever the pieces break', async () => {
  const usage = `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":321,"total_tokens":328}}\n\n`;
  expect((await read(of(chunk('a'), usage.slice(0, 60), utf8.encode(usage.slice(60)), 'data: [DONE]'))).told).toEqual([
    321,
  ]);
});

it('tells once, also where a reader leaves and where the stream breaks off', async () => {
  expect((await read(of(chunk('a'), chunk('b'), chunk('c')), 2)).told).toEqual([2]);
  const told: number[] = [];
  async function* broken(): AsyncGenerator<string> {
    yield chunk('a');
    throw new Error('reset');
  }
  const reading = async (): Promise<void> => {
    for await (const _ of withUsage(broken(), ({ outputTokens }) => told.push(outputTokens)));
  };
  await expect(reading()).rejects.toThrow('reset');
  expect(told).toEqual([1]);
});
