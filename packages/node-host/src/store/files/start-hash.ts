import { createHash } from 'node:crypto';
import type { RunningHash } from '@terrace/core';

export function startHash(): RunningHash {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
}
