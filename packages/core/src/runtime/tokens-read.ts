import type { Result } from './result.js';

/**
 * Tokens of the text: every tier reads all of it, so the tier that counts most has cut it into the finest. Of an answer
 * from memory those that were read when it was computed.
 */
export function tokensRead({ trace, cache }: Pick<Result, 'trace' | 'cache'>): number {
  let most = cache?.saved.tokens ?? 0;
  for (const event of trace) {
    if ((event.kind === 'run' || event.kind === 'call') && event.tokens > most) most = event.tokens;
  }
  return most;
}
