import type { Crash } from '@terrace/core';

/** What a runtime is at: it stands in the runtime's file meanwhile, and is found there when the page has died of it. */
export interface Mark extends Pick<Crash, 'variantId' | 'modelId' | 'provider' | 'phase'> {
  /** Of the weights. */
  readonly bytes: number;
  /** Of a load that nobody has asked for yet. */
  readonly isAhead?: boolean | undefined;
}
