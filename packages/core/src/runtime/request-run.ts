import type { Tier } from '../catalog/tier.js';
import { languagesOf } from '../catalog/tier.js';
import type { EscalateInput, Next } from '../escalate/escalate.js';
import { startAhead } from '../escalate/start-ahead.js';
import type { Demand, Evidence, Judgement } from '../judge/judge.js';
import { knowsTokens } from '../judge/language.js';
import { RequestQueuedError } from '../errors/request-queued-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { DecisionRecord } from '../ports/ledger.js';
import { isLocalRung, type RatedTier } from '../recommend/choose-ladder.js';
import type { Request, RequestInput } from '../request/parse-request.js';
import type { Testimony } from '../run/run-tier.js';
import type { Output } from '../tasks/answer.js';
import { beforeDeadline } from './before-deadline.js';
import { giveUpHere, saysNothingOfTier } from './give-up-here.js';
import { goOn, type AnswerAgain } from './go-on.js';
import { newRequestId } from '../request/request-id.js';
import { straightTo } from './narrower-domains.js';
import type { Plan } from './planner.js';
import { addBesideAnswer, createPutOff, isQueued, type PutOff } from './put-off.js';
import { decision } from './records.js';
import { RequestPlans } from './request-plans.js';
import { RequestRecords } from './request-records.js';
import type { RequestBudget } from './request-budget.js';
import { RequestTrace } from './request-trace.js';
import { toOutput, toVerdict, type Result } from './result.js';
import { createRungRuns, type RungRun, type RungRuns } from './rung-runs.js';
import { createSpending } from '../remote/spending.js';
import { createUsableRungs, isTooLate, noneCanBeAsked, type UsableRungs } from './usable-rungs.js';
import type { RuntimePorts, Stages } from './stages.js';
import type { Step } from './step.js';

interface Asked {
  /** As it was given: what a queue keeps. */
  readonly input: RequestInput;
  readonly request: Request;
  readonly ports: Pick<
    RuntimePorts,
    'catalog' | 'clock' | 'random' | 'queue' | 'budget' | 'deployment' | 'learning' | 'loadSequel' | 'onFailure'
  >;
  readonly stages: Stages;
  readonly signal: AbortSignal | undefined;
  /** Whether somebody reads the steps. */
  readonly listens: boolean;
  /** Of a request that waits in the queue; a new one gets an id of its own. */
  readonly queuedId?: string | undefined;
  /** Name of the key it came in with. */
  readonly key?: string | undefined;
  /** The id of the request that it follows from. */
  readonly partOf?: string | undefined;
}

/**
 * The state of one request: its clock, its trace and what it has tried.
 *
 * A class, as a generator function within a function is a new one for every request: V8 gives each a hidden class of
 * its own, which takes longer than the step itself and keeps the request in memory until the next full collection.
 */
export class RequestRun {
  readonly trace: RequestTrace;
  readonly #requestId: string;
  readonly #ports: Asked['ports'];
  readonly #stages: Stages;
  readonly #signal: AbortSignal | undefined;
  readonly #startMs: number;
  readonly #deadlineAtMs: number;
  readonly #putOff: PutOff;
  readonly #spending = createSpending();
  readonly #purse: RequestBudget | undefined;
  readonly #usable: UsableRungs;
  readonly #plans: RequestPlans;
  readonly #rungRuns: RungRuns;
  readonly #decisions: DecisionRecord[] = [];
  readonly #records: RequestRecords;
  readonly #readable = new Map<readonly string[], boolean>();
  #lastFailure: TerraceError | undefined;
  #newlyBroken = false;
  #late = false;
  #isOver = false;
  /** The latest one. */
  #planned: Plan | undefined;
  #asked: Tier | undefined;

  constructor({ input, request: parsed, ports, stages, signal, listens, queuedId, key, partOf }: Asked) {
    const { catalog, clock, random, queue, budget, deployment } = ports;
    const request = straightTo(parsed, catalog.current());
    const requestId = queuedId ?? newRequestId(random);
    this.#requestId = requestId;
    this.#ports = ports;
    this.#stages = stages;
    this.#signal = signal;
    this.#startMs = clock.nowMs();
    this.trace = new RequestTrace({ passedMs: () => this.#passedMs(), listens });
    this.#deadlineAtMs = request.deadlineMs === undefined ? Infinity : this.#startMs + request.deadlineMs;
    this.#putOff = createPutOff({ input, request, requestId, key, isAgain: queuedId !== undefined, queue, clock });
    const passedMs = (): number => this.#passedMs();
    const spending = this.#spending;
    const { domain, textBytes } = request;
    const purse = budget?.ofRequest({ requestId: partOf ?? requestId, key, domain, textBytes });
    this.#purse = purse;
    const usable = createUsableRungs({ request, remotes: stages.remotes, purse, spending });
    this.#usable = usable;
    const deadlineAtMs = this.#deadlineAtMs;
    const { planner, recorder } = stages;
    const noted = { requestId, key, decisions: this.#decisions, trace: this.trace };
    const planned = { ...noted, request, planner, signal, usable };
    // What waits may be tried a thousand times before an answer comes of it: it is planned for by itself.
    const plans = deployment && queuedId === undefined ? deployment.plansFor(planned) : new RequestPlans(planned);
    this.#plans = plans;
    this.#records = new RequestRecords({ ...noted, plans, spending, recorder, ports, passedMs });
    const run = { request, requestId, stages, clock, deadlineAtMs, signal, spending };
    this.#rungRuns = createRungRuns({ ...run, canPay: usable.canPay, purse });
  }

  async plan(): Promise<Plan> {
    const fromMs = this.#nowMs();
    this.#signal?.throwIfAborted();
    const plan = await this.#plans.make();
    this.#planned = plan;
    const ladder = plan.ladder.map(({ tier }) => tier.id);
    const { rejected, catalogRevision, ladderRevision } = plan;
    this.#decisions.push(decision('start', [], ladder[0]!, ladder, undefined));
    const durationMs = this.#nowMs() - fromMs;
    this.trace.note({ kind: 'plan', durationMs, ladder, rejected, catalogRevision, ladderRevision });
    return plan;
  }

  /**
   * The lightest rung that can be used.
   * @throws RequestQueuedError when none can and the request may wait; the failure of the last tier when this request
   *   has tried all of them; EndpointUnreachableError when none can be asked
   */
  async first({ ladder }: Plan): Promise<RatedTier> {
    const { closed } = this.#usable;
    const rung = ladder.find((each) => closed(each) === undefined) ?? this.#usable.lastResort(ladder);
    if (rung) return rung;
    if (this.#mayWait()) {
      await this.#putOff.add();
      throw isQueued(this.#requestId, this.#lastFailure);
    }
    throw this.#lastFailure ?? noneCanBeAsked(ladder, ladder.map(closed));
  }

  /** Loads and runs a rung. Undefined when it failed or when the deadline came first. */
  async ask(rung: RatedTier, evidence: Evidence | undefined): Promise<Testimony | undefined> {
    this.#asked = rung.tier;
    try {
      const answered = evidence ? this.#inTime(rung, this.#deadlineAtMs) : this.#firstAnswer(rung);
      // Asked while a worker computes, so that it costs the request nothing.
      this.#canRead(rung);
      const outcome = await answered;
      if (!outcome && !evidence) throw isTooLate(rung);
      // An answer of another rung than this came in its place, as time was up.
      this.#late = outcome?.testimony.tier !== rung.tier;
      if (!outcome) return undefined;
      for (const event of outcome.events) this.trace.note(event);
      this.#records.runs.push(outcome);
      const { tier, textTokens, tokens } = outcome.testimony;
      if (textTokens > tokens) {
        const message = `${textTokens} tokens were cut to the ${tokens} that ${tier.id} reads`;
        this.trace.note({ kind: 'warning', message });
      }
      return outcome.testimony;
    } catch (error) {
      if (this.#signal?.aborted || !TerraceError.isInstance(error) || saysNothingOfTier(error)) throw error;
      this.#giveUp(rung, error);
      // One broken tier must not take the request down while another can answer.
      const isLast = !this.#plans.follows && this.#plan.ranked.every((each) => this.#usable.hasLeft(each.tier));
      if (!evidence && isLast && !this.#mayWait()) throw error;
      return undefined;
    }
  }

  /** Whether a rung failed since this was last asked: the plan must then be made anew. */
  broke(): boolean {
    const answer = this.#newlyBroken;
    this.#newlyBroken = false;
    return answer;
  }

  demand({ certificate, ladderRevision }: Plan, { testimonies }: Evidence): Demand {
    const { domain, minConfidence, maxRisk } = this.#request;
    const last = testimonies.at(-1)!;
    const readable = this.#canRead(last) && knowsTokens(last);
    const { learning } = this.#ports;
    const distrusted =
      domain !== undefined && learning?.distrusts({ domain, tier: last.tier.id, ladderRevision }) === true;
    return { minConfidence, maxRisk, certificate, readable, distrusted };
  }

  situation({ ladder, calibration }: Plan): Omit<EscalateInput, 'judgement' | 'evidence'> {
    const { maxRisk, minConfidence, valueUsd } = this.#request;
    const { closed } = this.#usable;
    return {
      ladder,
      calibration,
      leftMs: this.#late ? -1 : this.#leftMs(),
      loadMsOf: this.#loadMsOf,
      canRead: this.#canRead,
      closed,
      valueUsd,
      bounded: maxRisk !== undefined,
      demanding: (maxRisk ?? minConfidence) !== undefined,
    };
  }

  report(judgement: Judgement, next: Next, evidence: Evidence): void {
    const { certificate, ladder } = this.#plan;
    const { confidence, calibrated } = judgement;
    const { path } = evidence;
    const threshold = certificate?.threshold ?? this.#request.minConfidence;
    const reason = judgement.kind === 'escalate' ? judgement.reason : undefined;
    this.trace.note({ kind: 'judge', path, verdict: judgement.kind, reason, confidence, calibrated, threshold });
    const above = ladder.map(({ tier }) => tier.id).filter((id) => !path.includes(id));
    const chosen = next.kind === 'climb' ? next.rung.tier.id : next.verdict;
    this.#decisions.push(decision('continue', path, chosen, ['accept', ...above], confidence));
    if (next.kind === 'climb') {
      const from = path.at(-1)!;
      this.trace.note({ kind: 'climb', from, to: chosen, reason: next.reason, gain: next.gain });
      this.trace.tell({ kind: 'answer', output: this.#outputOf(evidence), tier: from, confidence });
    } else this.trace.note({ kind: 'stop', reason: next.reason, degraded: next.degraded });
  }

  async finish(judgement: Judgement, next: Extract<Next, { kind: 'stop' }>, evidence: Evidence): Promise<Result> {
    this.#rungRuns.cancelAhead();
    const { path, testimonies } = evidence;
    const last = testimonies.at(-1)!;
    const isOffline = next.degraded === 'offline' || next.degraded === 'tier-failed';
    const waits = isOffline && this.#mayWait() ? await addBesideAnswer(this.#putOff, this.#requestId) : undefined;
    if (waits) this.trace.note(waits);
    const verdict = this.#withFailures(toVerdict(judgement, next, this.#plan));
    const purse = this.#purse;
    const spent = verdict.degraded === 'cost' || purse?.isLastResort(last.tier) ? purse?.spent() : undefined;
    if (spent) this.trace.note({ kind: 'budget', ...spent });
    const result: Result = {
      requestId: this.#requestId,
      output: this.#outputOf(evidence),
      tier: path.at(-1)!,
      placement: last.tier.placement,
      path,
      confidence: judgement.confidence,
      verdict,
      // As it was given: whoever fuses it with other scores weighs it anew.
      answer: path.length === 1 ? last.answer : evidence.answer,
      costUsd: this.#spending.costUsd(),
      sentBytes: this.#spending.sentBytes(),
      queued: waits?.kind === 'queued' ? this.#requestId : undefined,
      trace: this.trace.events,
    };
    this.#keepOutcome(result);
    this.#stages.races?.consider(this.#plan, path);
    return result;
  }

  /** What follows from the answer, where anything does. @param stream answers the request in another domain */
  sequel(outer: Result, evidence: Evidence, stream: AnswerAgain): AsyncGenerator<Step, Result> | undefined {
    const asked = { ports: this.#ports, request: this.#request, plan: this.#plan, signal: this.#signal };
    return goOn({ ...asked, outer, evidence, leftMs: this.#leftMs(), stream, note: this.trace.step });
  }

  /** What ended without a result is kept as well: a ledger of answers alone would flatter the device. */
  fail(error: unknown, isAborted = this.#signal?.aborted === true): void {
    // Its answer is kept already, and only what followed from it was given up.
    if (this.#isOver) return;
    this.#isOver = true;
    this.#rungRuns.cancelAhead();
    if (this.#leavesNoTrace(RequestQueuedError.isInstance(error))) return;
    this.#records.failed(this.#planned, this.#asked, error, isAborted);
  }

  /** Whoever reads the steps has what it wanted, and went away before the end. */
  leave(): void {
    this.fail(undefined, true);
  }

  readonly #canRead = ({ tier }: Pick<RatedTier, 'tier'>): boolean => {
    const language = languagesOf(tier);
    const known = this.#readable.get(language) ?? this.#stages.readsScript(this.#request.text, language);
    this.#readable.set(language, known);
    return known;
  };

  readonly #loadMsOf = (rung: RatedTier): number => {
    if (rung.tier.kind === 'remote') return -this.#rungRuns.elapsedMs(rung);
    return this.#stages.loader.isLoaded(rung.tier) ? 0 : rung.estimate.loadMs;
  };

  get #request(): Request {
    return this.#plans.request;
  }

  get #plan(): Plan {
    return this.#planned!;
  }

  #nowMs(): number {
    return this.#ports.clock.nowMs();
  }

  #passedMs(): number {
    return this.#nowMs() - this.#startMs;
  }

  #leftMs(): number {
    // Without a deadline no clock is looked at: in a page each look takes a microsecond.
    return this.#deadlineAtMs === Infinity ? Infinity : this.#deadlineAtMs - this.#nowMs();
  }

  #inTime(rung: RatedTier, deadlineAtMs: number): Promise<RungRun | undefined> {
    const signal = this.#signal;
    if (deadlineAtMs === Infinity) return this.#rungRuns.run(rung, signal);
    const { clock } = this.#ports;
    return beforeDeadline((limited) => this.#rungRuns.run(rung, limited), { deadlineAtMs, clock, signal });
  }

  /**
   * Without any answer yet, even a late one is better than none; but where the device can answer as well, another
   * machine is not waited for so long that the device's answer would be late.
   */
  #firstAnswer(rung: RatedTier): Promise<RungRun | undefined> {
    const { closed } = this.#usable;
    const isHere = (each: RatedTier): boolean => each.tier.kind === 'local' && closed(each) === undefined;
    const mayBeLate = rung.tier.kind === 'remote' && this.#deadlineAtMs < Infinity;
    const spare = mayBeLate ? this.#plan.ladder.find(isHere) : undefined;
    if (!spare) return this.#rungRuns.first(rung, this.#signal);
    const spareMs = Math.min(this.#leftMs() / 2, spare.estimate.p95Ms + this.#loadMsOf(spare));
    return this.#inTime(rung, this.#deadlineAtMs - spareMs);
  }

  /** Where a climb is likely and would come too late, it begins together with the first rung. */
  beginAhead(rung: RatedTier): void {
    const { ladder, calibration, certificate } = this.#plan;
    const { valueUsd, maxRisk } = this.#request;
    const { closed, canPay } = this.#usable;
    const next = startAhead({
      rung,
      ladder,
      calibration,
      certificate,
      leftMs: this.#leftMs(),
      valueUsd,
      loadMsOf: this.#loadMsOf,
      canRead: this.#canRead,
      bounded: maxRisk !== undefined,
      // Both are paid for.
      closed: (each) => closed(each) ?? (canPay(each, rung.estimate.costUsd) ? undefined : 'cost'),
    });
    if (!next) return;
    this.#rungRuns.begin(next);
    this.trace.note({ kind: 'hedge', tier: next.tier.id });
  }

  #giveUp(rung: RatedTier, error: TerraceError): void {
    const { tier } = rung;
    this.#lastFailure = error;
    this.#newlyBroken = true;
    const isRefused = this.#purse?.refused(tier, error) === true;
    if (!isRefused && !(isLocalRung(rung) && giveUpHere(rung, error, this.#stages))) this.#usable.leave(tier, error);
    const { code, message, hint } = error;
    this.trace.note({ kind: 'failed', tier: tier.id, code, message, hint });
  }

  /** Whether the request asks to wait for a better network, and that would help. */
  #mayWait(): boolean {
    return this.#putOff.isPossible && this.#plan.ladder.some(this.#usable.isAway);
  }

  #outputOf(evidence: Evidence): Output {
    return toOutput(evidence, { subDomain: this.#request.subDomain });
  }

  #keepOutcome(result: Result): void {
    this.#isOver = true;
    if (!this.#leavesNoTrace(result.queued !== undefined)) this.#records.answered(result, this.#plan);
  }

  /** A try to answer what waits leaves no trace where it changed nothing and sent nothing: there may be thousands. */
  #leavesNoTrace(waits: boolean): boolean {
    return waits && this.#putOff.isAgain && this.#spending.sentBytes() === 0;
  }

  /** A rung that broke at the start was gone around: the answer may be right, but the device is not well. */
  #withFailures(verdict: Result['verdict']): Result['verdict'] {
    const why = verdict.degraded ?? this.#usable.suffersFrom() ?? this.#plans.offRoute;
    const degraded = why ?? (this.#plan.weakened ? 'tier-failed' : undefined);
    return degraded === verdict.degraded ? verdict : { ...verdict, degraded };
  }
}
