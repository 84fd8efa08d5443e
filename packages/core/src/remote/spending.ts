import type { CallCost } from './link.js';

/** What one request has cost so far. */
export interface Spending {
  add(call: CallCost): void;
  costUsd(): number;
  sentBytes(): number;
}

export function createSpending(): Spending {
  let costUsd = 0;
  let sentBytes = 0;
  return {
    add(call) {
      costUsd += call.costUsd;
      sentBytes += call.sentBytes;
    },
    costUsd: () => costUsd,
    sentBytes: () => sentBytes,
  };
}
