import { EngineError } from '@terrace/core/engine';
import { findGpu } from '../probe/gpu-adapter.js';
import type { WorkerScope } from '../probe/worker-scope.js';

/**
 * Makes sure that WebGPU is more than a name here, before anything is loaded for it.
 * @throws EngineError when there is no adapter, or only one that computes on the processor and that is not wanted
 */
export async function requireGpu(
  scope: WorkerScope,
  { allowSoftware }: { readonly allowSoftware: boolean },
): Promise<void> {
  const gpu = await findGpu(scope);
  if (gpu.kind === 'none') throw unusable(gpu.reason, 'Models run on WebAssembly instead.');
  if (allowSoftware || !gpu.facts.isSoftware) return;
  const why = `its adapter computes on the processor (${gpu.description})`;
  throw unusable(why, 'WebAssembly is faster there; `allowSoftwareGpu` allows it all the same.');
}

const unusable = (why: string, hint: string): EngineError =>
  new EngineError({ message: `WebGPU cannot be used: ${why}.`, hint, facts: { provider: 'webgpu' } });
