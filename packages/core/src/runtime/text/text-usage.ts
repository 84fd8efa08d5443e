import type { TextUsage } from '../../tasks/text-generation/text-output.js';

const NONE: TextUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

/** Of several runs together. */
export const sumUsage = (usages: readonly TextUsage[]): TextUsage =>
  usages.reduce(
    (sum, { inputTokens, cachedTokens, outputTokens }) => ({
      inputTokens: sum.inputTokens + inputTokens,
      cachedTokens: sum.cachedTokens + cachedTokens,
      outputTokens: sum.outputTokens + outputTokens,
    }),
    NONE,
  );
