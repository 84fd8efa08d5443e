import type { OutcomeRecord } from '../ports/ledger.js';
import { proportion } from './binomial.js';
import { createLatencyCount } from './counts.js';
import type { FromMemory, Latency, Part } from './ledger-report.js';

/** What the cache had a say in. */
export interface MemoryCount {
  add(outcome: Pick<OutcomeRecord, 'cache' | 'totalMs'>): void;
  report(part: (count: number) => Part): FromMemory;
  latency(): Latency;
}

export function createMemoryCount(): MemoryCount {
  const counts = { exact: 0, semantic: 0, audit: 0, wrong: 0 };
  const saved = { savedUsd: 0, savedTokens: 0, savedMs: 0 };
  const latency = createLatencyCount();
  return {
    add({ cache, totalMs }) {
      // An audit that could not be compared says nothing.
      if (!cache || (cache.kind === 'audit' && cache.right === undefined)) return;
      counts[cache.kind]++;
      if (cache.kind === 'audit') {
        if (!cache.right) counts.wrong++;
        return;
      }
      latency.add(totalMs);
      for (const field of ['savedUsd', 'savedTokens', 'savedMs'] as const) saved[field] += cache[field];
    },
    report: (part) => ({
      exact: part(counts.exact),
      semantic: part(counts.semantic),
      ...saved,
      wrongAudits: proportion(counts.wrong, counts.audit),
    }),
    latency: () => latency.summary(),
  };
}
