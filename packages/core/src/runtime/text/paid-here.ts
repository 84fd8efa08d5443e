import type { Budget, Meter } from '../../ports/budget.js';
import type { Clock } from '../../ports/clock.js';
import { energyOf } from '../../recommend/estimate.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextAsk, TextSource } from '../../text/text-source.js';

type Pieces = AsyncGenerator<readonly TextPiece[], TextEnd>;

/** A tier of this device whose energy is counted: what it may take at most is reserved before its first token. */
export function paidHere(
  source: TextSource,
  { rung, budget, clock }: { rung: RatedTextTier; budget: Budget; clock: Clock },
): TextSource {
  const { id } = rung.tier;
  return {
    readyInMs: () => source.readyInMs(),
    closed: () => source.closed() ?? (budget.whySpent(id, {}, ['joules']) ? 'cost' : undefined),
    run(ask, signal) {
      const run = source.run(ask, signal);
      const joules = energyOf(longestMs(rung, ask));
      const pay = (paid: (meter: Meter) => Promise<void>): Promise<void> =>
        budget.pay(
          {
            requestId: ask.requestId,
            scope: { key: ask.key, domain: ask.domain, tier: id },
            atMost: { usd: 0, bytes: 0, joules },
            optional: false,
          },
          paid,
        );
      return { spent: () => run.spent(), pieces: whilePaid(run.pieces, pay, clock) };
    },
  };
}

const longestMs = ({ estimate }: RatedTextTier, { generation: { maxTokens } }: TextAsk): number =>
  estimate.firstTokenMs + (1000 * maxTokens) / estimate.tokensPerSecond;

/** @throws BudgetExhaustedError before anything is run */
async function* whilePaid(
  pieces: Pieces,
  pay: (paid: (meter: Meter) => Promise<void>) => Promise<void>,
  clock: Clock,
): Pieces {
  let end: ((busyMs: number) => void) | undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  let settled: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    settled = pay(async (meter) => {
      resolve();
      meter.add({ joules: energyOf(await ended) });
    });
    settled.catch(reject);
  });
  const fromMs = clock.nowMs();
  let busyMs: number | undefined;
  try {
    const last = yield* pieces;
    if (last.timings) busyMs = last.timings.prefillMs + last.timings.decodeMs;
    return last;
  } finally {
    end?.(busyMs ?? clock.nowMs() - fromMs);
    await settled?.catch(() => undefined);
  }
}
