import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import { judge, type Demand, type Judgement } from '../judge/judge.js';
import { certify, type Certificate } from '../judge/risk-control.js';
import type { PipelineInput } from '../ports/pipeline-engine.js';
import { newRequestId } from '../request/request-id.js';
import { nextRung, type NextRung } from './next-rung.js';
import { addAnswer, type PipelineEvidence } from './pipeline-evidence.js';
import type { PipelineLadderPorts, PipelineRunOptions } from './pipeline-ladder.js';
import type { PipelineFacts } from './pipeline-records.js';
import type { PipelineResult, PipelineStep, PipelineTraceEntry, PipelineTraceEvent } from './pipeline-step.js';
import type { PipelineTestimony, PipelineTier } from './pipeline-tier.js';
import type { RunTimes } from './run-times.js';

/** One input on its way up a ladder. */
export class PipelineWalk {
  readonly #ports: PipelineLadderPorts & { readonly times: RunTimes };
  readonly #input: PipelineInput;
  readonly #options: PipelineRunOptions;
  readonly #beganMs: number;
  readonly #requestId: string;
  readonly #certificate: Certificate | undefined;
  readonly #trace: PipelineTraceEvent[] = [];
  readonly #runs: { readonly tier: PipelineTier; readonly durationMs: number }[] = [];
  readonly #failed = new Set<string>();
  #costUsd = 0;

  constructor(
    ports: PipelineLadderPorts & { readonly times: RunTimes },
    input: PipelineInput,
    options: PipelineRunOptions,
  ) {
    this.#ports = ports;
    this.#input = input;
    this.#options = options;
    this.#beganMs = ports.clock.nowMs();
    this.#requestId = newRequestId(ports.random);
    const { calibration, calibrationRows } = ports;
    const { maxRisk } = options;
    this.#certificate =
      calibration && calibrationRows !== undefined && maxRisk !== undefined
        ? certify({ grid: calibration.grid, rows: calibrationRows, maxRisk })
        : undefined;
  }

  /** What it took so far. */
  facts(): Pick<PipelineFacts, 'requestId' | 'totalMs' | 'costUsd' | 'runs'> {
    return { requestId: this.#requestId, totalMs: this.#elapsedMs(), costUsd: this.#costUsd, runs: this.#runs };
  }

  async *steps(): AsyncGenerator<PipelineStep, void> {
    const { tiers, calibration } = this.#ports;
    yield this.#told({ kind: 'plan', ladder: tiers.map(({ id }) => id) });
    let evidence: PipelineEvidence | undefined;
    let judgement: Judgement | undefined;
    let lastError: unknown;
    let tier: PipelineTier | undefined = tiers[0];
    for (;;) {
      if (!tier) throw lastError;
      const heard = await this.#ask(tier, evidence !== undefined);
      if (heard.kind === 'answer') {
        const { testimony, durationMs } = heard;
        yield this.#told({ kind: 'run', tier: tier.id, placement: tier.placement, durationMs });
        evidence = addAnswer(evidence, { tier, ...testimony }, calibration);
        judgement = judge(evidence, this.#demand());
        yield this.#judged(evidence, judgement);
        yield { kind: 'answer', answer: evidence.answer, tier: tier.id, confidence: judgement.confidence };
      } else if (heard.kind === 'failed') {
        lastError = heard.error;
        this.#failed.add(tier.id);
        yield this.#told({ kind: 'failed', tier: tier.id, ...inWords(heard.error) });
      }
      if (!evidence || !judgement) {
        tier = tiers.find(({ id }) => !this.#failed.has(id));
        continue;
      }
      const next = this.#next(evidence, judgement);
      if (next.kind === 'stop') {
        yield this.#told({ kind: 'stop', reason: next.reason, degraded: next.degraded });
        yield { kind: 'result', result: this.#result(evidence, judgement, next) };
        return;
      }
      const { id } = evidence.heard.at(-1)!.tier;
      yield this.#told({ kind: 'climb', from: id, to: next.tier.id, reason: next.reason, gain: next.gain });
      tier = next.tier;
    }
  }

  /** Asks one tier; with an answer in hand, no longer than the deadline. */
  async #ask(tier: PipelineTier, hasAnswer: boolean): Promise<Heard> {
    const { clock, times } = this.#ports;
    const control = new AbortController();
    const onAbort = (): void => control.abort(this.#options.signal?.reason);
    this.#options.signal?.throwIfAborted();
    this.#options.signal?.addEventListener('abort', onAbort, { once: true });
    const startedMs = clock.nowMs();
    const asked = tier.run(this.#input, control.signal).then(
      (testimony): Heard => ({ kind: 'answer', testimony, durationMs: clock.nowMs() - startedMs }),
      (error: unknown): Heard => ({ kind: 'failed', error }),
    );
    try {
      const leftMs = this.#leftMs();
      const late = async (): Promise<Heard> => {
        await clock.sleep(Math.max(0, leftMs), control.signal);
        return { kind: 'late' };
      };
      const heard = await (hasAnswer && Number.isFinite(leftMs) ? Promise.race([asked, late()]) : asked);
      this.#options.signal?.throwIfAborted();
      // Nobody else would read an input better that cannot be read at all.
      if (heard.kind === 'failed' && InvalidRequestError.isInstance(heard.error)) throw heard.error;
      if (heard.kind === 'answer') times.add(tier.id, heard.durationMs);
      this.#costUsd += tier.costUsd;
      this.#runs.push({ tier, durationMs: clock.nowMs() - startedMs });
      return heard;
    } finally {
      this.#options.signal?.removeEventListener('abort', onAbort);
      control.abort(new Error('it is no longer waited for'));
    }
  }

  #next(evidence: PipelineEvidence, judgement: Judgement): NextRung {
    const { tiers, calibration, times } = this.#ports;
    const at = tiers.indexOf(evidence.heard.at(-1)!.tier);
    return nextRung({
      judgement,
      evidence,
      above: tiers.slice(at + 1),
      failed: this.#failed,
      calibration,
      bounded: this.#options.maxRisk !== undefined,
      leftMs: this.#leftMs(),
      msOf: ({ id }) => times.msOf(id),
    });
  }

  #demand(): Demand {
    const { minConfidence, maxRisk } = this.#options;
    return { minConfidence, maxRisk, certificate: this.#certificate, readable: true, distrusted: false };
  }

  #result(
    { answer, path, heard }: PipelineEvidence,
    { confidence, calibrated }: Judgement,
    { verdict, reason, degraded }: Extract<NextRung, { kind: 'stop' }>,
  ): PipelineResult {
    const { tier, output } = heard.at(-1)!;
    const distribution =
      answer.kind === 'scores'
        ? answer.labels
            .map((label, at) => ({ label, score: Math.exp(answer.logProbs[at]!) }))
            .toSorted((a, b) => b.score - a.score)
        : [];
    // The bound was certified for whole walks up the ladder; a walk cut short is another policy.
    const certificate = calibrated && degraded === undefined ? this.#certificate : undefined;
    return {
      requestId: this.#requestId,
      label: answer.kind === 'label' ? answer.label : distribution[0]?.label,
      distribution,
      answer,
      output,
      tier: tier.id,
      placement: tier.placement,
      path,
      confidence,
      verdict: { kind: verdict, reason, calibrated, certificate, degraded },
      costUsd: this.#costUsd,
      trace: this.#trace,
    };
  }

  #judged({ path }: PipelineEvidence, judgement: Judgement): PipelineStep {
    const { kind: verdict, confidence, calibrated } = judgement;
    const reason = judgement.kind === 'escalate' ? judgement.reason : undefined;
    return this.#told({ kind: 'judge', path, verdict, reason, confidence, calibrated });
  }

  #told(entry: PipelineTraceEntry): PipelineStep {
    const event = { atMs: this.#elapsedMs(), ...entry };
    this.#trace.push(event);
    return { kind: 'trace', event };
  }

  #elapsedMs(): number {
    return this.#ports.clock.nowMs() - this.#beganMs;
  }

  #leftMs(): number {
    return (this.#options.deadlineMs ?? Infinity) - this.#elapsedMs();
  }
}

type Heard =
  | { readonly kind: 'answer'; readonly testimony: PipelineTestimony; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The deadline came first. */
  | { readonly kind: 'late' };

function inWords(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: TerraceError.isInstance(error) ? error.code : 'FAILED', message };
}
