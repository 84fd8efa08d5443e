import type { LadderCalibration } from '../catalog/calibration.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { Clock } from '../ports/clock.js';
import type { Ledger } from '../ports/ledger.js';
import type { PipelineInput } from '../ports/pipeline-engine.js';
import type { Random } from '../ports/random.js';
import type { PipelineFacts } from './pipeline-records.js';
import { entriesOf } from './pipeline-records.js';
import type { PipelineResult, PipelineStep } from './pipeline-step.js';
import type { PipelineTier } from './pipeline-tier.js';
import { PipelineWalk } from './pipeline-walk.js';
import { createRunTimes } from './run-times.js';

export interface PipelineLadderPorts {
  /** What the ledger calls it, e.g. `image-classification`. */
  readonly task: string;
  /** Lightest first. */
  readonly tiers: readonly PipelineTier[];
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger?: Pick<Ledger, 'append'>;
  /** For the tiers by their ids; without it a confidence is what the last tier says of itself. */
  readonly calibration?: LadderCalibration;
  /** Rows that the calibration was made with: how far a certificate covers is their share. */
  readonly calibrationRows?: number;
  /** Told when something failed that no input can report. */
  readonly onFailure?: (error: unknown) => void;
}

export interface PipelineRunOptions {
  /** Answers below climb, and abstain at the top; in [0, 1]. */
  readonly minConfidence?: number;
  /** P(wrong | accepted) at most; only a calibrated ladder can keep one. */
  readonly maxRisk?: number;
  /** From here the best answer so far is given; the first tier is waited for. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Pipelines as one ladder: the lightest answers, and what it is not sure of goes up. */
export interface PipelineLadder {
  /** @throws EngineError when no tier answered; InvalidRequestError; the signal's reason */
  run(input: PipelineInput, options?: PipelineRunOptions): Promise<PipelineResult>;
  /** The same while it happens. */
  stream(input: PipelineInput, options?: PipelineRunOptions): AsyncGenerator<PipelineStep, void>;
  /** Lets go of every tier. */
  close(): Promise<void>;
}

/** @throws InvalidRequestError when the ladder is empty or names a tier twice */
export function createPipelineLadder(ports: PipelineLadderPorts): PipelineLadder {
  const { tiers, task, clock, ledger, onFailure } = ports;
  checkTiers(tiers);
  const times = createRunTimes();

  const record = (facts: PipelineFacts): void => {
    ledger?.append(entriesOf(facts)).catch((error: unknown) => onFailure?.(error));
  };

  async function* stream(input: PipelineInput, options: PipelineRunOptions = {}): AsyncGenerator<PipelineStep, void> {
    checkOptions(options);
    const walk = new PipelineWalk({ ...ports, times }, input, options);
    const atWallMs = clock.wallMs();
    let end: PipelineFacts['end'] = { kind: 'aborted', error: undefined };
    try {
      for await (const step of walk.steps()) {
        if (step.kind === 'result') end = step;
        yield step;
      }
    } catch (error) {
      end = { kind: options.signal?.aborted ? 'aborted' : 'failed', error };
      throw error;
    } finally {
      record({ task, atWallMs, end, ...walk.facts() });
    }
  }

  return {
    stream,
    async run(input, options) {
      let result: PipelineResult | undefined;
      for await (const step of stream(input, options)) if (step.kind === 'result') result = step.result;
      return result!;
    },
    async close() {
      await Promise.allSettled(tiers.map((tier) => tier.release()));
    },
  };
}

function checkTiers(tiers: readonly PipelineTier[]): void {
  const ids = tiers.map(({ id }) => id);
  if (ids.length > 0 && new Set(ids).size === ids.length) return;
  throw new InvalidRequestError({
    message: ids.length === 0 ? 'The ladder has no tier.' : 'Two tiers of the ladder have the same id.',
    hint: 'Give every tier an `id` of its own, lightest first.',
    facts: { tiers: ids.join(', ') },
  });
}

function checkOptions({ minConfidence, maxRisk, deadlineMs }: PipelineRunOptions): void {
  for (const [name, value] of Object.entries({ minConfidence, maxRisk })) {
    if (value !== undefined && !(value >= 0 && value <= 1)) throw outOfRange(name, 'a number from 0 to 1');
  }
  if (deadlineMs !== undefined && !(deadlineMs >= 0)) throw outOfRange('deadlineMs', 'a number from 0 up');
}

function outOfRange(name: string, expected: string): InvalidRequestError {
  return new InvalidRequestError({ message: `${name} must be ${expected}.`, hint: 'Leave it out to demand nothing.' });
}
