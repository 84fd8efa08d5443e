import type { TextFace } from '@terrace/core';
import type { TextChoice, TextRequestInput, TextResult, TextStep } from '@terrace/core/text';
import { exampleResult } from './fake-runtime.js';

type Piece = Omit<Extract<TextStep, { kind: 'text' }>, 'kind' | 'tier' | 'logProbs'>;

/** Text that is written piece by piece, as somebody reads it. */
export interface FakeText {
  readonly text: Pick<TextFace, 'run' | 'stream'>;
  readonly asked: { readonly input: TextRequestInput; readonly signal?: AbortSignal; readonly requestId?: string }[];
  /** Pieces that were taken so far. */
  taken: number;
  /** Streams that were left or have ended. */
  ended: number;
}

export function createFakeText(
  pieces: Iterable<Piece> = [
    { choice: 0, text: 'Hello' },
    { choice: 0, text: ' you' },
  ],
  /** Thrown behind the pieces. */
  failure?: unknown,
  changes: Partial<TextChoice> = {},
): FakeText {
  async function* stream(
    input: TextRequestInput,
    { signal, requestId }: { signal?: AbortSignal; requestId?: string } = {},
  ) {
    fake.asked.push({ input, ...(signal && { signal }), ...(requestId !== undefined && { requestId }) });
    const texts: string[] = [];
    try {
      yield { kind: 'trace', event: { atMs: 0, kind: 'warning', message: 'nothing' } } satisfies TextStep;
      for (const piece of pieces) {
        signal?.throwIfAborted();
        fake.taken++;
        texts[piece.choice] = (texts[piece.choice] ?? '') + piece.text;
        yield { kind: 'text', tier: 'smol', logProbs: [], ...piece } satisfies TextStep;
      }
      if (failure !== undefined) throw failure as Error;
      const result = textResult(texts, changes);
      yield { kind: 'result', result } satisfies TextStep;
      return result;
    } finally {
      fake.ended++;
    }
  }
  const fake: FakeText = {
    asked: [],
    taken: 0,
    ended: 0,
    text: {
      stream: stream as unknown as TextFace['stream'],
      run: (async (input: TextRequestInput, options?: { signal?: AbortSignal }) => {
        const steps = stream(input, options);
        for (;;) {
          const { done, value } = await steps.next();
          if (done) return value;
        }
      }) as unknown as TextFace['run'],
    },
  };
  return fake;
}

export function textResult(texts: readonly string[], changes: Partial<TextChoice> = {}): TextResult {
  const { requestId, verdict } = exampleResult();
  const choice = (text: string): TextChoice => ({
    role: 'assistant',
    text,
    toolCalls: [],
    finishReason: 'stop',
    ...changes,
  });
  return {
    requestId,
    output: { kind: 'text', choices: texts.map(choice) },
    tier: 'smol',
    placement: 'device',
    path: ['smol'],
    confidence: 0.5,
    features: {} as TextResult['features'],
    verdict,
    usage: { inputTokens: 7, cachedTokens: 3, outputTokens: 2 },
    firstTokenMs: 10,
    tokensPerSecond: 20,
    timings: undefined,
    costUsd: 0.5,
    sentBytes: 0,
    templates: {},
    deltas: {},
    trace: [],
  };
}
