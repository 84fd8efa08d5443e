import type { RequestInput, Result } from '@terrace/core';
import type { ServerContext } from '../server-context.js';

/** What was asked of it, in order. */
export interface FakeRuntime {
  readonly runtime: ServerContext['runtime'];
  readonly asked: { readonly input: RequestInput; readonly signal: AbortSignal | undefined }[];
  /** What the next requests do instead of answering. */
  behave: (input: RequestInput, signal: AbortSignal | undefined) => Promise<void> | void;
}

/** Answers every text with `balance`. */
export function createFakeRuntime(): FakeRuntime {
  const fake: FakeRuntime = {
    asked: [],
    behave: () => undefined,
    runtime: {
      async run(input, { signal } = {}) {
        fake.asked.push({ input, signal });
        await fake.behave(input, signal);
        return exampleResult({ requestId: String(fake.asked.length).padStart(32, '0') });
      },
    },
  };
  return fake;
}

export const exampleResult = (changes: Partial<Result> = {}): Result => ({
  requestId: '0'.repeat(32),
  output: {
    kind: 'classification',
    label: 'balance',
    alternatives: [{ label: 'balance', score: 0.9 }],
    outOfScope: false,
  },
  tier: 'nano',
  placement: 'device',
  path: ['nano'],
  confidence: 0.91,
  verdict: { kind: 'accept', reason: 'confidence', calibrated: true, certificate: undefined, degraded: undefined },
  answer: { kind: 'label', labels: ['balance'], label: 'balance', confidence: 0.91 },
  costUsd: 0.25,
  sentBytes: 0,
  queued: undefined,
  trace: [
    { kind: 'run', tier: 'nano', variant: 'int8', durationMs: 1, waitedMs: 0, runMs: 1, tokens: 4, batch: 2, atMs: 1 },
  ],
  ...changes,
});
