import { describe, expect, it } from 'vitest';
import { isText } from './is-text.js';

/** A response in pieces, and how many of them were taken. */
function inPieces(...pieces: readonly string[]) {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  const taken: number[] = [];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (!piece) return controller.close();
        taken.push(piece.length);
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body), taken };
}

describe('whether a response is a text', () => {
  it('is told byte by byte', async () => {
    expect(await isText(new Response('größer'), 'größer')).toBe(true);
    expect(await isText(new Response('grosser'), 'größer')).toBe(false);
    expect(await isText(new Response(''), '')).toBe(true);
    expect(await isText(new Response(null), 'text')).toBe(false);
  });

  it('is told of one that comes in pieces, that is cut and that goes on', async () => {
    expect(await isText(inPieces('a te', 'x', 't').response, 'a text')).toBe(true);
    expect(await isText(inPieces('a te').response, 'a text')).toBe(false);
    expect(await isText(inPieces('a text', ' and more').response, 'a text')).toBe(false);
  });

  it('is told without reading on, however much there is', async () => {
    const { response, taken } = inPieces('another', ...Array.from({ length: 100 }, () => 'endless'));
    expect(await isText(response, 'a text')).toBe(false);
    expect(taken).toEqual([7]);
  });
});
