import type { Degradation } from '../../escalate/escalate.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { TerraceError } from '../../errors/terrace-error.js';
import type { Clock } from '../../ports/clock.js';
import type { DecisionRecord } from '../../ports/ledger.js';
import type { Generation } from '../../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { WalkBounds } from '../../text/confidence/walk-bounds.js';
import type { RatedTextTier, TextPlan } from '../../text/plan/text-plan.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';
import { applyTemplate } from '../../text/templates/apply-template.js';
import type { TextSource } from '../../text/text-source.js';
import { waitFor } from '../../wait/wait-for.js';
import { saysNothingOfTier } from '../give-up-here.js';
import { decision } from '../records.js';
import { noneCanBeAsked } from '../usable-rungs.js';
import { holding } from './holding.js';
import { outgrew, restOf } from './handover.js';
import { runEvents } from './run-events.js';
import { ShownAnswer } from './shown-answer.js';
import { earlyConfidence, type Assessment } from './text-assessment.js';
import { requireWholeForm, toTextResult, verdictOf, type TextEnding } from './text-ending.js';
import type { TextAccount } from './text-records.js';
import type { TextResult } from './text-result.js';
import { TextJudge } from './text-judge.js';
import { saysOfRequest, TextRungs } from './text-rungs.js';
import type { TextRunOptions } from './text-runtime.js';
import type { TextStep } from './text-step.js';
import { TextTrace } from './text-trace.js';
import { TierRun } from './tier-run.js';

/** A tier that is shown is looked at anew after so many tokens. */
const LOOK_TOKENS = 16;

export interface TextWalkInput {
  readonly request: TextRequest;
  readonly requestId: string;
  readonly plan: () => Promise<TextPlan>;
  readonly sourceOf: (rung: RatedTextTier) => TextSource;
  readonly clock: Clock;
  readonly options: TextRunOptions;
  /** Whether somebody reads the steps: then what was shown is never taken back. */
  readonly listens: boolean;
  readonly bounds: WalkBounds;
  /** Told of a tier that broke, for a reason of its own. */
  readonly onBroken: (rung: RatedTextTier, error: TerraceError) => void;
}

/** What follows an attempt of a tier. */
type Turn = { readonly kind: 'ask'; readonly rung: RatedTextTier } | ({ readonly kind: 'end' } & TextEnding);

/**
 * One request for text on the ladder: which tier is asked, what is shown of it and who goes on. A class, as `RequestRun`
 * is one.
 */
export class TextWalk {
  readonly trace: TextTrace;
  readonly #is: TextWalkInput;
  readonly #startMs: number;
  readonly #deadlineAtMs: number;
  readonly #runs: TierRun[] = [];
  readonly #decisions: DecisionRecord[] = [];
  readonly #shown: ShownAnswer;
  #plan: TextPlan | undefined;
  #rungs!: TextRungs;
  #judge!: TextJudge;
  #firstTokenMs: number | undefined;
  /** A whole answer that nobody has seen and that was climbed away from: better than none. */
  #unseen: Extract<Turn, { kind: 'end' }> | undefined;

  constructor(input: TextWalkInput) {
    const { clock, listens, request } = input;
    this.#is = input;
    this.#startMs = clock.nowMs();
    this.#deadlineAtMs = this.#startMs + (request.deadlineMs ?? Infinity);
    this.#shown = new ShownAnswer(request.generation);
    this.trace = new TextTrace({ passedMs: () => this.#passedMs(), listens });
  }

  get plan(): TextPlan | undefined {
    return this.#plan;
  }

  /** The tier that was asked last. */
  get asked(): RatedTextTier | undefined {
    return this.#runs.at(-1)?.rung;
  }

  account(): TextAccount {
    const { requestId, request, clock, options } = this.#is;
    return {
      requestId,
      key: options.key,
      request,
      runs: this.#runs,
      decisions: this.#decisions,
      firstTokenMs: this.#firstTokenMs,
      totalMs: this.#passedMs(),
      atWallMs: clock.wallMs(),
    };
  }

  /** @throws the signal's reason; NoTierFitsError, EndpointUnreachableError; of the last tier its failure */
  async *steps(): AsyncGenerator<TextStep, TextResult> {
    let rung = await this.#begin();
    for (;;) {
      yield* this.trace.unread();
      const turn = yield* this.#attempt(rung);
      if (turn.kind === 'end') {
        requireWholeForm(turn, this.#is.request.generation.format);
        // A whole answer that was held back.
        if (this.#is.listens && !this.#shown.isBegun) yield* this.#show(turn.run, turn.run.inOrder);
        yield* this.#showRest(turn.run);
        return this.#finish(turn);
      }
      rung = turn.rung;
    }
  }

  /** Ends what is under way, for real. */
  close(): void {
    for (const run of this.#runs) run.close();
  }

  async #begin(): Promise<RatedTextTier> {
    const { request, options, clock } = this.#is;
    options.signal?.throwIfAborted();
    const fromMs = clock.nowMs();
    const plan = (this.#plan = await waitFor(this.#is.plan(), options.signal));
    const { maxCostUsd = Infinity } = request;
    const mayCost = ({ estimate }: RatedTextTier): boolean => this.#costUsd() + estimate.costUsd <= maxCostUsd;
    this.#rungs = new TextRungs({ ...this.#is, ladder: plan.ladder, mayCost });
    const ladder = plan.ladder.map(({ tier }) => tier.id);
    const { rejected, catalogRevision, ladderRevision } = plan;
    const durationMs = clock.nowMs() - fromMs;
    this.trace.note({ kind: 'plan', durationMs, ladder, rejected, catalogRevision, ladderRevision });
    const first = this.#rungs.first();
    const why = plan.ladder.map((rung) => this.#rungs.closed(rung));
    if (!first) throw noneCanBeAsked(plan.ladder, why);
    this.#judge = new TextJudge({
      ...this.#is,
      deadlineAtMs: this.#deadlineAtMs,
      rungs: this.#rungs,
      onSampled: (samples) => void this.#runs.push(samples),
    });
    this.#decisions.push(decision('start', [], first.tier.id, ladder, undefined));
    return first;
  }

  async *#attempt(rung: RatedTextTier): AsyncGenerator<TextStep, Turn> {
    const { listens, request } = this.#is;
    const generation = restOf(request.generation, this.#shown.tokens);
    // Whoever broke had just written the last token that was asked for.
    if (!generation) return this.#cut(this.#runs.at(-1)!, undefined);
    this.#shown.forgetHeld();
    const run = this.#start(rung, generation);
    try {
      const climb = this.#shown.isBegun ? undefined : await this.#hold(run);
      if (climb) return climb;
      yield* this.trace.unread();
      if (listens && !run.end) yield* this.#show(run, run.inOrder);
      for (let lookAt = LOOK_TOKENS; !run.end;) {
        // Never nothing: the first token of all is waited for.
        const hasText = this.#shown.isBegun || run.firstAtMs !== undefined;
        const read = await run.next(hasText ? this.#deadlineAtMs : Infinity);
        if (read === 'late') return this.#late(run);
        if (read.done) break;
        if (!listens) continue;
        yield* this.#show(run, read.value);
        if (run.tokens(0) < lookAt) continue;
        lookAt = run.tokens(0) + LOOK_TOKENS;
        const next = this.#judge.keepsGoing(run) ? undefined : this.#next(rung);
        if (next) return this.#handOver(run, next, 'confidence');
      }
      return await this.#ended(run, run.end!);
    } catch (error) {
      return this.#broke(run, error);
    } finally {
      run.close();
      for (const event of runEvents(run)) this.trace.note(event);
    }
  }

  #start(rung: RatedTextTier, generation: Generation): TierRun {
    const { request, requestId, sourceOf, clock, options } = this.#is;
    const { tier, estimate } = rung;
    const { messages, tools, domain, priority, textBytes } = request;
    const ask = {
      messages: applyTemplate(messages, tier.template),
      tools,
      prefix: this.#shown.texts[0]!,
      chatTemplate: tier.template?.chatTemplate,
      generation,
      priority,
      requestId,
      domain,
      key: options.key,
      expectedMs: estimate.firstTokenMs,
    };
    const run = new TierRun({ rung, source: sourceOf(rung), ask, textBytes, clock, signal: options.signal });
    this.#runs.push(run);
    return run;
  }

  /**
   * Reads the first tokens before any is shown, where that may change what is.
   * @returns what is asked instead, unseen; undefined where this tier goes on
   */
  async #hold(run: TierRun): Promise<Turn | undefined> {
    const { listens, request, clock } = this.#is;
    const { calibration } = run.rung;
    if (!calibration || !this.#judge.holds(run.rung) || !this.#next(run.rung)) return undefined;
    const { firstTokens } = calibration;
    const holdMs = listens ? request.holdMs : Infinity;
    while (!run.end) {
      const { firstAtMs } = run;
      const state = { tokens: run.tokens(0), firstTokens, firstAtMs, nowMs: clock.nowMs() };
      const { untilMs, isDue } = holding({ ...state, holdMs, deadlineAtMs: this.#deadlineAtMs });
      if (isDue) return this.#climbUnseen(run);
      await run.next(untilMs);
    }
    return undefined;
  }

  #climbUnseen(run: TierRun): Turn | undefined {
    const next = this.#next(run.rung);
    if (!next) return undefined;
    const assessment = this.#judge.begun(run, next);
    this.#noteJudgement(run, assessment);
    return assessment.judgement.kind === 'escalate' ? this.#climb(run, next, 'confidence') : undefined;
  }

  *#show(run: TierRun, pieces: readonly TextPiece[]): Generator<TextStep> {
    const { rung } = run;
    for (const piece of pieces) {
      const { choice, logProbs, tokens } = piece;
      const text = this.#shown.add(rung, piece);
      if (this.#firstTokenMs === undefined && text !== '') this.#noteShown(run);
      yield* this.trace.unread();
      yield { kind: 'text', choice, text, tier: rung.tier.id, logProbs, ...(tokens && { tokens }) };
    }
  }

  *#showRest({ rung }: TierRun): Generator<TextStep> {
    for (const step of this.#shown.rest()) yield { kind: 'text', ...step, tier: rung.tier.id, logProbs: [] };
  }

  #noteShown(run: TierRun): void {
    this.#firstTokenMs = this.#passedMs();
    const heldMs = this.#is.clock.nowMs() - run.firstAtMs!;
    const { confidence } = earlyConfidence(run.pieces[0]!, run.rung.calibration);
    this.trace.note({ kind: 'shown', tier: run.rung.tier.id, heldMs, confidence });
  }

  /** A tier came to its end: is that the answer? */
  async #ended(run: TierRun, end: TextEnd): Promise<Turn> {
    const { rung } = run;
    if (end.trimmedMessages > 0) {
      const message = `${end.trimmedMessages} messages of the chat were left out to fit the context of ${rung.tier.id}`;
      this.trace.note({ kind: 'warning', message });
    }
    // Its reader was gone for so long that others had its place.
    if (end.choices.some(({ finishReason }) => finishReason === 'cancelled')) {
      return { ...this.#cut(run, 'deadline'), end };
    }
    const next = this.#next(rung);
    // A bound is certified for answers that were judged, this one as all others.
    if (next && this.#is.request.maxRisk === undefined && outgrew(end, run.ask.generation, { from: rung, to: next })) {
      return this.#shown.isBegun ? this.#handOver(run, next, 'context') : this.#climb(run, next, 'context');
    }
    const assessment = await this.#judge.whole(run, end);
    const { judgement } = assessment;
    this.#noteJudgement(run, assessment);
    const turn = { kind: 'end', run, end, assessment, degraded: undefined } as const;
    if (judgement.kind === 'accept' || this.#shown.isBegun) return turn;
    this.#unseen = turn;
    if (next) return this.#climb(run, next, judgement.reason);
    return { ...turn, degraded: this.#whatWasMissed(rung) };
  }

  /** Time is up: a whole answer that nobody has seen is better than the beginning of another. */
  #late(run: TierRun): Extract<Turn, { kind: 'end' }> {
    const whole = this.#shown.isBegun ? undefined : this.#unseen;
    return whole ? { ...whole, degraded: 'deadline' } : this.#cut(run, 'deadline');
  }

  /** The answer is what there is of it. */
  #cut(run: TierRun, degraded: Degradation | undefined): Extract<Turn, { kind: 'end' }> {
    const text = this.#shown.isBegun ? this.#shown.whole(0) : run.text(0);
    return { kind: 'end', run, end: undefined, assessment: this.#judge.cut(run, text), degraded };
  }

  /**
   * One broken tier must not take the request down while another can answer or go on.
   * @throws the failure where nobody can, and nothing was shown or what was shown had to have a form
   */
  #broke(run: TierRun, error: unknown): Turn {
    const { options, request, onBroken } = this.#is;
    const isOurs = TerraceError.isInstance(error) && !InvalidRequestError.isInstance(error);
    if (options.signal?.aborted || !isOurs || saysNothingOfTier(error)) throw error;
    const { rung } = run;
    const { code, message, hint } = error;
    this.trace.note({ kind: 'failed', tier: rung.tier.id, code, message, hint });
    this.#rungs.leave(rung, error);
    if (!saysOfRequest(error)) onBroken(rung, error);
    if (!this.#shown.isBegun) {
      const next = this.#unseen ? this.#rungs.next(rung, this.#leftMs()) : this.#rungs.spare(rung, Infinity);
      if (next) return this.#climb(run, next, 'failed');
      if (this.#unseen) return { ...this.#unseen, degraded: 'tier-failed' };
      throw error;
    }
    // Of several answers none can be gone on with: they are of one run.
    const next = request.generation.n === 1 ? this.#rungs.spare(rung, this.#leftMs()) : undefined;
    if (next) return this.#handOver(run, next, 'failed');
    if (request.generation.format.kind !== 'text') throw error;
    return this.#cut(run, 'tier-failed');
  }

  #climb({ rung }: TierRun, to: RatedTextTier, reason: string): Turn {
    if (reason !== 'failed') this.#rungs.pass(rung);
    this.trace.note({ kind: 'climb', from: rung.tier.id, to: to.tier.id, reason, gain: undefined });
    return { kind: 'ask', rung: to };
  }

  #handOver({ rung }: TierRun, to: RatedTextTier, reason: 'failed' | 'context' | 'confidence'): Turn {
    const shownCharacters = this.#shown.texts[0]!.length;
    this.trace.note({ kind: 'handover', from: rung.tier.id, to: to.tier.id, reason, shownCharacters });
    return { kind: 'ask', rung: to };
  }

  #noteJudgement({ rung }: TierRun, { judgement }: Assessment): void {
    const path = [...this.#shown.path.map(({ tier }) => tier.id).filter((id) => id !== rung.tier.id), rung.tier.id];
    const { kind, confidence, calibrated } = judgement;
    const reason = judgement.kind === 'escalate' ? judgement.reason : undefined;
    this.trace.note({
      kind: 'judge',
      path,
      verdict: kind,
      reason,
      confidence,
      calibrated,
      threshold: this.#judge.threshold(rung),
    });
    const next = kind === 'escalate' && !this.#shown.isBegun ? this.#next(rung) : undefined;
    const chosen = next?.tier.id ?? (kind === 'accept' ? 'accept' : 'abstain');
    const above = this.#rungs.above(rung).map(({ tier }) => tier.id);
    this.#decisions.push(decision('continue', path, chosen, ['accept', ...above], confidence));
  }

  #finish(turn: Extract<Turn, { kind: 'end' }>): TextResult {
    const { run } = turn;
    const isBounded = this.#is.request.maxRisk !== undefined;
    const ending = { ...turn, degraded: turn.degraded ?? this.#rungs.suffersFrom() };
    const isTop = this.#rungs.above(run.rung).length === 0;
    const verdict = verdictOf(ending, { isTop, isBounded, certificate: this.#judge.certificate(run.rung) });
    this.trace.note({ kind: 'stop', reason: verdict.reason, degraded: verdict.degraded });
    return toTextResult({
      ending,
      texts: this.#shown.isBegun ? this.#shown.texts : run.pieces.map((_, choice) => run.text(choice)),
      path: this.#shown.isBegun ? this.#shown.path : [run.rung],
      verdict,
      account: this.account(),
      trace: this.trace.events,
    });
  }

  #next(rung: RatedTextTier): RatedTextTier | undefined {
    return this.#rungs.next(rung, this.#leftMs());
  }

  /** Why a higher tier that was wanted could not be asked. */
  #whatWasMissed(rung: RatedTextTier): Degradation | undefined {
    if (this.#is.request.maxRisk !== undefined) return undefined;
    const above = this.#rungs.above(rung);
    const why = above.map((each) => this.#rungs.closed(each)).find((each) => each !== undefined);
    return why ?? (above.length > 0 ? 'deadline' : undefined);
  }

  #costUsd(): number {
    return this.#runs.reduce((sum, run) => sum + run.spent().costUsd, 0);
  }

  #passedMs(): number {
    return this.#is.clock.nowMs() - this.#startMs;
  }

  #leftMs(): number {
    return this.#deadlineAtMs - this.#is.clock.nowMs();
  }
}
