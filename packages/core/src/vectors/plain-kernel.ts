import { dotProduct } from './dot-product.js';
import type { ScanKernel } from './scan-kernel.js';

/** Without WebAssembly: where a page's policy forbids it, or a processor has no wide registers. */
export function createPlainKernel(): ScanKernel {
  let memory = new Uint8Array(0);
  let words = new Uint32Array(memory.buffer);
  return {
    bytes: () => memory,
    growTo(bytes) {
      if (bytes <= memory.length) return;
      // As all is copied, there is room for more than is asked for.
      const grown = new Uint8Array(Math.ceil((bytes * 1.25) / 8) * 8);
      grown.set(memory);
      memory = grown;
      words = new Uint32Array(memory.buffer);
    },
    firstDistances(signs, query, rows, distances) {
      // Sums of four rows' bytes at a time: none is more than 128.
      let at = signs / 4;
      for (let row = 0; row < rows; row += 16, at += 64) {
        for (let four = 0; four < 4; four++) {
          let sums = 0;
          for (let word = four; word < 64; word += 4) {
            sums += onesOfBytes(words[at + word]! ^ words[query / 4 + word]!);
          }
          words[(distances + row) / 4 + four] = sums;
        }
      }
    },
    countWithin(distances, rows, cut) {
      let count = 0;
      for (let row = 0; row < Math.ceil(rows / 16) * 16; row++) if (memory[distances + row]! <= cut) count++;
      return count;
    },
    collect(distances, rows, cut, found) {
      let count = 0;
      for (let row = 0; row < Math.ceil(rows / 16) * 16; row++) {
        if (memory[distances + row]! <= cut) words[found / 4 + count++] = row;
      }
      return count;
    },
    wholeDistances(found, count, signs, query, stride, distances, whole) {
      const out = new Uint16Array(memory.buffer, whole, count);
      for (let i = 0; i < count; i++) {
        const row = words[found / 4 + i]!;
        const at = (signs + row * stride) / 4;
        let distance = memory[distances + row]!;
        for (let word = 0; word < stride / 4; word++) {
          const counts = onesOfBytes(words[at + word]! ^ words[query / 4 + word]!);
          distance += Math.imul(counts, 0x01010101) >>> 24;
        }
        out[i] = distance;
      }
    },
    dot(vector, query, values) {
      const { buffer } = memory;
      return dotProduct(new Float32Array(buffer, vector, values), 0, new Float64Array(buffer, query, values));
    },
  };
}

/** Bits that are set, of each byte of a word (Warren, "Hacker's Delight", 5-1). */
function onesOfBytes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f;
}
