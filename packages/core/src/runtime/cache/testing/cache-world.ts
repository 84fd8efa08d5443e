import { DEFAULT_CACHE_SETTINGS } from '../../../cache/cache-settings.js';
import type { CacheOutcome } from '../../../cache/cache-facts.js';
import type { OutcomeRecord } from '../../../ports/ledger.js';
import type { ResponseCacheStore } from '../../../ports/response-cache.js';
import { createFakeClock, type FakeClock } from '../../../testing/fake-clock.js';
import { createMemoryResponseCache } from '../../../cache/memory-response-cache.js';
import type { TextRequestInput } from '../../../text/request/text-request-schema.js';
import type { Result } from '../../result.js';
import type { TextResult } from '../../text/text-result.js';
import type { AnyInput, AnyOptions, AnyResult, AnyStep } from '../answers.js';
import type { CacheFace, CachePorts } from '../response-cache.js';
import { withResponseCache } from '../with-response-cache.js';

const textOf = (text: string, requestId: string): TextResult => ({
  requestId,
  output: { kind: 'text', choices: [{ role: 'assistant', text, toolCalls: [], finishReason: 'stop' }] },
  tier: 'small',
  placement: 'device',
  path: ['small'],
  confidence: 0.9,
  features: { meanLogProb: -0.1 } as TextResult['features'],
  verdict: { kind: 'accept', reason: 'sure-enough', calibrated: true, certificate: undefined, degraded: undefined },
  usage: { inputTokens: 20, cachedTokens: 4, outputTokens: 5 },
  firstTokenMs: 30,
  tokensPerSecond: 10,
  timings: { queuedMs: 0, prefillMs: 3, decodeMs: 4 },
  costUsd: 0.25,
  sentBytes: 100,
  templates: {},
  deltas: {},
  trace: [
    {
      kind: 'plan',
      durationMs: 1,
      ladder: ['small'],
      rejected: [],
      catalogRevision: 'c1',
      ladderRevision: 'l1',
      atMs: 0,
    },
    { kind: 'stop', reason: 'sure-enough', degraded: undefined, atMs: 9 },
  ],
});

const labelOf = (label: string, requestId: string): Result => ({
  requestId,
  output: { kind: 'classification', label, alternatives: [{ label, score: 0.75 }], outOfScope: false },
  tier: 'nano',
  placement: 'device',
  path: ['nano'],
  confidence: 0.1 + 0.2,
  verdict: { kind: 'accept', reason: 'sure-enough', calibrated: true, certificate: undefined, degraded: undefined },
  answer: { kind: 'scores', labels: [label, 'b'], logProbs: Float64Array.of(Math.log(0.75), -Infinity) },
  costUsd: 0,
  sentBytes: 0,
  queued: undefined,
  trace: [],
});

/** What computes: every run has its number, and texts come letter by letter. */
function createAnswerer() {
  const asked: { input: AnyInput; options: AnyOptions }[] = [];
  const gates: (() => void)[] = [];
  const world = {
    asked,
    change: (result: AnyResult): AnyResult => result,
    text: 'Paris.',
    /** Each step waits for one `open`. */
    isSlow: false,
    open: () => gates.shift()?.(),
    failure: undefined as Error | undefined,
    closed: 0,
    ended: 0,
  };
  const wait = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      if (!world.isSlow) return resolve();
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      gates.push(resolve);
    });
  const answer = (input: AnyInput, options: AnyOptions): AnyResult => {
    const id = options.requestId ?? `run-${asked.length}`;
    return world.change(input.task === 'text-generation' ? textOf(world.text, id) : labelOf('a', id));
  };
  const runtime = {
    async run(input: AnyInput, options: AnyOptions = {}) {
      asked.push({ input, options });
      await wait(options.signal);
      if (world.failure) throw world.failure;
      return answer(input, options);
    },
    async *stream(input: AnyInput, options: AnyOptions = {}): AsyncGenerator<AnyStep, AnyResult> {
      asked.push({ input, options });
      try {
        for (const text of world.text) {
          await wait(options.signal);
          if (world.failure) throw world.failure;
          yield { kind: 'text', choice: 0, text, tier: 'small', logProbs: [-0.5] };
        }
        const result = answer(input, options);
        yield { kind: 'result', result } as AnyStep;
        return result;
      } finally {
        world.ended++;
      }
    },
    flush: async () => undefined,
    close: async () => void world.closed++,
  };
  return { world, runtime };
}

export const CHAT: TextRequestInput = {
  task: 'text-generation',
  messages: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'What is the capital of France?' },
  ],
};

export interface World {
  cached: CacheFace & { flush(): Promise<void>; close(): Promise<void> };
  world: ReturnType<typeof createAnswerer>['world'];
  clock: FakeClock;
  outcomes: OutcomeRecord[];
  failures: unknown[];
  store: ResponseCacheStore;
  identity: { now: string };
  reopen(changed?: Partial<CachePorts>): World['cached'];
  /** What the cache says to a request, once what it brings is kept. */
  ask(input: unknown, options?: AnyOptions): Promise<CacheOutcome>;
  stream(input: unknown, options?: AnyOptions): AsyncGenerator<AnyStep, AnyResult>;
  /** Resolves when so many requests are computed or were. */
  asked(count: number): Promise<void>;
}

/** A cache around something that answers as it is told to. */
export function createWorld(changed: Partial<CachePorts> & Pick<CachePorts, 'startHash'>): World {
  const { world, runtime } = createAnswerer();
  const clock = createFakeClock();
  const outcomes: OutcomeRecord[] = [];
  const failures: unknown[] = [];
  const store = changed.store ?? createMemoryResponseCache();
  const identity = { now: 'models-1' };
  let ids = 0;
  const reopen: World['reopen'] = (again = {}) =>
    withResponseCache(runtime as never, {
      store,
      settings: DEFAULT_CACHE_SETTINGS,
      identity: () => identity.now,
      ledger: {
        async append(entries) {
          for (const entry of entries) if (entry.kind === 'outcome') outcomes.push(entry.record);
        },
      },
      clock,
      newId: () => `again-${++ids}`,
      onFailure: (error) => failures.push(error),
      ...changed,
      ...again,
    });
  const cached = reopen();
  return {
    async asked(count) {
      while (world.asked.length < count) await new Promise<void>((resolve) => setTimeout(resolve));
    },
    cached,
    world,
    clock,
    outcomes,
    failures,
    store,
    identity,
    reopen,
    async ask(input, options = {}) {
      const said: CacheOutcome[] = [];
      await cached.run(input as never, { ...options, onCache: (outcome: CacheOutcome) => said.push(outcome) } as never);
      await cached.flush();
      return said.join('+') as CacheOutcome;
    },
    stream: (input, options = {}) =>
      cached.stream(input as never, options as never) as unknown as AsyncGenerator<AnyStep, AnyResult>,
  };
}

/** All that a stream tells. */
export async function told(steps: AsyncGenerator<AnyStep, AnyResult>): Promise<{ text: string; steps: AnyStep[] }> {
  const all: AnyStep[] = [];
  for await (const step of steps) all.push(step);
  return { text: all.map((step) => (step.kind === 'text' ? step.text : '')).join(''), steps: all };
}
