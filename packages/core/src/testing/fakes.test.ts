import {
  createFakeCatalogSource,
  createFakeClock,
  createFakeEngine,
  createFakeProbe,
  createFakeStore,
  describeCatalogSourceContract,
  describeClockContract,
  describeDeviceProbeContract,
  describeModelEngineContract,
  describeModelStoreContract,
  exampleCalibration,
  exampleCatalog,
  fakeFile,
  fakeLocation,
  fakeSha,
} from './index.js';

const located = (path: string) => ({ ...fakeFile(path), location: fakeLocation(fakeSha(path)) });

describeModelEngineContract('the fake engine', () => ({
  engine: createFakeEngine(),
  model: {
    variantId: fakeSha('weights.onnx'),
    modelId: 'nano',
    provider: 'cpu',
    batchSensitive: false,
    weights: located('weights.onnx'),
    tokenizer: located('tokenizer.json'),
    tokenizerConfig: undefined,
    graph: { interface: 'terrace', layers: 0, hidden: 2, features: 6 },
    contextTokens: 512,
    expectedRunMs: 0.1,
  },
  delta: { deltaId: fakeSha('delta'), rank: 0, labelCount: 5, head: located('head.safetensors'), adapter: undefined },
}));

describeModelStoreContract('the fake store', () => ({
  store: createFakeStore({ missing: ['gone.onnx'], fetchable: ['far.onnx'] }),
  present: fakeFile('here.onnx'),
  absent: fakeFile('gone.onnx'),
  remote: fakeFile('far.onnx'),
}));

describeClockContract('the fake clock', () => {
  const clock = createFakeClock();
  return { clock, advance: clock.advance };
});

describeCatalogSourceContract('the fake catalog source', () => {
  const catalog = exampleCatalog();
  return createFakeCatalogSource(catalog, exampleCalibration(catalog));
});

describeDeviceProbeContract('the fake probe', () => createFakeProbe());
