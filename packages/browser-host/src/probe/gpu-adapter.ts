import type { DeviceProfile } from '@terrace/core';
import { briefly } from './briefly.js';
import type { WorkerScope } from './worker-scope.js';

/** What became of asking for a WebGPU adapter. */
export type GpuFinding =
  | { readonly kind: 'adapter'; readonly facts: NonNullable<DeviceProfile['gpu']>; readonly description: string }
  | { readonly kind: 'none'; readonly reason: string };

/** What adapters that compute on the processor call themselves; not every browser says so in a field of its own. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|\bwarp\b|basic render/i;

/**
 * Asks for the adapter that models would run on: that a browser has WebGPU says nothing, as it has it without an
 * adapter as well. Never rejects; it may never resolve, as some drivers do not answer.
 */
export async function findGpu({ navigator: { gpu } = {}, isSecureContext }: WorkerScope): Promise<GpuFinding> {
  if (!gpu) {
    const reason =
      isSecureContext === false ? 'WebGPU is there for pages over https only' : 'this browser has no WebGPU';
    return { kind: 'none', reason };
  }
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter
      ? describe(adapter)
      : { kind: 'none', reason: 'this browser has WebGPU, and no adapter for it here' };
  } catch (error) {
    return { kind: 'none', reason: `the browser gave no WebGPU adapter (${briefly(error)})` };
  }
}

function describe(adapter: GPUAdapter): GpuFinding {
  const { features, limits } = adapter;
  // The first browsers with WebGPU told nothing of an adapter here.
  const info: Partial<GPUAdapterInfo> = adapter.info ?? {};
  const { vendor, architecture, device, description } = info;
  const names = [vendor, architecture, device, description].filter(Boolean).join(' ');
  return {
    kind: 'adapter',
    description: names || 'unknown',
    facts: {
      vendor: vendor || 'unknown',
      architecture: architecture || 'unknown',
      isSoftware: info.isFallbackAdapter === true || SOFTWARE.test(names),
      shaderF16: features.has('shader-f16'),
      maxBufferBytes: limits.maxBufferSize,
      maxStorageBufferBytes: limits.maxStorageBufferBindingSize,
    },
  };
}
