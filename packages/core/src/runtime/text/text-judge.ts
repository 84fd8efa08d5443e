import type { Certificate } from '../../judge/risk-control.js';
import type { Clock } from '../../ports/clock.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import { climbsUnseen, keepsGoing } from '../../text/confidence/early.js';
import { textThreshold } from '../../text/confidence/judge-text.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';
import type { TextSource } from '../../text/text-source.js';
import { waitFor } from '../../wait/wait-for.js';
import { assess, bestOf, earlyConfidence, type Assessment } from './text-assessment.js';
import { countsAgreement, type TextRungs } from './text-rungs.js';
import type { TextRunOptions } from './text-runtime.js';
import { agreementWith, isWorthSampling, startSamples } from './text-samples.js';
import { tokensOf, type TierRun } from './tier-run.js';

/** A tier that is shown is looked at by what it wrote lately, in pieces: a long beginning would hide how it goes on. */
const LATELY = 128;

interface Judging {
  readonly request: TextRequest;
  readonly options: TextRunOptions;
  readonly clock: Clock;
  readonly deadlineAtMs: number;
  readonly sourceOf: (rung: RatedTextTier) => TextSource;
  readonly rungs: TextRungs;
  /** Whether somebody reads the steps. */
  readonly listens: boolean;
  /** Told of a run that draws an answer anew. */
  readonly onSampled: (samples: TierRun) => void;
}

/** What is thought of the answers of one request, begun, whole or cut short. */
export class TextJudge {
  readonly #is: Judging;

  constructor(judging: Judging) {
    this.#is = judging;
  }

  /** What the bound of the request rests on; undefined where there is none. */
  certificate(rung: RatedTextTier): Certificate | undefined {
    return this.#is.rungs.certificate(rung);
  }

  /** Below this an answer of a tier does not meet what is demanded; undefined where nothing is. */
  threshold(rung: RatedTextTier): number | undefined {
    return textThreshold(this.#is.request.minConfidence, this.certificate(rung));
  }

  /** Whether its first tokens are held back, and decided on. */
  holds(rung: RatedTextTier): boolean {
    const { request, rungs } = this.#is;
    if (request.maxRisk !== undefined) return rungs.isHeld(rung);
    return rung.calibration?.early !== undefined && request.holdMs > 0;
  }

  /** Whether an answer that nobody has seen is better begun anew by the next tier. */
  begun({ pieces, rung }: TierRun, next: RatedTextTier): Assessment {
    const { request, rungs, clock, deadlineAtMs } = this.#is;
    const early = earlyConfidence(pieces[0]!, rung.calibration);
    const { estimate } = next;
    // What a bound is certified on leaves a tier for its threshold, and for no gain.
    const calibration = request.maxRisk === undefined ? next.calibration : undefined;
    const climbs = climbsUnseen({
      early,
      threshold: this.threshold(rung),
      valueUsd: request.valueUsd,
      leftMs: deadlineAtMs - clock.nowMs(),
      next: { calibration, firstTokenMs: rungs.firstTokenMs(next), costUsd: estimate.costUsd },
    });
    const { confidence, calibrated } = early;
    const said = { confidence, calibrated };
    const judgement = climbs
      ? ({ kind: 'escalate', reason: 'confidence', ...said } as const)
      : ({ kind: 'accept', ...said } as const);
    return { confidence: early, judgement };
  }

  /** Whether a tier whose text is shown may go on by itself. */
  keepsGoing({ pieces, rung }: TierRun): boolean {
    const threshold = this.threshold(rung);
    // What several tiers wrote together keeps no bound.
    if (threshold === undefined || pieces.length > 1 || this.#is.request.maxRisk !== undefined) return true;
    return keepsGoing(earlyConfidence(pieces[0]!.slice(-LATELY), rung.calibration), threshold);
  }

  /** A whole answer; of several the best. @throws what the caller's check does */
  async whole(run: TierRun, end: TextEnd): Promise<Assessment> {
    const { request, options } = this.#is;
    const { check, signal } = options;
    const agreement = await this.#agreement(run, end);
    const measures = this.#measures(run, agreement);
    const assessments = end.choices.map(async ({ text, finishReason }, i) => {
      const whole = run.ask.prefix + text;
      const checked = check && (await waitFor(Promise.resolve(check(whole, signal)), signal));
      const { format } = request.generation;
      const pieces = run.pieces[i] ?? [];
      return assess({ ...measures, text: whole, pieces, finishReason, format, checked, agreement });
    });
    return bestOf(await Promise.all(assessments));
  }

  /** One that was cut short, of which nothing is claimed. */
  cut(run: TierRun, text: string): Assessment {
    const { format } = this.#is.request.generation;
    const unknown = { calibration: undefined, checked: undefined, agreement: undefined };
    const answer = { text, pieces: run.pieces[0]!, finishReason: 'length', format } as const;
    return assess({ ...this.#measures(run, undefined), ...answer, ...unknown });
  }

  #measures(run: TierRun, agreement: number | undefined) {
    const { rung, ask } = run;
    const { minConfidence, maxRisk } = this.#is.request;
    // What several tiers wrote together was never calibrated.
    const calibration = ask.prefix === '' ? rung.calibration : undefined;
    // Samples that did not come in time leave an answer that was not calibrated either.
    const isKnown = agreement !== undefined || !countsAgreement(rung);
    const certificate = isKnown ? this.certificate(rung) : undefined;
    return { calibration, certificate, begun: this.#begun(run), demand: { minConfidence, maxRisk } };
  }

  /** How sure it was of its first tokens, where the bound counts them; undefined where it was over before. */
  #begun({ rung, pieces }: TierRun): number | undefined {
    const { request, rungs } = this.#is;
    if (request.maxRisk === undefined || !rungs.isHeld(rung)) return undefined;
    const first: TextPiece[] = [];
    let tokens = 0;
    for (const piece of pieces[0]!) {
      if (tokens >= rung.calibration!.firstTokens) break;
      first.push(piece);
      tokens += tokensOf(piece);
    }
    return tokens < rung.calibration!.firstTokens ? undefined : earlyConfidence(first, rung.calibration).confidence;
  }

  async #agreement(run: TierRun, end: TextEnd): Promise<number | undefined> {
    const { listens, request, sourceOf, clock, deadlineAtMs, options, onSampled } = this.#is;
    if (listens || !isWorthSampling(run, deadlineAtMs - clock.nowMs())) return undefined;
    const { signal } = options;
    const { textBytes } = request;
    const samples = startSamples(run, { source: sourceOf(run.rung), textBytes, clock, signal });
    onSampled(samples);
    return agreementWith(end.choices[0]!.text, samples, { deadlineAtMs, signal });
  }
}
