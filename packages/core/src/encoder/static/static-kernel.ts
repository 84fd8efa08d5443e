import { STATIC_KERNEL_BYTES } from './static-kernel-bytes.js';

const PAGE_BYTES = 65_536;

/** `static-kernel.wat` in memory of its own. Places and sizes are bytes. */
export interface StaticKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  pool(
    ids: number,
    count: number,
    scales: number,
    zeros: number,
    width: number,
    out: number,
    share: number,
    lowest: number,
    highest: number,
    weight: number,
  ): void;
  product(
    rows: number,
    from: number,
    rowBytes: number,
    panel: number,
    panels: number,
    out: number,
    outRowBytes: number,
  ): void;
}

/** @param bytes that its memory is to hold */
export type CreateKernel = (bytes: number) => StaticKernel;

/** @throws where WebAssembly is forbidden or has no SIMD */
export function compileStaticKernel(): CreateKernel {
  const code = Uint8Array.from(atob(STATIC_KERNEL_BYTES), (character) => character.charCodeAt(0));
  const module = new WebAssembly.Module(code);
  return (bytes) => {
    const kernel = new WebAssembly.Instance(module).exports as unknown as StaticKernel;
    growMemory(kernel, bytes);
    return kernel;
  };
}

/** Views of its memory are to be made anew. */
export function growMemory({ memory }: StaticKernel, bytes: number): void {
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (pages > 0) memory.grow(pages);
}
