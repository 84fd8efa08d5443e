import type { Endpoint } from '@terrace/core';

/** For a person: `free`, `0.002 EUR a call`, `0.15 USD in, 0.6 USD out per million tokens`. */
export function describePrice({
  currency,
  perCall,
  perMillionInputTokens: input,
  perMillionOutputTokens: output,
}: Endpoint['price']): string {
  const tokens = input + output > 0 ? [`${input} ${currency} in, ${output} ${currency} out per million tokens`] : [];
  const parts = [...(perCall > 0 ? [`${perCall} ${currency} a call`] : []), ...tokens];
  return parts.join(' and ') || 'free';
}
