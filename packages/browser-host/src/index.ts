export { createBrowserRuntime, type BrowserRuntime, type BrowserRuntimeOptions } from './create-browser-runtime.js';
export { wipe } from './wipe/wipe.js';
export type { StoredThing, Wiped } from './wipe/stored-thing.js';
export { AssetsMissingError } from './assets/assets-missing-error.js';
export { InvalidOptionError } from './page/invalid-option-error.js';
export { TerraceError } from '@terrace/core';
export type {
  AddressedEndpoint,
  CodeEndpoint,
  DeviceProfile,
  EndpointKeys,
  FetchProgress,
  LedgerReport,
  Output,
  OwnPattern,
  Queued,
  QueuedState,
  ReportQuery,
  RequestInput,
  Result,
  RunOptions,
  Step,
  TraceEvent,
  Verdict,
} from '@terrace/core';
export type { BudgetLimit, BudgetPeriod, BudgetScope, BudgetStanding, BudgetUnit } from '@terrace/core/budget';
export type { ExportOptions, Exported } from './bundles/export-bundle.js';
export type { BundleSigner } from './bundles/bundle-signer.js';
export type { ImportOptions, Imported } from './bundles/import-bundle.js';
export type { Feedback } from './worker/protocol.js';
export type {
  ComposeAsk,
  DataFinding,
  DataReport,
  DeltaEvaluation,
  Deltas,
  FitAsk,
  FitProgress,
  FitReport,
  FitStage,
  FittedRung,
  PromotionDecision,
  Revision,
} from '@terrace/core/deltas';
