import type { TextChoice, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { TextFeatures, TextSigns } from './text-features.js';

/**
 * What is known of one answer, or of its first tokens.
 * @param pieces of this answer alone
 * @param end undefined of a beginning
 */
export function featuresOf({
  pieces,
  end,
  signs,
}: {
  readonly pieces: readonly Pick<TextPiece, 'logProbs'>[];
  readonly end: Pick<TextChoice, 'finishReason'> | undefined;
  readonly signs: TextSigns;
}): TextFeatures {
  const logProbs = pieces.flatMap((piece) => piece.logProbs);
  const { valid, checked, agreement } = signs;
  return {
    ...(logProbs.length > 0 && ofTokens(logProbs)),
    ...(end && { finished: end.finishReason === 'stop' || end.finishReason === 'tool-calls' ? 1 : 0 }),
    ...(valid !== undefined && { valid: valid ? 1 : 0 }),
    ...(checked !== undefined && { checked }),
    ...(agreement !== undefined && { agreement }),
  };
}

function ofTokens(logProbs: readonly number[]): TextFeatures {
  const sorted = logProbs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return {
    logProbQ10: at(0.1),
    logProbQ50: at(0.5),
    logProbMin: sorted[0]!,
    logProbMean: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
    logProbFirst: logProbs[0]!,
    logTokens: Math.log(1 + sorted.length),
  };
}
