/** The WebAssembly memory of the calling worker, in bytes. */
export type HeapBytes = () => number;

/**
 * Watches what is allocated from now on. ONNX Runtime makes its memory itself and hands it to nobody, so this takes the
 * place of the class that it makes it with.
 */
export function watchHeap(): HeapBytes {
  const memories: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
