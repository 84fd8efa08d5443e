import { describeModelEngineContract } from '@terrace/core/testing';
import { afterAll, beforeAll } from 'vitest';
import { createBrowserEngine } from './browser-engine.js';
import { BUILT_FILES, shippedModel } from './testing/shipped-model.js';

// The browser keeps compiled WebAssembly as long as anybody has it: every test has an engine of its own.
const keeper = createBrowserEngine({ files: BUILT_FILES });
beforeAll(() => keeper.warm('wasm'));
afterAll(() => keeper.close());

describeModelEngineContract('the browser engine with nano on WebAssembly', async () => ({
  engine: createBrowserEngine({ files: BUILT_FILES }),
  ...(await shippedModel('nano', 'q4', 'wasm')),
}));

describeModelEngineContract('the browser engine with base int8 on WebAssembly', async () => ({
  engine: createBrowserEngine({ files: BUILT_FILES }),
  ...(await shippedModel('base', 'int8', 'wasm')),
}));
