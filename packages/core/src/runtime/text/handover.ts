import type { Generation } from '../../tasks/text-generation/generation.js';
import type { FinishReason, TextChoice, TextEnd } from '../../tasks/text-generation/text-output.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';

/** What another tier is asked for that goes on with a text: the rest of it. Undefined where nothing is left of `maxTokens`. */
export function restOf(generation: Generation, shownTokens: number): Generation | undefined {
  const maxTokens = generation.maxTokens - shownTokens;
  return maxTokens > 0 ? { ...generation, maxTokens } : undefined;
}

/** Whether an answer ended because its tier's context did, and the next one has more of it. */
export function outgrew(
  { choices, usage }: Pick<TextEnd, 'choices' | 'usage'>,
  { maxTokens }: Pick<Generation, 'maxTokens'>,
  { from, to }: { readonly from: RatedTextTier; readonly to: RatedTextTier },
): boolean {
  const isCut = choices.length === 1 && choices[0]!.finishReason === 'length';
  return isCut && usage.outputTokens < maxTokens && to.estimate.contextTokens > from.estimate.contextTokens;
}

/** Choices as they were shown, with how the last tier says they ended. @param finishReason where nobody says */
export function wholeChoices(
  shown: readonly string[],
  end: TextEnd | undefined,
  finishReason: FinishReason,
): readonly TextChoice[] {
  return shown.map((text, i) => {
    const last = end?.choices[i];
    return last ? { ...last, text } : { role: 'assistant', text, toolCalls: [], finishReason };
  });
}

/**
 * Characters at the end of a text that may turn out to be others: half a character, or what a stop string begins with. They
 * are shown once it is known that nobody else goes on, who would begin behind them.
 */
export function uncertainTail(text: string, stops: readonly string[]): number {
  let longest = /\uFFFD*$/.exec(text)![0].length;
  for (const stop of stops) {
    for (let length = Math.min(text.length, stop.length - 1); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  if (longest === 0) return 0;
  // Words begin with the space before them: behind a lone one a model goes on in another way.
  return text.length - text.slice(0, text.length - longest).trimEnd().length;
}
