import type { Calibration, fitCalibration } from '@terrace/core';
import type { FactorJob, FittedFactors, FittedHead, FitterProgress, HeadJob } from '@terrace/core/deltas';

/** As it crosses: progress comes as messages. */
type CalibrationJob = Omit<Parameters<typeof fitCalibration>[0], 'onLadder'>;

/** What the thread that fits can be asked, one at a time. Arguments and results are copied. */
export interface FitWork {
  fitHead(job: HeadJob): Promise<FittedHead>;
  fitFactors(job: FactorJob): Promise<FittedFactors | undefined>;
  calibrate(job: CalibrationJob): Promise<Calibration>;
  /** Ends what is under way as soon as it looks. */
  stop(): Promise<void>;
}

/** Beside the answers to calls. */
export interface FitProgressMessage {
  readonly progress: FitterProgress;
}
