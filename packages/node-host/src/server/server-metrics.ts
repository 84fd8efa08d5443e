import type { CacheOutcome } from '@terrace/core/cache';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addStandingMetrics, type Standings } from './standing-metrics.js';

/** Which surface a request came in through. */
export type Api = 'openai' | 'oip' | 'native' | 'operations';

/** What the server counts. Names of models come from the catalog, so that nobody can make up labels. */
export interface ServerMetrics {
  /** One text that was answered. */
  answered(how: {
    readonly api: Api;
    readonly model: string;
    readonly tier: string;
    readonly placement: string;
    readonly climbs: number;
    /** Requests that shared each run. */
    readonly batches: readonly number[];
  }): void;
  /** One answer in text. */
  generated(how: {
    readonly tier: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly firstTokenMs: number | undefined;
    readonly tokensPerSecond: number | undefined;
  }): void;
  /** What became of a text at the cache. */
  cached(outcome: CacheOutcome): void;
  /** A request that a budget did not pay for. @param budget its id */
  refused(budget: string): void;
  /** One HTTP request, however it ended. @param seconds from its headers to the end of its answer */
  responded(how: { readonly api: Api; readonly status: number; readonly seconds: number }): void;
  /** The text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What is looked at when somebody asks for the metrics. */
export interface Gauges extends Standings {
  /** HTTP requests that are not answered yet. */
  readonly inFlight: () => number;
  /** Texts that have not begun to run. */
  readonly waiting?: (() => number) | undefined;
  /** Whether each endpoint of the catalog is believed to answer. */
  readonly endpoints?: (() => Iterable<readonly [id: string, healthy: boolean]>) | undefined;
}

/** From a nano model's answer to a deadline that nobody waits for. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From one token a second on a slow core to what a rack writes. */
const TOKENS_PER_SECOND = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export function createServerMetrics({ inFlight, waiting, endpoints, ...standings }: Gauges): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const texts = new Counter({
    name: 'terrace_texts_total',
    help: 'Texts that were answered.',
    labelNames: ['api', 'model', 'tier', 'placement'],
    registers,
  });
  const climbs = new Counter({
    name: 'terrace_climbs_total',
    help: 'Climbs to a larger tier.',
    labelNames: ['model'],
    registers,
  });
  const batches = new Histogram({
    name: 'terrace_batch_size',
    help: 'Texts that shared a run, as each of them saw it.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const requests = new Counter({
    name: 'terrace_http_requests_total',
    help: 'HTTP requests by how they ended.',
    labelNames: ['api', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'terrace_http_request_seconds',
    help: 'From the headers of a request to the end of its answer.',
    labelNames: ['api'],
    buckets: SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'terrace_tokens_total',
    help: 'Tokens that text tiers have read and written.',
    labelNames: ['tier', 'direction'],
    registers,
  });
  const firstToken = new Histogram({
    name: 'terrace_first_token_seconds',
    help: 'From a request for text to its first token.',
    labelNames: ['tier'],
    buckets: SECONDS,
    registers,
  });
  const pace = new Histogram({
    name: 'terrace_tokens_per_second',
    help: 'How fast an answer in text was written.',
    labelNames: ['tier'],
    buckets: TOKENS_PER_SECOND,
    registers,
  });
  const cache = new Counter({
    name: 'terrace_cache_total',
    help: 'Texts by what became of them at the cache.',
    labelNames: ['outcome'],
    registers,
  });
  const refusals = new Counter({
    name: 'terrace_budget_refusals_total',
    help: 'Requests that a budget did not pay for.',
    labelNames: ['budget'],
    registers,
  });
  addStandingMetrics(registry, standings, () => performance.now());
  gauge('terrace_http_requests_in_flight', 'HTTP requests that are not answered yet.', inFlight);
  if (waiting) gauge('terrace_queue_waiting', 'Texts that wait for their run.', waiting);
  if (endpoints) {
    const up = new Gauge({
      name: 'terrace_endpoint_up',
      help: 'Whether an endpoint is believed to answer.',
      labelNames: ['endpoint'],
      registers,
      collect() {
        // One that was removed says nothing any more.
        up.reset();
        for (const [endpoint, healthy] of endpoints()) up.set({ endpoint }, Number(healthy));
      },
    });
  }

  function gauge(name: string, help: string, read: () => number): void {
    const each: Gauge = new Gauge({ name, help, registers, collect: () => each.set(read()) });
  }

  return {
    answered({ api, model, tier, placement, climbs: climbed, batches: sizes }) {
      texts.inc({ api, model, tier, placement });
      if (climbed > 0) climbs.inc({ model }, climbed);
      for (const size of sizes) batches.observe(size);
    },
    generated({ tier, inputTokens, outputTokens, firstTokenMs, tokensPerSecond }) {
      tokens.inc({ tier, direction: 'in' }, inputTokens);
      tokens.inc({ tier, direction: 'out' }, outputTokens);
      if (firstTokenMs !== undefined) firstToken.observe({ tier }, firstTokenMs / 1000);
      if (tokensPerSecond !== undefined) pace.observe({ tier }, tokensPerSecond);
    },
    cached: (outcome) => cache.inc({ outcome }),
    refused: (budget) => refusals.inc({ budget }),
    responded({ api, status, seconds: taken }) {
      requests.inc({ api, status });
      seconds.observe({ api }, taken);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
