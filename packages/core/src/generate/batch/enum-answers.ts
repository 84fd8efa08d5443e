import type { TextJob } from '../../ports/text-engine.js';
import type { Random } from '../../ports/random.js';
import type { TextChoice, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { Caches } from '../graph/text-graph.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import type { EnumScoring } from './enum-scoring.js';
import { unfit } from './sequence.js';

/**
 * What is left to be said of every value that the answer may come to.
 * @throws StructureUnmetError when what stands in front of it begins none of them
 */
export function valuesLeft({ generation, prefix }: Pick<TextJob, 'generation' | 'prefix'>, modelId: string): string[] {
  const { format } = generation;
  const values = format.kind === 'enum' ? format.values.filter((value) => value.startsWith(prefix)) : [];
  if (values.length === 0) throw unfit(modelId);
  return values.map((value) => value.slice(prefix.length));
}

/** The likeliest value, or drawn ones where there is a temperature; each answer with the likelihoods of all values. */
export function enumAnswers<C extends Caches>({
  job,
  scoring,
  tokenizer,
  random,
}: {
  job: TextJob;
  scoring: EnumScoring<C>;
  tokenizer: Pick<ChatTokenizer, 'textOf'>;
  random: Random;
}): readonly [choices: readonly TextChoice[], pieces: readonly TextPiece[]] {
  const { n, temperature, topLogProbs } = job.generation;
  const { values } = scoring;
  const logProbs = scoring.logProbs();
  const labels = values
    .map((value, i) => ({ label: job.prefix + value, logProb: logProbs[i]! }))
    .toSorted((a, b) => b.logProb - a.logProb);
  const choices: TextChoice[] = [];
  const pieces: TextPiece[] = [];
  for (let choice = 0; choice < n; choice++) {
    const value = temperature > 0 ? drawn(logProbs, temperature, random()) : logProbs.indexOf(Math.max(...logProbs));
    const text = values[value]!;
    const tokens = scoring.tokensOf(value);
    choices.push({ role: 'assistant', text, toolCalls: [], finishReason: 'stop', labels });
    pieces.push({
      choice,
      text,
      logProbs: tokens.map(({ logProb }) => logProb),
      ...(topLogProbs !== undefined && {
        tokens: tokens.map(({ token, logProb }) => ({ token: tokenizer.textOf(token), logProb, top: [] })),
      }),
    });
  }
  return [choices, pieces];
}

function drawn(logProbs: readonly number[], temperature: number, draw: number): number {
  const largest = Math.max(...logProbs);
  const weights = logProbs.map((logProb) => Math.exp((logProb - largest) / temperature));
  let left = draw * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  );
}
