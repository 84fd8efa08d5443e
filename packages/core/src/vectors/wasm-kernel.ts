import { SCAN_BYTES } from './scan-bytes.js';
import type { ScanKernel } from './scan-kernel.js';

const PAGE_BYTES = 65_536;

interface Exports extends Omit<ScanKernel, 'bytes' | 'growTo'> {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** `scan.wat`, in memory of its own. @throws where WebAssembly is forbidden, has no SIMD, or finds no memory */
export function createWasmKernel(): ScanKernel {
  const code = Uint8Array.from(atob(SCAN_BYTES), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, ...scans } = exports as unknown as Exports;
  let bytes = new Uint8Array(memory.buffer);
  return {
    ...scans,
    bytes: () => bytes,
    growTo(wanted) {
      const pages = Math.ceil((wanted - bytes.length) / PAGE_BYTES);
      if (pages > 0) memory.grow(pages);
      bytes = new Uint8Array(memory.buffer);
    },
  };
}
