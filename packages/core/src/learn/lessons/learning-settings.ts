/** When lessons become a candidate, and a candidate what is in force. */
export interface LearningSettings {
  /** New lessons of one sub-domain, or of a domain without any, that are worth a fit. */
  readonly lessons: number;
  /** Lessons of a label that the lightest rung does not know, from which it is worth a fit. */
  readonly lessonsOfNewLabel: number;
  /** Corrections to a label that nobody knows, from which it is one. */
  readonly correctionsOfNewLabel: number;
  /** No request for so long, and a fit may begin. */
  readonly idleMs: number;
  /** From a fit that failed to the next one. */
  readonly retryMs: number;
  /** Share of accepted answers of the first tier that become lessons, so that not all lessons are hard rows. */
  readonly sampleShare: number;
  /** Answers a candidate gives beside what is in force before it may take over. */
  readonly shadowAnswers: number;
  /** How many of them are of labels that are new to it, where there are such labels. */
  readonly shadowNewAnswers: number;
  /** Answers after which a candidate that may not take over is dropped. */
  readonly shadowLimit: number;
  /**
   * How far the low end of its agreement may lie below the accuracy that its calibration saw: at 500 answers the
   * interval alone is wide by two points, and teachers are wrong, too.
   */
  readonly shadowMargin: number;
  /** Share of all accepted answers that may be wrong; without it the domain's own operating point says. */
  readonly maxRisk?: number | undefined;
}

export const DEFAULT_LEARNING: LearningSettings = {
  lessons: 30,
  lessonsOfNewLabel: 8,
  correctionsOfNewLabel: 5,
  idleMs: 5000,
  retryMs: 3_600_000,
  sampleShare: 0.05,
  shadowAnswers: 50,
  shadowNewAnswers: 20,
  shadowLimit: 500,
  shadowMargin: 0.05,
};
