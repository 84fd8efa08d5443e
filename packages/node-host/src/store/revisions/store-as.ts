import { readSafetensors } from '@terrace/core/engine';
import { encodeSafetensors, type PackedDelta, type StoredType } from '@terrace/core/deltas';

/** How the numbers of a delta are kept. */
export type StoredAs = 'fp32' | 'fp16' | 'int8';

const TYPES: Readonly<Record<StoredAs, StoredType>> = { fp32: 'F32', fp16: 'F16', int8: 'int8' };

/**
 * The files of a delta with its numbers written anew. It is another delta by that: a signature does not come along.
 * @throws ArtifactCorruptError
 */
export function storeAs({ manifest, files }: PackedDelta, dtype: StoredAs): PackedDelta['files'] {
  const written = new Map(files);
  written.delete('delta.sig.json');
  for (const [name, bytes] of files) {
    if (!name.endsWith('.safetensors')) continue;
    const metadata = name.startsWith('adapter') ? { metadata: { format: 'pt' } } : {};
    written.set(name, encodeSafetensors(readSafetensors(bytes), { dtype: TYPES[dtype], ...metadata }));
  }
  // Format 1 knows no 8-bit tensors.
  const described = { ...manifest, format: 2 };
  return written.set('delta.json', new TextEncoder().encode(`${JSON.stringify(described, null, 1)}\n`));
}
