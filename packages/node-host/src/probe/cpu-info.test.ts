import { describe, expect, it } from 'vitest';
import { cpuFeatures, parseCpuInfo } from './cpu-info.js';

describe('parseCpuInfo', () => {
  it('reads model and kernel-deciding features of an x86 record', () => {
    const text =
      'processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu avx avx2 avx512f avx512_vnni\n';
    expect(parseCpuInfo(text)).toEqual({
      model: 'Intel(R) Xeon(R)',
      features: ['avx', 'avx2', 'avx512_vnni', 'avx512f'],
    });
  });

  it('names an ARM part by its numbers and its features by their common names', () => {
    const text = 'Features\t: fp asimd asimddp i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n';
    expect(parseCpuInfo(text)).toEqual({
      model: 'ARM implementer 0x41 part 0xd0b',
      features: ['dotprod', 'i8mm', 'neon'],
    });
  });

  it('finds nothing in garbage', () => {
    expect(parseCpuInfo('\0\0 no colons here')).toEqual({ model: '', features: [] });
  });
});

describe('cpuFeatures', () => {
  it('leaves out what decides no kernel and what only looks like a property', () => {
    expect(cpuFeatures('fpu constructor __proto__ SSE4.1')).toEqual(['sse4_1']);
  });
});
