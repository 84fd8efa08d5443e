import { z } from 'zod/mini';
import { line } from './fields.js';

/** What of a text model decides its memory, its end and its prompts. Layers, width and vocabulary are said beside it. */
export const textShapeSchema = z.strictObject({
  /** Models of one family share a chat template and a way of being asked, e.g. `smollm2`. */
  family: line.check(z.maxLength(64)),
  kvHeads: z.int().check(z.positive(), z.maximum(1024)),
  headDim: z.int().check(z.positive(), z.maximum(4096)),
  /** Of one number in a cache: 4 for float32, 2 for float16. */
  kvBytesPerElement: z._default(z.literal([2, 4]), 4),
  /** Token ids that end a turn. */
  endTokens: z.array(z.int().check(z.nonnegative())).check(z.minLength(1), z.maxLength(16)),
  /** Sequences that are decoded in one run; 1 where the graph takes no batches. */
  maxRows: z._default(z.int().check(z.positive(), z.maximum(64)), 8),
});

export type TextShape = z.infer<typeof textShapeSchema>;
