import type { Endpoint } from './endpoint.js';

/** What one call costs in US dollars. */
export const costOfCall = (
  { price }: Pick<Endpoint, 'price'>,
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
): number =>
  price.usdPerUnit *
  (price.perCall +
    (price.perMillionInputTokens * inputTokens + price.perMillionOutputTokens * outputTokens) / 1_000_000);
