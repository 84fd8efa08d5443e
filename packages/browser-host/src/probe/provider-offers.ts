import type { DeviceProfile } from '@terrace/core';
import type { BrowserProvider } from '../engine/protocol.js';
import { briefly } from './briefly.js';
import type { GpuFinding } from './gpu-adapter.js';
import type { WasmFeatures } from './wasm-features.js';

/** Which of ONNX Runtime Web's providers work here, and why the others do not. */
export interface ProviderOffers {
  readonly offered: readonly BrowserProvider[];
  readonly refused: NonNullable<DeviceProfile['refusedProviders']>;
}

/**
 * Both providers are WebAssembly: without it, or without its SIMD, nothing runs.
 * @param compile a module; throws where the page's policy forbids it
 */
export function offerProviders({
  wasm,
  compile,
  gpu,
  allowSoftwareGpu,
}: {
  readonly wasm: WasmFeatures;
  readonly compile: () => unknown;
  readonly gpu: GpuFinding;
  readonly allowSoftwareGpu: boolean;
}): ProviderOffers {
  const wasmReason = whyNoWasm(wasm, compile);
  const gpuReason = wasmReason === undefined ? whyNoGpu(gpu, allowSoftwareGpu) : 'it needs WebAssembly as well';
  const reasons = { wasm: wasmReason, webgpu: gpuReason };
  return {
    offered: (['wasm', 'webgpu'] as const).filter((id) => reasons[id] === undefined),
    refused: Object.entries(reasons).flatMap(([id, reason]) => (reason === undefined ? [] : [{ id, reason }])),
  };
}

function whyNoWasm({ simd }: WasmFeatures, compile: () => unknown): string | undefined {
  if (!simd) return 'this browser has no WebAssembly with SIMD';
  try {
    compile();
    return undefined;
  } catch (error) {
    return `the page may not compile WebAssembly; a Content-Security-Policy must allow 'wasm-unsafe-eval' (${briefly(error)})`;
  }
}

function whyNoGpu(gpu: GpuFinding, allowSoftwareGpu: boolean): string | undefined {
  if (gpu.kind === 'none') return gpu.reason;
  if (allowSoftwareGpu || !gpu.facts.isSoftware) return undefined;
  return `its adapter computes on the processor (${gpu.description}), where WebAssembly is faster`;
}
