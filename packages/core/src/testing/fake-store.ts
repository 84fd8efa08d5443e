import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import type { ModelStore } from '../ports/model-store.js';

export interface FakeStore extends ModelStore {
  /** Paths of files that are not there; a test may add and delete. */
  readonly missing: Set<string>;
  /** Paths of files that are not there until they are located. */
  readonly fetchable: Set<string>;
}

/** Where the fake engine finds sound bytes of a file. */
export const fakeLocation = (sha256: string): string => `fake:${sha256}`;

/** Has every file but those named missing; those named fetchable come when they are asked for. */
export function createFakeStore({
  missing = [],
  fetchable = [],
}: { readonly missing?: readonly string[]; readonly fetchable?: readonly string[] } = {}): FakeStore {
  const gone = new Set(missing);
  const remote = new Set(fetchable);
  return {
    missing: gone,
    fetchable: remote,
    presence: ({ path }) => (gone.has(path) ? 'missing' : remote.has(path) ? 'fetchable' : 'here'),
    async locate({ path, bytes, sha256 }, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      if (gone.has(path)) {
        throw new ArtifactMissingError({
          message: `${path} is not there.`,
          hint: 'Take it off the list of missing files.',
          facts: { file: path },
        });
      }
      if (remote.delete(path)) {
        onProgress?.({ doneBytes: 0, totalBytes: bytes, file: path });
        onProgress?.({ doneBytes: bytes, totalBytes: bytes, file: path });
      }
      return { location: fakeLocation(sha256), bytes, sha256 };
    },
  };
}
