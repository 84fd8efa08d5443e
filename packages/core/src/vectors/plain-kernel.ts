import type { ScanKernel } from './scan-kernel.js';

/** Without WebAssembly: where a page's policy forbids it, or a processor has no wide registers. */
export function createPlainKernel(): ScanKernel {
  let memory = new Uint8Array(0);
  let words = new Uint32Array(memory.buffer);
  let halves = new Uint16Array(memory.buffer);
  return {
    bytes: () => memory,
    growTo(bytes) {
      const grown = new Uint8Array(Math.ceil(bytes / 4) * 4);
      grown.set(memory);
      memory = grown;
      words = new Uint32Array(memory.buffer);
      halves = new Uint16Array(memory.buffer);
    },
    distances(bits, query, stride, rows, distances, counts) {
      const rowWords = stride / 4;
      for (let row = 0, at = bits / 4; row < rows; row++, at += rowWords) {
        let distance = 0;
        for (let word = 0; word < rowWords; word++) distance += ones(words[at + word]! ^ words[query / 4 + word]!);
        halves[distances / 2 + row] = distance;
        words[counts / 4 + distance]!++;
      }
    },
    collect(distances, rows, cut, found) {
      let count = 0;
      for (let row = 0; row < rows; row++) {
        if (halves[distances / 2 + row]! <= cut) words[found / 4 + count++] = row;
      }
      return count;
    },
  };
}

/** Bits of a 32-bit word that are set (Warren, "Hacker's Delight", 5-1). */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
