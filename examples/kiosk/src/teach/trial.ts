import type { BrowserRuntime } from '@terrace/browser-host';
import { answerOf, type Answer } from '../answer/answer-of.js';
import { DEMAND_OF } from '../desks/demands.js';
import type { Settings } from '../settings/settings.js';

/** What a question came to in a domain. */
export type Trial =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly confidence: number | undefined;
      /** Tiers that gave it. */
      readonly path: readonly string[];
    }
  /** Nobody has taught it yet. */
  | { readonly kind: 'unknown-domain' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Asks as the page would. What fails is part of the answer: a fit goes on without it. */
export async function tryQuestion(
  runtime: BrowserRuntime,
  { domain, text, demand }: { readonly domain: string; readonly text: string } & Pick<Settings, 'demand'>,
): Promise<Trial> {
  try {
    const { deltas } = await runtime.catalog();
    const outOfScope = deltas.find((delta) => delta.domain === domain)?.outOfScopeLabel;
    const result = await runtime.run({ domain, text, ...DEMAND_OF[demand] });
    const { confidence, path } = result;
    return { kind: 'answered', answer: answerOf(result, outOfScope), confidence, path };
  } catch (error) {
    return Object(error).code === 'UNKNOWN_DOMAIN' ? { kind: 'unknown-domain' } : { kind: 'failed', error };
  }
}
