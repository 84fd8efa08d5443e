import type { OutcomeRecord } from '../ports/ledger.js';

/**
 * Whether a request was answered from the cache: no tier ran for it, so that it says nothing of a tier's time, cost or
 * accuracy. One that was computed to audit the cache is a run like any other. Pure.
 */
export const isFromMemory = ({ cache }: Pick<OutcomeRecord, 'cache'>): boolean =>
  cache !== undefined && cache.kind !== 'audit';
