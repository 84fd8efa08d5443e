import { energyOf } from '../recommend/estimate.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import type { LocalTier, RemoteTier } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import type { Request } from '../request/parse-request.js';
import { runTier } from '../run/run-tier.js';
import type { FinishedRun } from './records.js';
import type { Spending } from '../remote/spending.js';
import type { Stages } from './stages.js';
import type { TraceEntry } from './trace.js';
import type { RequestBudget, RunMeter } from './request-budget.js';

/** One run of a rung with what the trace says of it. */
export interface RungRun extends FinishedRun {
  readonly events: readonly TraceEntry[];
}

/** Runs the rungs of one request, whoever computes them. */
export interface RungRuns {
  /** Takes up the run that was begun ahead, if there is one. @throws what the run fails with */
  run(rung: RatedTier, signal: AbortSignal | undefined): Promise<RungRun>;
  /**
   * The run of the first rung; once time is up, that of the rung begun ahead if it comes sooner.
   * @throws what the run fails with
   */
  first(rung: RatedTier, signal: AbortSignal | undefined): Promise<RungRun>;
  /** Begins a rung before it is known to be wanted. */
  begin(rung: RatedTier): void;
  /** How long a rung has been under way that was begun ahead; 0 for all others. */
  elapsedMs(rung: RatedTier): number;
  /** Cancels, for real, what was begun and is not needed. */
  cancelAhead(): void;
}

export function createRungRuns({
  request,
  requestId,
  stages: { scheduler, remotes },
  clock,
  deadlineAtMs,
  signal,
  spending,
  canPay,
  purse,
}: {
  request: Request;
  requestId: string;
  stages: Pick<Stages, 'scheduler' | 'remotes'>;
  clock: Clock;
  deadlineAtMs: number;
  signal: AbortSignal | undefined;
  spending: Spending;
  /** Whether one call more to a tier is within what the request may cost. */
  canPay: (rung: RatedTier) => boolean;
  /** Undefined where nobody counts. */
  purse: Pick<RequestBudget, 'pay'> | undefined;
}): RungRuns {
  let ahead:
    | {
        readonly tier: string;
        readonly sinceMs: number;
        readonly work: Promise<RungRun>;
        readonly cancel: () => void;
      }
    | undefined;

  const runHere = async (
    tier: LocalTier,
    estimate: RatedTier['estimate'],
    limited: AbortSignal | undefined,
  ): Promise<RungRun> => {
    const fromMs = clock.nowMs();
    const { provider, predictedMs: expectedRunMs, memoryBytes } = estimate;
    const { testimony, report, waitedMs, warm, batch } = await runTier({
      scheduler,
      tier,
      request,
      load: { provider, expectedRunMs, memoryBytes },
      deadlineAtMs,
      signal: limited,
    });
    const latencyMs = clock.nowMs() - fromMs - (warm ? 0 : waitedMs);
    const { runMs, tokens } = testimony;
    const { bytesRead: bytes, peakMemoryBytes, thread } = report;
    const load: TraceEntry = { kind: 'load', tier: tier.id, durationMs: waitedMs, bytes, peakMemoryBytes, thread };
    const run: TraceEntry = {
      kind: 'run',
      tier: tier.id,
      variant: tier.variant.dtype,
      durationMs: latencyMs,
      waitedMs: warm ? waitedMs : 0,
      runMs,
      tokens,
      batch,
    };
    return {
      testimony,
      latencyMs,
      typical: warm && batch === 1,
      energyJoules: energyOf(runMs),
      events: warm ? [run] : [load, run],
    };
  };

  const askThere = async (
    tier: RemoteTier,
    estimate: RatedTier['estimate'],
    limited: AbortSignal | undefined,
    meter: RunMeter | undefined,
  ): Promise<RungRun> => {
    const { task, text, domain } = request;
    const { answer, tokens, durationMs, calls, redacted } = await remotes.run({
      tier,
      ask: { task, text, domain, requestId },
      expectedMs: estimate.latencyMs,
      signal: limited,
      onCall(cost) {
        spending.add(cost);
        meter?.onCall(cost);
      },
      mayRepeat: () => canPay({ tier, estimate }) && meter?.mayRepeat() !== false,
    });
    const { id, placement, endpoint } = tier;
    const { protocol } = endpoint;
    const call: TraceEntry = { kind: 'call', tier: id, placement, protocol, durationMs, tokens, calls, redacted };
    return {
      testimony: { tier, answer, tokens, textTokens: tokens, unknownTokens: 0, runMs: durationMs },
      latencyMs: durationMs,
      typical: true,
      energyJoules: 0,
      events: [call],
    };
  };

  const start = (rung: RatedTier, limited: AbortSignal | undefined): Promise<RungRun> => {
    const { tier, estimate } = rung;
    const run = (meter?: RunMeter): Promise<RungRun> =>
      tier.kind === 'local' ? runHere(tier, estimate, limited) : askThere(tier, estimate, limited, meter);
    return purse ? purse.pay(rung, limited, run) : run();
  };

  return {
    async run(rung, limited) {
      if (ahead?.tier !== rung.tier.id) return start(rung, limited);
      const { work, cancel } = ahead;
      ahead = undefined;
      limited?.addEventListener('abort', cancel, { once: true });
      return work.finally(() => limited?.removeEventListener('abort', cancel));
    },
    async first(rung, limited) {
      const begun = ahead;
      if (!begun) return start(rung, limited);
      const over = new AbortController();
      const forward = (): void => over.abort(limited?.reason);
      limited?.addEventListener('abort', forward, { once: true });
      const work = start(rung, over.signal);
      const instead = clock
        .sleep(Math.max(0, deadlineAtMs - clock.nowMs()), over.signal)
        .then(() => begun.work)
        .catch(() => work);
      instead.catch(() => undefined);
      try {
        const run = await Promise.race([work, instead]);
        if (run.testimony.tier.id === begun.tier) ahead = undefined;
        return run;
      } finally {
        over.abort();
        limited?.removeEventListener('abort', forward);
      }
    },
    begin(rung) {
      const over = new AbortController();
      const forward = (): void => over.abort(signal?.reason);
      signal?.addEventListener('abort', forward, { once: true });
      const work = start(rung, over.signal).finally(() => signal?.removeEventListener('abort', forward));
      work.catch(() => undefined);
      ahead = { tier: rung.tier.id, sinceMs: clock.nowMs(), work, cancel: () => over.abort() };
    },
    elapsedMs: ({ tier }) => (ahead?.tier === tier.id ? clock.nowMs() - ahead.sinceMs : 0),
    cancelAhead() {
      ahead?.cancel();
      ahead = undefined;
    },
  };
}
