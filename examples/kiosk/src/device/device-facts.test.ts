import type { DeviceProfile } from '@terrace/browser-host';
import { describe, expect, it } from 'vitest';
import { createFormat } from '../i18n/format.js';
import { EN } from '../i18n/en.js';
import { deviceFacts, whyRefused } from './device-facts.js';

const profile: DeviceProfile = {
  host: 'browser',
  os: 'Linux',
  cpu: { model: 'unknown', usableCores: 2, features: ['simd128'] },
  memory: { totalBytes: 8e9, usableBytes: 4e9, basis: 'half' },
  storage: { freeBytes: 12e9, reserveBytes: 0, persisted: true },
  power: { source: 'battery', batteryLevel: 0.8 },
  thermal: 'unknown',
  network: 'online',
  browser: { name: 'Chromium', version: '150', isMobile: false },
  wasm: { simd: true, threads: false },
  providers: [],
};
const facts = (changes: Partial<DeviceProfile> = {}) =>
  Object.fromEntries(deviceFacts({ ...profile, ...changes }, { texts: EN, format: createFormat('en') }));

describe('the device in words', () => {
  it('tells what was measured', () => {
    expect(facts()).toEqual({
      Browser: 'Chromium 150, Linux',
      'Processor cores': '2',
      'Memory for models': '4 GB',
      'Storage left': '12 GB (kept for good)',
      Power: 'battery 80%',
      Network: 'online',
      WebAssembly: 'vector instructions',
      Graphics: 'none that can be used',
    });
  });

  it('says in the language of the page why something is refused', () => {
    const wasm = { simd: true, threads: false };
    const limits = { shaderF16: false, maxBufferBytes: 1, maxStorageBufferBytes: 1 };
    const gpu = { vendor: 'intel', architecture: 'xe', isSoftware: false, ...limits };
    expect(whyRefused('wasm', { wasm: { ...wasm, simd: false } })).toBe('noSimd');
    expect(whyRefused('wasm', { wasm })).toBe('forbidden');
    expect(whyRefused('webgpu', { wasm: { ...wasm, simd: false } })).toBe('noWasm');
    expect(whyRefused('webgpu', { wasm })).toBe('noAdapter');
    expect(whyRefused('webgpu', { wasm, gpu: { ...gpu, isSoftware: true } })).toBe('software');
    expect(whyRefused('webgpu', { wasm, gpu })).toBe('failed');
  });

  it('names an adapter that is refused, and that it is', () => {
    const gpu = {
      vendor: 'google',
      architecture: 'swiftshader',
      isSoftware: true,
      shaderF16: false,
      maxBufferBytes: 1,
      maxStorageBufferBytes: 1,
    };
    const refusedProviders = [{ id: 'webgpu', reason: 'software' }];
    expect(facts({ gpu, refusedProviders })['Graphics']).toBe(
      'google, swiftshader, computed on the processor: none that can be used',
    );
  });
});
