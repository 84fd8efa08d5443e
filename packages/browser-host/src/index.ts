export { createBrowserRuntime, type BrowserRuntime, type BrowserRuntimeOptions } from './create-browser-runtime.js';
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
export type { Feedback } from './worker/protocol.js';
export type { ExportOptions, Exported } from './bundles/export-bundle.js';
export type { BundleSigner } from './bundles/bundle-signer.js';
export type { ImportOptions, Imported } from './bundles/import-bundle.js';
