import { createHash } from 'node:crypto';
import type { PlannedFile } from './pull-plan.js';

/** A small file that was read, or written, for the plan. */
export const inMemory = (path: string, bytes: Uint8Array): PlannedFile => ({
  path,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  inMemory: bytes,
});
