export { createRuntime } from './runtime.js';
export type { Runtime } from './runtime/runtime-interface.js';
export { lazyText } from './runtime/text/lazy-text.js';
export { withText, type TextFace } from './runtime/text/with-text.js';
export type { PrepareOptions, RunOptions } from './runtime/run-options.js';
export type { RuntimePorts } from './runtime/stages.js';
export { recommendBounded, type BoundedRecommendation } from './runtime/bounded-recommendation.js';
export { cloudReference } from './runtime/cloud-reference.js';
export { readReport, type ReportQuery } from './runtime/read-report.js';
export { feedbackSchema, parseFeedback } from './runtime/feedback.js';
export type { Step } from './runtime/step.js';
export type { Result, Verdict } from './runtime/result.js';
export { createRaces, type RacesModule } from './runtime/races.js';
export { tokensRead } from './runtime/tokens-read.js';
export type { TraceEvent } from './runtime/trace.js';
export { begun, type Begun } from './forms/begun.js';
export { findAllowed, type Finding } from './forms/finding.js';
export { fillForm, freeForm, planForm, type SchemaForm } from './forms/schema-form.js';

export {
  MAX_TEXT_BYTES,
  parseRequest,
  requirementsOf,
  type Request,
  type RequestInput,
  type Requirements,
} from './request/parse-request.js';
export { requestSchema } from './request/request-schema.js';

export {
  fileSchema,
  idSchema,
  sha256Schema,
  type FileRef,
  type ModelTaskId,
  type Placement,
  type TaskId,
} from './catalog/fields.js';
export {
  catalogSchema,
  type Catalog,
  type Delta,
  type Domain,
  type Ladder,
  type Model,
  type Variant,
} from './catalog/schema.js';
export {
  DEFAULT_PROVIDERS,
  deltaManifestSchema,
  modelManifestSchema,
  type DeltaManifest,
  type ModelManifest,
} from './catalog/manifest.js';
export { catalogJsonSchema } from './catalog/json-schema.js';
export { goldenSchema, type Golden } from './catalog/golden.js';
export { filesOf, namedFilesOf, textFilesOf } from './catalog/files-of.js';
export { parseFile, type Parsed } from './catalog/parse.js';
export { contentId } from './catalog/content-id.js';
export { differingTier } from './catalog/differing-tier.js';
export { byWeight, ladderRevision, laddersOf, subDomainsOf } from './catalog/ladders.js';
export { mergeCatalogs, type Stacked } from './catalog/merge-catalogs.js';
export { isPermissive } from './catalog/permissive-licences.js';
export { brokenBundle } from './bundle/broken-bundle.js';
export {
  bundleManifestSchema,
  BUNDLE_MANIFEST,
  MAX_MANIFEST_BYTES,
  BUNDLE_SEAL,
  sealSchema,
  type BundleEntry,
  type BundleManifest,
  type Seal,
} from './bundle/bundle-format.js';
export { calibrationPath, deltaFolder, folderName, modelFolder } from './bundle/bundle-layout.js';
export type { BundleSource } from './bundle/bundle-source.js';
export { requireBundleable } from './bundle/check-manifest.js';
export { chooseContents, type Contents } from './bundle/choose-contents.js';
export { readBundleHead, type BundleHead, type EntryContent } from './bundle/read-bundle-head.js';
export { END_BYTES, paddingOf, tarHeader } from './bundle/tar-header.js';
export { canonicalJson } from './catalog/canonical-json.js';
export {
  endorsementSchema,
  envelopeSchema,
  keyIdOf,
  MAX_ENDORSEMENTS,
  publicKeySchema,
  sha256Hex,
  signedSchema,
  statementBytes,
  type Endorsement,
  type Envelope,
  type Signed,
  type Statement,
} from './catalog/signature.js';
export {
  distrustOf,
  judgeSignature,
  type AcceptedKey,
  type Distrust,
  type SignerVerdict,
  type TrustedKey,
} from './catalog/signer.js';
export {
  calibratedAs,
  candidateTiers,
  labelsOf,
  languagesOf,
  requireDomain,
  tierIdentity,
  variantIdOf,
  variantNameOf,
  type LocalTier,
  type RemoteTier,
  type Tier,
} from './catalog/tier.js';
export { endpointManifestSchema, endpointSchema, type Endpoint, type EndpointManifest } from './catalog/endpoint.js';
export { costOfCall } from './catalog/cost-of-call.js';
export { findLadder } from './catalog/find-ladder.js';
export {
  calibrationSchema,
  type Calibration,
  type GridPoint,
  type LadderCalibration,
  type PathCalibration,
} from './catalog/calibration.js';

export {
  probeGraphs,
  probeShape,
  ratesFromTimings,
  type MeasuredRates,
  type ProbeGraphs,
  type ProbeTimings,
} from './profile/probe-graph.js';
export { deviceProfileSchema, type Crash, type DeviceProfile, type ProviderProfile } from './profile/device-profile.js';
export { recommend, type Recommendation, type RecommendInput } from './recommend/recommend.js';
export { INLINE_LIMIT_MS, predictMemoryBytes, RUNTIME_BYTES } from './recommend/predict.js';
export { isLocalRung, type LocalRung, type RatedTier } from './recommend/choose-ladder.js';
export type { Estimate } from './recommend/estimate.js';
export type { Demotion, Measurement, Rejection } from './recommend/reasons.js';

export { certify, DEFAULT_DELTA, leastAbstention, type Certificate } from './judge/risk-control.js';
export { binomialCdf, lowerBound, proportion, upperBound, type Proportion } from './evaluate/binomial.js';

export { fitCalibration, MIN_ROWS, type CalibrationInput } from './calibrate/fit-calibration.js';
export { fitLadder, type LadderInput } from './calibrate/fit-ladder.js';
export { scoreRows, type Example, type Scored } from './calibrate/score-rows.js';
export { engineDelta, engineModel } from './load/engine-model.js';
export { createSelfTest, type SelfTest } from './load/self-test.js';
export { examineTier, raceTier, type ExaminerModule, type SelfTestAsk } from './load/examine-tier.js';
export { inspectSession } from './load/inspect-session.js';
export { createInOrder, type InOrder } from './run/in-order.js';
export { createScheduler, type Job, type Ran, type Scheduler, type SchedulerLimits } from './run/scheduler.js';
export { SharedWork } from './wait/shared-work.js';
export { waitFor } from './wait/wait-for.js';
export { download } from './download/download.js';
export { FetchFailure } from './download/fetch-failure.js';
export type { FileResponse, OpenFile } from './download/file-response.js';
export type { PartFile } from './download/part-file.js';
export { readSmall, type SmallAnswer } from './download/read-small.js';
export { requireStatus } from './download/require-status.js';
export { isHtmlType, place, webPage } from './download/web-page.js';
export { createLoader, type Lease, type Loader, type LoadEvent } from './load/loader.js';
export { pickRows, type ScoredRows } from './calibrate/scored-rows.js';
export { accuracyOf, ladderEndings, simulateLadder, type Ending } from './calibrate/simulate-ladder.js';

export { argmax, fuseLogProbs, logSoftmax } from './tasks/text-classification/label-scores.js';
export type { ClassificationOutput, EmbeddingOutput, Output } from './tasks/answer.js';

export { expectedCalibrationError, type Graded } from './evaluate/calibration-error.js';
export { bootstrapInterval, type Interval } from './evaluate/bootstrap.js';
export { isFromMemory } from './evaluate/from-memory.js';
export { findDrift, type Drift, type JudgedAnswer } from './evaluate/drift.js';
export type {
  CloudReference,
  FromMemory,
  Latency,
  LedgerReport,
  Part,
  Spent,
  TierShare,
} from './evaluate/ledger-report.js';
export { createLedgerTally, type LedgerTally } from './evaluate/ledger-tally.js';
export { summariseLedger } from './evaluate/report.js';
export { mean, quantile } from './evaluate/summary.js';

export type { CatalogSource } from './ports/catalog-source.js';
export type { Clock } from './ports/clock.js';
export type { DeviceProbe } from './ports/device-probe.js';
export type {
  CacheRecord,
  DecisionRecord,
  FeedbackRecord,
  Ledger,
  LedgerEntry,
  LoadRecord,
  OutcomeRecord,
  ReviewedOutcome,
  RunRecord,
  VariantStatistics,
} from './ports/ledger.js';
export type {
  EngineDelta,
  EngineInput,
  EngineModel,
  EngineOutput,
  EngineSession,
  GraphShape,
  LoadReport,
  ModelEngine,
} from './ports/model-engine.js';
export type { FetchProgress, LocatedFile, LocateOptions, ModelStore, Presence } from './ports/model-store.js';
export type { GoldenSource } from './ports/golden-source.js';
export type {
  Outrun,
  ReferenceProvider,
  SelfTestBasis,
  SelfTestKey,
  SelfTestRecord,
  SelfTestRecords,
  SelfTestVerdict,
} from './ports/self-test-records.js';
export type { Claim, Queue, QueuedRequest, QueuedState } from './ports/queue.js';
export type { Random } from './ports/random.js';
export type { RunningHash, StartHash } from './ports/running-hash.js';

export { TerraceError, type ErrorFacts, type TerraceErrorInit } from './errors/terrace-error.js';
export { ArtifactCorruptError } from './errors/artifact-corrupt-error.js';
export { ArtifactMissingError } from './errors/artifact-missing-error.js';
export { CalibrationMismatchError } from './errors/calibration-mismatch-error.js';
export { DeltaConflictError } from './errors/delta-conflict-error.js';
export { DeltaMismatchError } from './errors/delta-mismatch-error.js';
export { DownloadError } from './errors/download-error.js';
export { EngineError } from './errors/engine-error.js';
export { InfeasibleBudgetError } from './errors/infeasible-budget-error.js';
export { LeaseHeldError } from './errors/lease-held-error.js';
export { UnknownDeploymentError } from './errors/unknown-deployment-error.js';
export { InvalidBundleError } from './errors/invalid-bundle-error.js';
export { InvalidCatalogError } from './errors/invalid-catalog-error.js';
export { InvalidDataError } from './errors/invalid-data-error.js';
export { InvalidRequestError } from './errors/invalid-request-error.js';
export { InvalidSignatureError } from './errors/invalid-signature-error.js';
export { LicenceNotAcceptedError } from './errors/licence-not-accepted-error.js';
export { ModelNotFoundError } from './errors/model-not-found-error.js';
export { NoTierFitsError } from './errors/no-tier-fits-error.js';
export { ProviderWrongError } from './errors/provider-wrong-error.js';
export { runtimeClosed, RuntimeClosedError } from './errors/runtime-closed-error.js';
export { OverloadedError } from './errors/overloaded-error.js';
export { queueRefusals } from './errors/queue-refusals.js';
export { StorageError } from './errors/storage-error.js';
export { UnknownDomainError } from './errors/unknown-domain-error.js';
export { UnknownRevisionError } from './errors/unknown-revision-error.js';
export { UntrustedSignerError } from './errors/untrusted-signer-error.js';
export { EndpointFailedError } from './errors/endpoint-failed-error.js';
export { EndpointOverloadedError } from './errors/endpoint-overloaded-error.js';
export { EndpointRefusedError } from './errors/endpoint-refused-error.js';
export { EndpointUnreachableError } from './errors/endpoint-unreachable-error.js';
export { RemoteAnswerError } from './errors/remote-answer-error.js';
export { RequestQueuedError } from './errors/request-queued-error.js';
export type { Budget } from './ports/budget.js';
export type { EndpointKeys, KeyAsk } from './ports/endpoint-keys.js';
export type { Fetch, HttpReply, HttpRequest } from './ports/fetch.js';
export type { EndpointClient, EndpointDescription, RemoteAsk, RemoteReply } from './remote/endpoint-client.js';
export type { Forwarded, ForwardJob } from './remote/forward.js';
export type { RemoteModule, RemotePorts } from './remote/open-remotes.js';
export { createRemotes, mustRedact, type Remotes } from './remote/remotes.js';
export { domainsIn } from './remote/model-name.js';
export { labelOf } from './tasks/text-classification/label-of.js';
export type { LinkState } from './remote/link.js';
export { createAiSdkClient, type AiSdkModel } from './remote/ai-sdk-client.js';
export { createEndpointClient, type ClientEndpoint } from './remote/create-client.js';
export type { Drained, Queued } from './remote/reconcile.js';
export type { AddressedEndpoint, CodeEndpoint, OwnEndpoint } from './remote/code-endpoint.js';
export { redactionPatternsSchema, type OwnPattern } from './redact/own-patterns.js';
export type { RestoreStream } from './redact/placeholders.js';
export { createRedactor, type Redacted, type RedactedTexts, type Redactor } from './redact/redact.js';
