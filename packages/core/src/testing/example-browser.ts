import type { Model } from '../catalog/schema.js';
import type { DeviceProfile, ProviderProfile } from '../profile/device-profile.js';
import { exampleModel, fakeFile } from './example-catalog.js';
import { exampleProfile } from './example-profile.js';

const wasm: ProviderProfile = {
  id: 'wasm',
  gflops: { fp32: 8, int8: 40, q4: 5 },
  gigabytesPerSecond: 8,
  overheadMs: 0.02,
};
/** A graphics processor that is worth a race: its arithmetic is fast, its calls are not. */
const webgpu: ProviderProfile = {
  id: 'webgpu',
  shaderF16: false,
  gflops: { fp32: 400, int8: 400, q4: 400 },
  gigabytesPerSecond: 60,
  overheadMs: 0.8,
};

/** A browser with WebAssembly and WebGPU, without 16-bit floats in shaders. */
export function exampleBrowserProfile(changes: Partial<DeviceProfile> = {}): DeviceProfile {
  return exampleProfile({
    host: 'browser',
    cpu: { model: 'Example Browser 156', usableCores: 4, features: ['simd128'] },
    storage: { freeBytes: 10 * 2 ** 30, reserveBytes: 0 },
    providers: [wasm, webgpu],
    ...changes,
  });
}

/** The model `base` as it ships: int8 for WebAssembly, q4 for WebGPU as well. */
export const exampleBrowserBase = (): Model =>
  exampleModel({
    id: 'base',
    variants: [
      { dtype: 'int8', providers: ['cpu', 'wasm'], weights: fakeFile('base/int8.onnx', 2 ** 20) },
      { dtype: 'q4', providers: ['cpu', 'wasm', 'webgpu'], weights: fakeFile('base/q4.onnx', 2 ** 19) },
    ],
  });
