export { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
export { createNodeEngine, type NodeEngineOptions } from './engine/node-engine.js';
export { openSqliteLedger } from './ledger/sqlite-ledger.js';
export { createNodeProbe } from './probe/node-probe.js';
export { openModelFolders, shippedModels, type ModelFolder, type ModelFolders } from './store/catalog/model-folders.js';
export { readExamples, type Examples } from './store/files/read-examples.js';
export { readVerified } from './store/files/verified-file.js';
export { systemClock } from './system-clock.js';
