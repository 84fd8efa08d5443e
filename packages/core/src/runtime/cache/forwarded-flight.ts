import type { Endpoint } from '../../catalog/endpoint.js';
import type { Saved } from '../../cache/cache-facts.js';
import { costOfStream, type ForwardedAnswer } from '../../remote/forward-chat.js';
import { countStream } from '../../remote/stream-usage.js';
import { fold } from '../fold.js';
import type { Flight, Telling } from './flight.js';

/** What comes of a chat that is passed on: the answer, and the pieces of one that comes in pieces. */
export type ForwardedStep =
  | { readonly kind: 'answer'; readonly answer: ForwardedAnswer }
  | { readonly kind: 'piece'; readonly piece: Uint8Array | string };

/** What it took, once it has ended. */
export type Took = Pick<Saved, 'costUsd' | 'tokens'>;

export type ForwardedFlight = Flight<ForwardedStep, Took>;

export const FORWARDED_TOLD: Telling<ForwardedStep, Took> = {
  bytesOf: (step) => (step.kind === 'piece' ? step.piece.length : wholeOf(step.answer).length),
  resultOf: () => undefined,
  copyOf: (told) => ('piece' in told && typeof told.piece !== 'string' ? { ...told, piece: told.piece.slice() } : told),
};

/** One call of an endpoint. @throws what `compute` throws, and what a stream that breaks off does */
export async function* passOn(
  { price }: Pick<Endpoint, 'price'>,
  compute: (signal: AbortSignal) => Promise<ForwardedAnswer>,
  signal: AbortSignal,
): AsyncGenerator<ForwardedStep, Took> {
  const answer = await compute(signal);
  yield { kind: 'answer', answer };
  const { body, costUsd, usage } = answer;
  if (typeof body === 'string') return { costUsd, tokens: tokensOf(usage) };
  const stream = countStream(body, signal);
  for await (const piece of stream.pieces) yield { kind: 'piece', piece };
  return { costUsd: costUsd + costOfStream({ price }, stream.usage(), costUsd), tokens: tokensOf(stream.usage()) };
}

/**
 * Reads a call from its beginning: the answer as soon as it is there, its pieces as they come.
 * @param onEnd told when all of it was read
 * @throws what the call throws, the signal's reason
 */
export async function readForwarded(
  flight: ForwardedFlight,
  signal: AbortSignal | undefined,
  onEnd: (took: Took) => void,
): Promise<ForwardedAnswer> {
  const steps = flight.read(signal);
  const { value: first } = await steps.next();
  const { answer } = first as Extract<ForwardedStep, { readonly kind: 'answer' }>;
  if (typeof answer.body !== 'string') return { ...answer, body: piecesOf(steps, onEnd) };
  onEnd(await fold(steps));
  return answer;
}

/** No generator: one that was never begun would not hear that its reader has left. */
function piecesOf(
  steps: AsyncGenerator<ForwardedStep, Took>,
  onEnd: (took: Took) => void,
): AsyncIterableIterator<Uint8Array | string> {
  return {
    async next() {
      const step = await steps.next();
      if (step.done) {
        if (step.value !== undefined) onEnd(step.value);
        return { done: true, value: undefined };
      }
      return { done: false, value: (step.value as Extract<ForwardedStep, { readonly kind: 'piece' }>).piece };
    },
    async return() {
      await steps.return(undefined as never);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** All that was told as one text; undefined where it is none. */
export function textOf(told: readonly ForwardedStep[]): string | undefined {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const texts = told.map((step) => {
      if (step.kind === 'answer') return wholeOf(step.answer);
      return typeof step.piece === 'string' ? step.piece : utf8.decode(step.piece, { stream: true });
    });
    return texts.join('') + utf8.decode();
  } catch {
    return undefined;
  }
}

/** The body of an answer that is there at once. */
const wholeOf = ({ body }: ForwardedAnswer): string => (typeof body === 'string' ? body : '');

const tokensOf = (usage: { readonly inputTokens: number | undefined; readonly outputTokens: number } | undefined) =>
  (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
