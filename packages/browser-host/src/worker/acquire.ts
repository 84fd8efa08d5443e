/** What brings, tests, measures and checks, as a file of its own: a start that has and knows everything never loads it. */
export { createRaces, examineTier, inspectSession, raceTier } from '@terrace/core';
export { openSupply } from '../store/supply.js';
export { keepSelfTest } from '../records/keep-self-test.js';
export { readPastCrashes } from '../sentinel/past-crashes.js';
export { estimateRates } from '../probe/estimated-rates.js';
export { measureProviders } from '../probe/measure-providers.js';
export { timeGraphs } from '../probe/time-graphs.js';
export { openMemoryLedger } from '../ledger/memory-ledger.js';
export { openRare } from './rare-calls.js';
export { LedgerReader } from '../ledger/ledger-reader.js';
