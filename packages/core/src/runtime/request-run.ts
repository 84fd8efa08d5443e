import type { Next, EscalateInput } from '../escalate/escalate.js';
import type { Demand, Evidence, Judgement } from '../judge/judge.js';
import { knowsTokens } from '../judge/language.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import { RuntimeClosedError } from '../errors/runtime-closed-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { DecisionRecord } from '../ports/ledger.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import type { Request } from '../request/parse-request.js';
import { runTier, type Testimony } from '../run/run-tier.js';
import type { Output } from '../tasks/answer.js';
import type { Plan } from './planner.js';
import { decision, failureEntry, outcomeEntries, type FinishedRun } from './records.js';
import { toOutput, toVerdict, type Result } from './result.js';
import type { RuntimePorts, Stages } from './stages.js';
import type { TraceEntry, TraceEvent } from './trace.js';

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

/** The state of one request: its clock, its trace and what it has tried. */
export function startRequest({
  request,
  ports,
  stages: { loader, scheduler, planner, recorder, readsScript },
  signal,
}: {
  request: Request;
  ports: Pick<RuntimePorts, 'catalog' | 'clock' | 'random'>;
  stages: Stages;
  signal: AbortSignal | undefined;
}) {
  const { clock, random } = ports;
  const startMs = clock.nowMs();
  const deadlineMs = request.deadlineMs === undefined ? Infinity : startMs + request.deadlineMs;
  const requestId = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const trace: TraceEvent[] = [];
  const decisions: DecisionRecord[] = [];
  const runs: FinishedRun[] = [];
  const failed = new Set<string>();
  let lastFailure: unknown;
  let newlyBroken = false;
  let late = false;
  let plan: Plan;
  let planned: Plan | undefined;
  let asked: RatedTier['tier'] | undefined;

  const note = (entry: TraceEntry): Step => {
    const event = { ...entry, atMs: clock.nowMs() - startMs } as TraceEvent;
    trace.push(event);
    return { kind: 'trace', event };
  };

  async function* makePlan(): Steps<Plan> {
    const fromMs = clock.nowMs();
    signal?.throwIfAborted();
    plan = await planner.plan(request, signal);
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
      // Without any answer yet, even a late one is better than none.
      const answered =
        evidence && deadlineMs < Infinity
          ? beforeDeadline((limited) => loadAndRun(rung, limited))
          : loadAndRun(rung, signal);
      // Asked while a worker computes, so that it costs the request nothing.
      canRead(rung);
      const outcome = await answered;
      if (!outcome) {
        late = true;
        return undefined;
      }
      yield* outcome.events.map(note);
      runs.push(outcome);
      const { textTokens, tokens } = outcome.testimony;
      if (textTokens > tokens)
        yield note({
          kind: 'warning',
          message: `${textTokens} tokens were cut to the ${tokens} that ${rung.tier.id} reads`,
        });
      return outcome.testimony;
    } catch (error) {
      if (signal?.aborted || !TerraceError.isInstance(error) || saysNothingOfTier(error)) throw error;
      yield* giveUp(rung, error, evidence);
      return undefined;
    }
  }

  /** Undefined when time was up first; work that still waits for a worker is then taken back. */
  async function beforeDeadline<T>(start: (limited: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const over = new AbortController();
    const forward = (): void => over.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    const work = start(over.signal);
    work.catch(() => undefined);
    const timeUp = clock.sleep(Math.max(0, deadlineMs - clock.nowMs()), over.signal);
    try {
      return (await Promise.race([work, timeUp.then(() => signal?.throwIfAborted())])) as T | undefined;
    } finally {
      over.abort();
      signal?.removeEventListener('abort', forward);
    }
  }

  async function loadAndRun(
    rung: RatedTier,
    limited: AbortSignal | undefined,
  ): Promise<FinishedRun & { readonly events: TraceEntry[] }> {
    const { tier, estimate } = rung;
    const fromMs = clock.nowMs();
    const { provider, predictedMs: expectedRunMs, memoryBytes } = estimate;
    const { testimony, report, waitedMs, warm, batch } = await runTier({
      scheduler,
      tier,
      request,
      load: { provider, expectedRunMs, memoryBytes },
      deadlineAtMs: deadlineMs,
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
    return { testimony, latencyMs, typical: warm && batch === 1, events: warm ? [run] : [load, run] };
  }

  /** One broken tier must not take the request down while another can answer. */
  async function* giveUp({ tier }: RatedTier, error: TerraceError, evidence: Evidence | undefined): Steps<void> {
    lastFailure = error;
    newlyBroken = true;
    // Another provider or variant of the model may be right: the next plan knows that this one is not.
    if (ProviderWrongError.isInstance(error)) planner.review();
    else {
      failed.add(tier.id);
      planner.avoid(tier.id);
      loader.discard(tier);
    }
    yield note({ kind: 'failed', tier: tier.id, code: error.code, message: error.message, hint: error.hint });
    const others = plan.ranked.filter((each) => !failed.has(each.tier.id));
    if (!evidence && others.length === 0) throw error;
  }

  const readable = new Map<readonly string[], boolean>();
  const canRead = ({ tier }: Pick<RatedTier, 'tier'>): boolean => {
    const { language } = tier.model;
    const known = readable.get(language) ?? readsScript(request.text, language);
    readable.set(language, known);
    return known;
  };

  /** @throws the failure of the last tier when this request has tried all of them */
  function first({ ladder }: Plan): RatedTier {
    const rung = ladder.find(({ tier }) => !failed.has(tier.id));
    if (rung) return rung;
    throw lastFailure;
  }

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

    demand({ certificate }: Plan, { testimonies }: Evidence): Demand {
      const { minConfidence, maxRisk } = request;
      const last = testimonies.at(-1)!;
      return { minConfidence, maxRisk, certificate, readable: canRead(last) && knowsTokens(last) };
    },

    situation({ ladder, calibration }: Plan): Omit<EscalateInput, 'judgement' | 'evidence'> {
      const leftMs = late ? 0 : deadlineMs - clock.nowMs();
      const loadMsOf = ({ tier, estimate }: RatedTier): number => (loader.isLoaded(tier) ? 0 : estimate.loadMs);
      return { ladder, calibration, leftMs, loadMsOf, canRead, failed, bounded: request.maxRisk !== undefined };
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
      const { path, testimonies } = evidence;
      const result: Result = {
        requestId,
        output: toOutput(evidence, { subDomain: request.subDomain }),
        tier: path.at(-1)!,
        placement: testimonies.at(-1)!.tier.placement,
        path,
        confidence: judgement.confidence,
        verdict: withFailures(toVerdict(judgement, next, plan)),
        trace,
      };
      const auditProbability = next.verdict === 'accept' ? AUDIT_SHARE : 0;
      const audit = random() < auditProbability;
      const totalMs = clock.nowMs() - startMs;
      recorder.add(
        ...outcomeEntries({
          result,
          request,
          plan,
          decisions,
          runs,
          atWallMs: clock.wallMs(),
          totalMs,
          audit,
          auditProbability,
        }),
      );
      yield { kind: 'result', result };
      return result;
    },
  };

  /** What ended without a result is kept as well: a ledger of answers alone would flatter the device. */
  function fail(error: unknown): void {
    recorder.add(
      ...failureEntry({
        requestId,
        request,
        plan: planned,
        catalogRevision: ports.catalog.current().revision,
        decisions,
        runs,
        tier: asked,
        error,
        signal,
        atWallMs: clock.wallMs(),
        totalMs: clock.nowMs() - startMs,
      }),
    );
  }

  /** A rung that broke at the start was gone around: the answer may be right, but the device is not well. */
  function withFailures(verdict: Result['verdict']): Result['verdict'] {
    return verdict.degraded === undefined && (failed.size > 0 || plan.weakened)
      ? { ...verdict, degraded: 'tier-failed' }
      : verdict;
  }
}
