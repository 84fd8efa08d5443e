import type { Result } from './result.js';

/** Tokens of the text: every tier reads all of it, so the tier that counts most has cut it into the finest. */
export function tokensRead({ trace }: Pick<Result, 'trace'>): number {
  let most = 0;
  for (const event of trace) {
    if ((event.kind === 'run' || event.kind === 'call') && event.tokens > most) most = event.tokens;
  }
  return most;
}
