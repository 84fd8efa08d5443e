import type { FrontierPoint } from '@terrace/core/deploy';

/** `nano+base`, or `nano+base 70.4 %, cloud 29.6 %`. */
export function printMix(mix: FrontierPoint['mix']): string {
  const entries = Object.entries(mix);
  if (entries.length === 1) return entries[0]![0];
  return entries.map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`).join(', ');
}
