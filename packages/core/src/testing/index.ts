export { describeCatalogSourceContract } from './catalog-source-contract.js';
export { describeClockContract, type ClockUnderTest } from './clock-contract.js';
export { describeDeviceProbeContract } from './device-probe-contract.js';
export {
  describeFetchContract,
  type FetchServer,
  type SeenRequest,
  type ServerAnswer,
  type StartFetchServer,
} from './fetch-contract.js';
export {
  describeLedgerContract,
  feedbackEntry,
  loadEntry,
  outcomeEntry,
  runEntry,
  type OpenedLedger,
} from './ledger-contract.js';
export { describeMatMulContract } from './mat-mul-contract.js';
export { describeModelEngineContract } from './model-engine-contract.js';
export type { EngineUnderTest } from './engine-under-test.js';
export { describeSelfTestRecordsContract, exampleSelfTestRecord } from './self-test-records-contract.js';
export { describeModelStoreContract, type StoreUnderTest } from './model-store-contract.js';

export { createFakeCatalogSource, type FakeCatalogSource } from './fake-catalog-source.js';
export { createFakeClock, type FakeClock } from './fake-clock.js';
export { createFakeFetch, type FakeAnswer, type FakeFetch } from './fake-fetch.js';
export { createFakeDeltasPorts, type FakeDeltasPorts } from './fake-deltas-ports.js';
export { createFakeFitter, type FakeFitter } from './fake-fitter.js';
export { createFakeWorkshop, type FakeWorkshop } from './fake-workshop.js';
export { createFakeDeployment, type FakeDeployment } from './fake-deployment.js';
export { createFakeEngine, type FakeEngine, type FakeModel } from './fake-engine.js';
export { createFakePorts, scoresFor, type FakePorts } from './fake-ports.js';
export { createFakeProbe, type FakeProbe } from './fake-probe.js';
export { createFakeSelfTestRecords } from './fake-self-test-records.js';
export { createFakeStore, fakeLocation, type FakeStore } from './fake-store.js';
export { createPlainMatMul } from './plain-mat-mul.js';
export { createMemoryFeatures } from './memory-features.js';
export { createMemoryLedger } from './memory-ledger.js';
export { createMemoryRevisions, type MemoryRevisions } from './memory-revisions.js';

export { exampleBrowserBase, exampleBrowserProfile } from './example-browser.js';
export { exampleCalibration, exampleGrid, exampleLadder } from './example-calibration.js';
export {
  EXAMPLE_LABELS,
  exampleBase,
  exampleCatalog,
  exampleDelta,
  exampleModel,
  exampleNano,
  fakeFile,
  fakeSha,
} from './example-catalog.js';
export { exampleEndpoint, exampleRemoteTier, exampleTwin } from './example-endpoint.js';
export { exampleProfile } from './example-profile.js';
export { seededRandom } from './seeded-random.js';
export { createMemoryQueue } from './memory-queue.js';
export { describeRevisionStoreContract, type RevisionsUnderTest } from './revision-store-contract.js';
export { examplePackedDelta } from './example-packed-delta.js';
export { describeQueueContract } from './queue-contract.js';
export { createMemoryLessons } from './memory-lessons.js';
export { describeLessonStoreContract, exampleAsked, exampleLesson } from './lesson-store-contract.js';
export { exampleStanding } from './example-standing.js';
export { createMemoryBudgetStore } from '../budget/memory-budget-store.js';
export { describeBudgetStoreContract, type BudgetStoreUnderTest } from './budget-store-contract.js';
export { exhaustiveSolver } from './exhaustive-solver.js';
export { describeMipSolverContract } from './mip-solver-contract.js';
export { createMemoryDeploymentStore, newDeploymentMemory, type DeploymentMemory } from './memory-deployment-store.js';
export {
  describeDeploymentStoreContract,
  exampleDeploymentState,
  exampleReward,
  type DeploymentStoresUnderTest,
} from './deployment-store-contract.js';
export { createFakeTextEngine, type FakeTextEngine } from './fake-text-engine.js';
export { createFakeTextSource, type FakeTextSource } from './fake-text-source.js';
export {
  exampleRemoteTextTier,
  exampleTextCalibration,
  exampleTextModel,
  exampleTextRung,
  exampleTextTier,
} from './example-text-tier.js';
export type { Script, ScriptedRun } from './scripted-text.js';
export { mergeInto } from './merge-into.js';
export { tinyTextModel, type TinyTextModel } from './tiny-text-model.js';
export { plainImage, tinyImageModel, type TinyImageModel } from './tiny-image-model.js';
export { createFakeChatTokenizer, FAKE_TOKENS, FAKE_VOCABULARY } from './fake-chat-tokenizer.js';
export { createFakeTextGraph, type FakeCaches, type FakeTextGraph, type NextToken } from './fake-text-graph.js';
export { describeTextEngineContract, type TextEngineUnderTest } from './text-engine-contract.js';
export { describeVectorIndexContract, randomVectors } from './vector-index-contract.js';
export { TRAPS } from '../cache/guard/traps.js';
export { FURTHER_TRAPS } from '../cache/guard/further-traps.js';
export { UNSEEN_TRAPS } from '../cache/guard/unseen-traps.js';
export { createMemoryResponseCache } from '../cache/memory-response-cache.js';
export { createMemoryDocumentStore } from './memory-document-store.js';
export { describeDocumentStoreContract, exampleChunks, exampleDocument } from './document-store-contract.js';
export {
  describeResponseCacheContract,
  exampleAnswer,
  exampleQuestion,
  type ResponseCacheUnderTest,
} from './response-cache-contract.js';
