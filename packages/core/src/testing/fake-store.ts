import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import type { ModelStore } from '../ports/model-store.js';

export interface FakeStore extends ModelStore {
  /** Paths of files that are not there; a test may add and delete. */
  readonly missing: Set<string>;
}

/** Where the fake engine finds sound bytes of a file. */
export const fakeLocation = (sha256: string): string => `fake:${sha256}`;

/** Has every file but those named missing. */
export function createFakeStore({ missing = [] }: { readonly missing?: readonly string[] } = {}): FakeStore {
  const gone = new Set(missing);
  return {
    missing: gone,
    async locate({ path, bytes, sha256 }, { signal } = {}) {
      signal?.throwIfAborted();
      if (!gone.has(path)) return { location: fakeLocation(sha256), bytes, sha256 };
      throw new ArtifactMissingError({
        message: `${path} is not there.`,
        hint: 'Take it off the list of missing files.',
        facts: { file: path },
      });
    },
  };
}
