import type { Crash } from '@terrace/core';

/** Whether it is the same that died again. */
export const crashKey = ({ variantId, provider }: Pick<Crash, 'variantId' | 'provider'>): string =>
  `${variantId} ${provider}`;
