import type { LocalTier, Tier } from '../catalog/tier.js';
import { languagesOf } from '../catalog/tier.js';
import type { Degradation, EscalateInput, Next } from '../escalate/escalate.js';
import { startAhead } from '../escalate/start-ahead.js';
import type { Demand, Evidence, Judgement } from '../judge/judge.js';
import { knowsTokens } from '../judge/language.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import { RequestQueuedError } from '../errors/request-queued-error.js';
import { RuntimeClosedError } from '../errors/runtime-closed-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { DecisionRecord, LedgerEntry } from '../ports/ledger.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import type { Request, RequestInput } from '../request/parse-request.js';
import type { Testimony } from '../run/run-tier.js';
import type { Output } from '../tasks/answer.js';
import { beforeDeadline } from './before-deadline.js';
import { newRequestId } from './request-id.js';
import type { Plan } from './planner.js';
import { createPutOff, isQueued } from './put-off.js';
import { decision, failureEntry, outcomeEntries, type FinishedRun } from './records.js';
import { toOutput, toVerdict, type Result } from './result.js';
import { createRungRuns, type RungRun } from './rung-runs.js';
import { createSpending } from './spending.js';
import { createUsableRungs, noneCanBeAsked, pricedFor } from './usable-rungs.js';
import type { RuntimePorts, Stages } from './stages.js';
import type { TraceEntry, TraceEvent } from './trace.js';

/** What a stream tells while a request is answered. */
export type Step =
  | { readonly kind: 'trace'; readonly event: TraceEvent }
  /** The best answer so far, before it is known to be good enough. */
  | { readonly kind: 'answer'; readonly output: Output; readonly tier: string; readonly confidence: number | undefined }
  | { readonly kind: 'result'; readonly result: Result };

type Steps<T> = AsyncGenerator<Step, T>;

/** Share of accepted answers that is marked for a later check, so that statistics stay unbiased. */
const AUDIT_SHARE = 0.01;

/** Too many requests, or a runtime that is being closed: no reason to do without a tier. */
const saysNothingOfTier = (error: TerraceError): boolean =>
  OverloadedError.isInstance(error) || RuntimeClosedError.isInstance(error);

/**
 * The state of one request: its clock, its trace and what it has tried.
 * @param input the request as it was given: what a queue keeps
 * @param queuedId of a request that waits in the queue; a new one gets an id of its own
 */
export function startRequest({
  input,
  request,
  ports,
  stages,
  signal,
  queuedId,
}: {
  input: RequestInput;
  request: Request;
  ports: Pick<RuntimePorts, 'catalog' | 'clock' | 'random' | 'queue' | 'budget'>;
  stages: Stages;
  signal: AbortSignal | undefined;
  queuedId?: string | undefined;
}) {
  const { clock, random, queue, budget } = ports;
  const requestId = queuedId ?? newRequestId(random);
  const putOff = createPutOff({ input, request, requestId, isAgain: queuedId !== undefined, queue, clock });
  const { loader, planner, recorder, readsScript, remotes } = stages;
  const startMs = clock.nowMs();
  const deadlineAtMs = request.deadlineMs === undefined ? Infinity : startMs + request.deadlineMs;
  const spending = createSpending();
  const usable = createUsableRungs({ request, remotes, budget, spending });
  const { closed, canPay } = usable;
  const rungRuns = createRungRuns({ request, requestId, stages, clock, deadlineAtMs, signal, spending, canPay });
  const trace: TraceEvent[] = [];
  const decisions: DecisionRecord[] = [];
  const runs: FinishedRun[] = [];
  let lastFailure: TerraceError | undefined;
  let newlyBroken = false;
  let late = false;
  let isOver = false;
  let plan: Plan;
  let planned: Plan | undefined;
  let asked: Tier | undefined;

  const note = (entry: TraceEntry): Step => {
    const event = { ...entry, atMs: clock.nowMs() - startMs } as TraceEvent;
    trace.push(event);
    return { kind: 'trace', event };
  };

  async function* makePlan(): Steps<Plan> {
    const fromMs = clock.nowMs();
    signal?.throwIfAborted();
    plan = pricedFor(await planner.plan(request, signal, usable.left()), request);
    planned = plan;
    const ladder = plan.ladder.map(({ tier }) => tier.id);
    const { rejected, catalogRevision, ladderRevision } = plan;
    decisions.push(decision('start', [], ladder[0]!, ladder, undefined));
    yield note({ kind: 'plan', durationMs: clock.nowMs() - fromMs, ladder, rejected, catalogRevision, ladderRevision });
    return plan;
  }

  /** Loads and runs a rung. Undefined when it failed or when the deadline came first. */
  async function* ask(rung: RatedTier, evidence: Evidence | undefined): Steps<Testimony | undefined> {
    asked = rung.tier;
    try {
      if (!evidence) yield* beginAhead(rung);
      const answered = evidence ? inTime(rung, deadlineAtMs) : firstAnswer(rung);
      // Asked while a worker computes, so that it costs the request nothing.
      canRead(rung);
      const outcome = await answered;
      if (!outcome && !evidence) throw isTooLate(rung);
      // An answer of another rung than this came in its place, as time was up.
      late = outcome?.testimony.tier !== rung.tier;
      if (!outcome) return undefined;
      yield* outcome.events.map(note);
      runs.push(outcome);
      const { textTokens, tokens } = outcome.testimony;
      if (textTokens > tokens)
        yield note({
          kind: 'warning',
          message: `${textTokens} tokens were cut to the ${tokens} that ${outcome.testimony.tier.id} reads`,
        });
      return outcome.testimony;
    } catch (error) {
      if (signal?.aborted || !TerraceError.isInstance(error) || saysNothingOfTier(error)) throw error;
      yield* giveUp(rung, error, evidence);
      return undefined;
    }
  }

  const inTime = (rung: RatedTier, untilMs: number): Promise<RungRun | undefined> =>
    untilMs === Infinity
      ? rungRuns.run(rung, signal)
      : beforeDeadline((limited) => rungRuns.run(rung, limited), { deadlineAtMs: untilMs, clock, signal });

  /**
   * Without any answer yet, even a late one is better than none; but where the device can answer as well, another
   * machine is not waited for so long that the device's answer would be late.
   */
  function firstAnswer(rung: RatedTier): Promise<RungRun | undefined> {
    const isHere = (each: RatedTier): boolean => each.tier.kind === 'local' && closed(each) === undefined;
    const spare = rung.tier.kind === 'remote' && deadlineAtMs < Infinity ? plan.ladder.find(isHere) : undefined;
    if (!spare) return rungRuns.first(rung, signal);
    const leftMs = deadlineAtMs - clock.nowMs();
    return inTime(rung, deadlineAtMs - Math.min(leftMs / 2, spare.estimate.p95Ms + loadMsOf(spare)));
  }

  /** Where a climb is likely and would come too late, it begins together with the first rung. */
  function* beginAhead(rung: RatedTier): Generator<Step, void> {
    const { ladder, calibration, certificate } = plan;
    const leftMs = deadlineAtMs - clock.nowMs();
    const { valueUsd, maxRisk } = request;
    // Both are paid for.
    const notBeside = (each: RatedTier) => closed(each) ?? (canPay(each, rung.estimate.costUsd) ? undefined : 'cost');
    const bounded = maxRisk !== undefined;
    const given = { rung, ladder, calibration, certificate, leftMs, valueUsd, loadMsOf, canRead, bounded };
    const next = startAhead({ ...given, closed: notBeside });
    if (!next) return;
    rungRuns.begin(next);
    yield note({ kind: 'hedge', tier: next.tier.id });
  }

  /** One broken tier must not take the request down while another can answer. */
  async function* giveUp({ tier }: RatedTier, error: TerraceError, evidence: Evidence | undefined): Steps<void> {
    lastFailure = error;
    newlyBroken = true;
    if (tier.kind === 'remote') usable.leave(tier, error);
    else giveUpHere(tier, error);
    yield note({ kind: 'failed', tier: tier.id, code: error.code, message: error.message, hint: error.hint });
    const others = plan.ranked.filter((each) => !usable.hasLeft(each.tier));
    if (!evidence && others.length === 0 && !mayWait()) throw error;
  }

  function giveUpHere(tier: LocalTier, error: TerraceError): void {
    // Another provider or variant of the model may be right: the next plan knows that this one is not.
    if (ProviderWrongError.isInstance(error)) return planner.review();
    usable.leave(tier, error);
    planner.avoid(tier.id);
    loader.discard(tier);
  }

  const readable = new Map<readonly string[], boolean>();
  const canRead = ({ tier }: Pick<RatedTier, 'tier'>): boolean => {
    const language = languagesOf(tier);
    const known = readable.get(language) ?? readsScript(request.text, language);
    readable.set(language, known);
    return known;
  };

  /**
   * The lightest rung that can be used.
   * @throws RequestQueuedError when none can and the request may wait; the failure of the last tier when this request
   *   has tried all of them; EndpointUnreachableError when none can be asked
   */
  async function first({ ladder }: Plan): Promise<RatedTier> {
    const rung = ladder.find((each) => closed(each) === undefined);
    if (rung) return rung;
    if (mayWait()) {
      await putOff.add();
      throw isQueued(requestId, lastFailure);
    }
    throw lastFailure ?? noneCanBeAsked(ladder, ladder.map(closed));
  }

  /** Whether the request asks to wait for a better network, and that would help. */
  const mayWait = (): boolean => putOff.isPossible && plan.ladder.some(usable.isAway);

  /** Whether the request waits in the queue; without room there the answer at hand has to do. */
  async function* waitForBetter(degraded: Degradation | undefined): Steps<boolean> {
    if ((degraded !== 'offline' && degraded !== 'tier-failed') || !mayWait()) return false;
    try {
      await putOff.add();
    } catch (error) {
      if (!TerraceError.isInstance(error)) throw error;
      yield note({ kind: 'warning', message: `it does not wait for a better answer: ${error.message}` });
      return false;
    }
    yield note({ kind: 'queued', requestId });
    return true;
  }

  const loadMsOf = (rung: RatedTier): number => {
    if (rung.tier.kind === 'remote') return -rungRuns.elapsedMs(rung);
    return loader.isLoaded(rung.tier) ? 0 : rung.estimate.loadMs;
  };

  /** Whether a rung failed since this was last asked: the plan must then be made anew. */
  function broke(): boolean {
    const answer = newlyBroken;
    newlyBroken = false;
    return answer;
  }

  return {
    first,
    broke,
    plan: makePlan,
    ask,
    fail,

    /** Whoever reads the steps has what it wanted, and went away before the end. */
    leave(): void {
      if (!isOver) fail(undefined, true);
    },

    demand({ certificate }: Plan, { testimonies }: Evidence): Demand {
      const { minConfidence, maxRisk } = request;
      const last = testimonies.at(-1)!;
      return { minConfidence, maxRisk, certificate, readable: canRead(last) && knowsTokens(last) };
    },

    situation({ ladder, calibration }: Plan): Omit<EscalateInput, 'judgement' | 'evidence'> {
      const leftMs = late ? -1 : deadlineAtMs - clock.nowMs();
      const { maxRisk, valueUsd } = request;
      return { ladder, calibration, leftMs, loadMsOf, canRead, closed, valueUsd, bounded: maxRisk !== undefined };
    },

    async *report(judgement: Judgement, next: Next, evidence: Evidence): Steps<void> {
      const { confidence, calibrated } = judgement;
      const { path } = evidence;
      const threshold = plan.certificate?.threshold ?? request.minConfidence;
      const reason = judgement.kind === 'escalate' ? judgement.reason : undefined;
      yield note({ kind: 'judge', path, verdict: judgement.kind, reason, confidence, calibrated, threshold });
      const above = plan.ladder.map(({ tier }) => tier.id).filter((id) => !path.includes(id));
      const chosen = next.kind === 'climb' ? next.rung.tier.id : next.verdict;
      decisions.push(decision('continue', path, chosen, ['accept', ...above], confidence));
      if (next.kind === 'climb') {
        yield note({ kind: 'climb', from: path.at(-1)!, to: chosen, reason: next.reason, gain: next.gain });
        yield {
          kind: 'answer',
          output: toOutput(evidence, { subDomain: request.subDomain }),
          tier: path.at(-1)!,
          confidence,
        };
      } else yield note({ kind: 'stop', reason: next.reason, degraded: next.degraded });
    },

    async *finish(judgement: Judgement, next: Extract<Next, { kind: 'stop' }>, evidence: Evidence): Steps<Result> {
      rungRuns.cancelAhead();
      const { path, testimonies } = evidence;
      const waits = yield* waitForBetter(next.degraded);
      const result: Result = {
        requestId,
        output: toOutput(evidence, { subDomain: request.subDomain }),
        tier: path.at(-1)!,
        placement: testimonies.at(-1)!.tier.placement,
        path,
        confidence: judgement.confidence,
        verdict: withFailures(toVerdict(judgement, next, plan)),
        // As it was given: whoever fuses it with other scores weighs it anew.
        answer: path.length === 1 ? testimonies.at(-1)!.answer : evidence.answer,
        costUsd: spending.costUsd(),
        sentBytes: spending.sentBytes(),
        queued: waits ? requestId : undefined,
        trace,
      };
      const auditProbability = next.verdict === 'accept' ? AUDIT_SHARE : 0;
      const audit = random() < auditProbability;
      const totalMs = clock.nowMs() - startMs;
      isOver = true;
      keep(waits, () =>
        outcomeEntries({
          result,
          request,
          plan,
          decisions,
          runs,
          atWallMs: clock.wallMs(),
          totalMs,
          costUsd: result.costUsd,
          sentBytes: result.sentBytes,
          audit,
          auditProbability,
        }),
      );
      yield { kind: 'result', result };
      return result;
    },
  };

  /** A try to answer what waits leaves no trace where it changed nothing and sent nothing: there may be thousands. */
  function keep(waits: boolean, entries: () => readonly LedgerEntry[]): void {
    if (!(waits && putOff.isAgain && spending.sentBytes() === 0)) recorder.add(...entries());
  }

  /** What ended without a result is kept as well: a ledger of answers alone would flatter the device. */
  function fail(error: unknown, isAborted = signal?.aborted === true): void {
    isOver = true;
    rungRuns.cancelAhead();
    keep(RequestQueuedError.isInstance(error), () =>
      failureEntry({
        requestId,
        request,
        plan: planned,
        catalogRevision: ports.catalog.current().revision,
        decisions,
        runs,
        tier: asked,
        error,
        isAborted,
        atWallMs: clock.wallMs(),
        totalMs: clock.nowMs() - startMs,
        costUsd: spending.costUsd(),
        sentBytes: spending.sentBytes(),
      }),
    );
  }

  /** A rung that broke at the start was gone around: the answer may be right, but the device is not well. */
  function withFailures(verdict: Result['verdict']): Result['verdict'] {
    return verdict.degraded === undefined && (usable.left().size > 0 || plan.weakened)
      ? { ...verdict, degraded: 'tier-failed' }
      : verdict;
  }
}

const isTooLate = ({ tier }: RatedTier): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: `${tier.id} gave no answer while there was time for another tier.`,
    hint: '`terrace tiers` shows how long it takes; a longer deadline waits for it.',
    facts: { endpoint: tier.id, phase: 'answer' },
  });
