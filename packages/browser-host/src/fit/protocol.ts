import type { Calibration } from '@terrace/core';
import type { DeltasPorts, Fitter, FitterProgress } from '@terrace/core/deltas';
import type { Method } from '../calls/messages.js';
import type { EngineSettings } from '../engine/protocol.js';

type Job<N extends 'fitHead' | 'fitFactors'> = Method<
  [Parameters<Fitter[N]>[0]],
  Awaited<ReturnType<Fitter[N]>>,
  FitterProgress
>;

/** As it crosses: whoever listens hears of events. */
type CalibrationJob = Omit<Parameters<DeltasPorts['calibrate']>[0], 'onLadder'>;

/** What the fitter asks of its worker. */
export interface FitCalls {
  /** Comes first: loads ONNX Runtime. @throws EngineError when it is not there */
  readonly start: Method<[EngineSettings], void>;
  readonly fitHead: Job<'fitHead'>;
  readonly fitFactors: Job<'fitFactors'>;
  /** @throws InvalidDataError */
  readonly calibrate: Method<[CalibrationJob], Calibration, FitterProgress>;
}
