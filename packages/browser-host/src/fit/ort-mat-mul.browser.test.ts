import { describeMatMulContract } from '@terrace/core/testing';
import { createCompiledWasm } from '../engine/compiled-wasm.js';
import { startOrt } from '../engine/ort-runtime.js';
import { BUILT_FILES } from '../engine/testing/shipped-model.js';
import { createOrtMatMul } from './ort-mat-mul.js';

describeMatMulContract('the MatMul of browsers', async () => {
  const { wasm: ort } = BUILT_FILES;
  const wasm = await createCompiledWasm()(ort.binary);
  return createOrtMatMul(await startOrt({ provider: 'wasm', ort, wasm, threads: 1 }));
});
