/** Nobody is left alone for longer than this, whatever they ask for. */
const LONGEST_MS = 3_600_000;

/**
 * How long a `Retry-After` header asks to wait, in milliseconds: it counts seconds, or names a date.
 * @returns undefined where it says neither
 */
export function retryAfterMs(header: string | undefined, wallMs: number): number | undefined {
  const text = header?.trim() ?? '';
  // `Date.parse` would read "-5" and "1.5" as dates.
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1000 : /^[A-Za-z]/.test(text) ? Date.parse(text) - wallMs : NaN;
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(0, askedMs), LONGEST_MS);
}
