/** One question at the semantic cache. Everything but `text` must be the same for two questions to be alike at all. */
export interface SemanticAsk {
  /** sha256 of tenant, task, domain, system prompt, earlier turns, tools, parameters and ladder: never searched across. */
  readonly scope: string;
  /** sha256 of the whole request. */
  readonly key: string;
  readonly task: string;
  readonly domain: string | undefined;
  /** The text, or the last turn of the user. */
  readonly text: string;
}

/** What was found; it goes back with `answered`. */
export type SemanticLook =
  | {
      readonly kind: 'hit';
      /** Of the entry; the store is asked again, as it may be gone. */
      readonly key: string;
      readonly score: number;
      readonly maxWrongHitRate: number;
      /** Drawn for audit: the request is computed all the same, and its caller gets what was computed. */
      readonly audited: boolean;
      readonly auditProbability: number;
      readonly question: Question;
    }
  | {
      readonly kind: 'none';
      readonly reason: 'empty' | 'guard' | 'score' | 'uncertified' | 'withdrawn' | 'loading' | 'late' | 'no-encoder';
      /** What it would have answered with; computed answers are compared with it. */
      readonly candidate: { readonly key: string; readonly score: number } | undefined;
      readonly question: Question | undefined;
      /** Of `late`: the question, once it is embedded. It never rejects. */
      readonly late?: Promise<Question | undefined> | undefined;
    };

/** A question as it is kept: never its text. */
export interface Question {
  /** sha256 of the encoder's weights: vectors of another one say nothing. */
  readonly encoder: string;
  /** Unit length. */
  readonly vector: Float32Array;
  /** Of the lexical guard, keyed hashes. */
  readonly features: readonly string[];
}

/** Answers to questions that are alike, as far as a certificate goes. */
export interface SemanticCache {
  /** @throws the signal's reason and nothing else: what fails is no hit */
  look(ask: SemanticAsk, signal?: AbortSignal): Promise<SemanticLook>;
  /**
   * A question was computed: it is compared with the candidate, and may be found from now on if it was kept.
   * @param answerId what two answers have in common that are the same: a label, or a hash of a text
   */
  answered(ask: SemanticAsk, look: SemanticLook, answer: { readonly answerId: string; readonly kept: boolean }): void;
  /** Entries are gone. */
  forget(keys: readonly string[]): void;
  /** Certifies one kind of question by rows. @throws what `calibratePairs` throws */
  calibrate(calibration: HitCalibration): Promise<SemanticStanding>;
  /** Of every group of questions that has rows. */
  standings(): readonly SemanticStanding[];
  /** Resolves when what was answered so far is durable. @throws StorageError */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Two questions and whether they want the same answer, or one question and its answer. */
export type CalibrationRow =
  | { readonly a: string; readonly b: string; readonly same: boolean }
  | { readonly text: string; readonly label: string };

/** Rows that somebody labelled, and the questions that they are like. */
export interface HitCalibration {
  readonly task: string;
  readonly domain?: string | undefined;
  readonly rows: readonly CalibrationRow[];
  readonly signal?: AbortSignal | undefined;
}

/** How a group of questions stands: one certificate a task, domain, encoder and version of the guard. */
export interface SemanticStanding {
  readonly task: string;
  readonly domain: string | undefined;
  readonly encoder: string;
  readonly state: 'shadow' | 'certified' | 'withdrawn';
  /** Questions that were computed and compared. */
  readonly rows: number;
  /** At how many rows it is tried to certify next; undefined with a certificate. */
  readonly rowsNeeded: number | undefined;
  /** Of audited hits. */
  readonly audits: number;
  readonly wrongAudits: number;
  /** Share of hits that may be wrong by the certificate; undefined without one. */
  readonly maxWrongHitRate: number | undefined;
  /** Clopper-Pearson bound of the certificate; undefined without one. */
  readonly wrongHitUpperBound: number | undefined;
  /** Share of questions that it answers. */
  readonly coverage: number | undefined;
  /** How many questions must be kept before it answers; of labels only, which need their neighbours. */
  readonly entriesNeeded: number | undefined;
  /** Why the certificate before is no more; undefined where there was none, or it was replaced. */
  readonly ended: SemanticEnd | undefined;
}

/** How a certificate ended. */
export interface SemanticEnd {
  /** `audits`: they showed it to be broken. `grown`: it was made among half as many questions. */
  readonly reason: 'audits' | 'grown';
  readonly atWallMs: number;
  readonly audits: number;
  readonly wrongAudits: number;
}
