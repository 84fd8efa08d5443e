import type { Clock } from '../../ports/clock.js';
import { agreementOf } from '../../text/confidence/agreement.js';
import type { TextSource } from '../../text/text-source.js';
import { TierRun } from './tier-run.js';

/** How warm answers are drawn that another is compared with, and how many. */
export const TEMPERATURE = 0.7;
export const SAMPLES = 2;

/** Whether a tier's answers are worth drawing again: its confidence depends on what they say, and there is time. */
export function isWorthSampling(run: TierRun, leftMs: number): boolean {
  const { tier, calibration } = run.rung;
  const counts = calibration?.whole.features.includes('agreement') === true;
  return (
    counts &&
    tier.kind === 'local' &&
    run.ask.generation.n === 1 &&
    SAMPLES * (run.durationMs() - run.spent().loadMs) <= leftMs
  );
}

/** A run that draws the same answer anew, twice. */
export function startSamples(
  { rung, ask }: Pick<TierRun, 'rung' | 'ask'>,
  rest: { source: TextSource; textBytes: number; clock: Clock; signal: AbortSignal | undefined },
): TierRun {
  const seed = ask.generation.seed === undefined ? undefined : ask.generation.seed + 1;
  const generation = { ...ask.generation, n: SAMPLES, temperature: TEMPERATURE, seed, topLogProbs: undefined };
  return new TierRun({ rung, ask: { ...ask, generation }, ...rest });
}

/**
 * Share of the samples that say the same as the answer; undefined where they did not come in time or failed: they are an
 * aid, and the answer is there.
 */
export async function agreementWith(
  text: string,
  samples: TierRun,
  { deadlineAtMs, signal }: { deadlineAtMs: number; signal: AbortSignal | undefined },
): Promise<number | undefined> {
  try {
    while (!samples.end) if ((await samples.next(deadlineAtMs)) === 'late') return undefined;
    return agreementOf([text, ...samples.end.choices.map((choice) => choice.text)]);
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  } finally {
    samples.close();
  }
}
