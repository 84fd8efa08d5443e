import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeltaManifest } from '@terrace/core';
import type { PackedDelta } from '@terrace/core/deltas';
import { shippedModels } from '../catalog/model-folders.js';
import { contentId } from '../files/content-id.js';

/** A delta that ships, as one of another domain: a head alone. Each variant has other bytes, and the same labels. */
export function packedDelta({
  domain,
  base = 'nano',
  variant = 0,
  named = (label) => label,
}: {
  domain: string;
  base?: 'nano' | 'small' | 'base';
  variant?: number;
  /** What its labels are called. */
  named?: (label: string) => string;
}): PackedDelta {
  const folder = join(shippedModels(), 'deltas/banking77', base);
  const shipped = JSON.parse(readFileSync(join(folder, 'delta.json'), 'utf8')) as DeltaManifest;
  const id = `${domain.replace('/', '.')}/${base}`;
  const manifest: DeltaManifest = {
    ...shipped,
    format: 2,
    id,
    domain,
    rank: 0,
    labels: shipped.labels.map(named),
    subdomains: {},
    facts: { method: 'logistic', parents: [], madeWith: 'a test' },
  };
  const head = new Uint8Array(readFileSync(join(folder, 'head.safetensors')));
  head[head.length - 2]! ^= variant;
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ['delta.json', new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`)],
    ['head.safetensors', head],
  ]);
  const hashes = [...files.values()].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  return { manifest, contentId: contentId(hashes.toSorted()), files };
}
