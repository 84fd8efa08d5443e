export { serveOffline, type OfflineOptions } from './serve-offline.js';
export { lookForUpdate, offlineState, onOfflineState } from './offline-page.js';
export type { OfflineProblem, OfflineState } from './offline-state.js';
