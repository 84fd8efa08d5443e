import type { Result } from '@terrace/browser-host';

/** What the page says to a question. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly label: string;
      /** It was accepted, and yet is unlike what the domain covers. */
      readonly isUnusual: boolean;
    }
  | { readonly kind: 'unsure'; readonly candidates: readonly string[] }
  | { readonly kind: 'out-of-scope' }
  /** In a script that no model here reads. */
  | { readonly kind: 'unreadable' };

const MOST_CANDIDATES = 3;

/** @param outOfScopeLabel of the domain; some have none */
export function answerOf(
  { output, verdict }: Pick<Result, 'output' | 'verdict'>,
  outOfScopeLabel: string | null | undefined,
): Answer {
  if (output.kind !== 'classification') throw new TypeError('the page asks for labels only');
  if (verdict.reason === 'language') return { kind: 'unreadable' };
  if (output.label === outOfScopeLabel) return { kind: 'out-of-scope' };
  if (verdict.kind === 'accept') return { kind: 'answered', label: output.label, isUnusual: output.outOfScope };
  const labels = [output.label, ...output.alternatives.map(({ label }) => label)];
  const candidates = [...new Set(labels)].filter((label) => label !== outOfScopeLabel).slice(0, MOST_CANDIDATES);
  return { kind: 'unsure', candidates };
}
