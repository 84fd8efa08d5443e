import { describe, expect, it } from 'vitest';
import { findGpu } from './gpu-adapter.js';

interface FakeAdapter {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly features?: readonly string[];
}

/** What a browser whose WebGPU gives this is found to have. */
function found(requestAdapter: () => Promise<unknown>) {
  return findGpu({ navigator: { gpu: { requestAdapter } as unknown as GPU }, isSecureContext: true });
}

const withAdapter = ({ features = [], ...adapter }: FakeAdapter) =>
  found(async () => ({
    features: new Set(features),
    limits: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 27 },
    ...adapter,
  }));

describe('findGpu', () => {
  it('tells vendor, limits and 16-bit floats of an adapter', async () => {
    const info = { vendor: 'intel', architecture: 'gen-12lp', device: '', description: '', isFallbackAdapter: false };
    expect(await withAdapter({ info, features: ['shader-f16'] })).toEqual({
      kind: 'adapter',
      description: 'intel gen-12lp',
      facts: {
        vendor: 'intel',
        architecture: 'gen-12lp',
        isSoftware: false,
        shaderF16: true,
        maxBufferBytes: 2 ** 30,
        maxStorageBufferBytes: 2 ** 27,
      },
    });
  });

  it.each<FakeAdapter>([
    { info: { vendor: 'google', isFallbackAdapter: true } },
    { info: { vendor: 'google', architecture: 'swiftshader' } },
    { info: { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.7, 256 bits)' } },
    { info: { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' } },
    { info: { vendor: 'microsoft', architecture: 'warp' } },
  ])('knows that %o computes on the processor', async (adapter) => {
    expect(await withAdapter(adapter)).toMatchObject({ facts: { isSoftware: true } });
  });

  it('takes an adapter that tells nothing of itself for a real one', async () => {
    expect(await withAdapter({})).toMatchObject({
      description: 'unknown',
      facts: { vendor: 'unknown', architecture: 'unknown', isSoftware: false, shaderF16: false },
    });
  });

  it('field bug 3: WebGPU without an adapter is none', async () => {
    expect(await found(async () => null)).toEqual({
      kind: 'none',
      reason: 'this browser has WebGPU, and no adapter for it here',
    });
  });

  it('says why there is none', async () => {
    expect(await findGpu({ isSecureContext: true })).toMatchObject({ reason: 'this browser has no WebGPU' });
    expect(await findGpu({ isSecureContext: false })).toMatchObject({
      reason: 'WebGPU is there for pages over https only',
    });
    expect(await found(() => Promise.reject(new Error('blocked')))).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('blocked'),
    });
    expect(await found(async () => ({}))).toMatchObject({ kind: 'none' });
  });
});
