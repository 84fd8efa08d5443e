/**
 * What fits, keeps and learns deltas, and nothing else: a host loads it when somebody first asks for it, and a bundle of
 * the runtime has nothing of it.
 */
export { deltaFactsSchema, type DeltaFacts, type MeasuredShare } from './catalog/delta-facts.js';
export { composeDomains } from './learn/compose-domains.js';
export type { Conflict, ConflictReport } from './delta/compose/conflict-report.js';
export type {
  FactorJob,
  FittedFactors,
  FittedHead,
  Fitter,
  FitterOptions,
  FitterProgress,
  HeadJob,
} from './delta/fit/fitter.js';
export { fitHead } from './delta/fit/fit-head.js';
export { GEMM_GRAPHS } from './delta/fit/gemm-graphs.js';
export { productShape } from './delta/fit/product-shape.js';
export type { Head } from './delta/fit/head.js';
export { applyTextDelta } from './delta/text/apply-text-delta.js';
export { readSafetensors } from './delta/safetensors.js';
export { encodeSafetensors, type StoredType } from './delta/format/encode-safetensors.js';
export { checkData, type CheckedData } from './delta/gate/check-data.js';
export type { DataFinding, DataReport, LabelledText } from './delta/gate/data-report.js';
export { findLabelErrors } from './delta/gate/find-label-errors.js';
export { tellFinding } from './delta/gate/tell-finding.js';
export { comparePaired, type GradedRow } from './delta/promote/compare-paired.js';
export { decide } from './delta/promote/decide.js';
export { exportPeft } from './delta/peft/export-peft.js';
export { importPeft, type ImportedAdapter } from './delta/peft/import-peft.js';
export { trainFactors } from './delta/layers/train-factors.js';
export type { Comparison, MeasuredDifference, PromotionDecision } from './delta/promote/promotion.js';
export { catalogDelta } from './learn/catalog-delta.js';
export { createDeltas } from './learn/create-deltas.js';
export type { DeltasPorts } from './learn/deltas-ports.js';
export { importAdapter, type ImportAsk, type ImportedHead } from './learn/import-adapter.js';
export type {
  ComposeAsk,
  DeltaEvaluation,
  Deltas,
  FitAsk,
  FitProgress,
  FitReport,
  FitStage,
  FittedRung,
} from './learn/deltas.js';
export type { LearnStatus, LearntDomain } from './learn/learn-status.js';
export type { Workshop } from './learn/workshop.js';
export { sequel } from './runtime/sequel.js';
export type { FeatureCache } from './ports/feature-cache.js';
export type { Learning, Observation, TrustAsk } from './ports/learning.js';
export type { AskedText, LabelTally, Lesson, LessonSource, LessonStore } from './ports/lesson-store.js';
export { createLearning, type LearnControl } from './learn/lessons/create-learning.js';
export type { LearnRun } from './learn/lessons/fits.js';
export { hearFeedback, type Heard } from './learn/lessons/hear-feedback.js';
export type { LearningPorts } from './learn/lessons/learning-ports.js';
export { DEFAULT_LEARNING, type LearningSettings } from './learn/lessons/learning-settings.js';
export { LESSONS_A_LABEL } from './learn/lessons/lessons-a-label.js';
export { isPaused, keepPaused } from './learn/lessons/notes.js';
export type { Held, MatMul, Matrix, Transposed } from './ports/mat-mul.js';
export type { PackedDelta, Revision, RevisionDraft, RevisionOrigin, RevisionStore } from './ports/revision-store.js';
export { DeltaConflictError } from './errors/delta-conflict-error.js';
export { UnknownRevisionError } from './errors/unknown-revision-error.js';
