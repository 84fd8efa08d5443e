import { describe, expect, it } from 'vitest';
import type { FileRef } from '../catalog/schema.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import type { ModelStore } from '../ports/model-store.js';

export interface StoreUnderTest {
  readonly store: ModelStore;
  /** A file it has. */
  readonly present: FileRef;
  /** A file it does not have. */
  readonly absent: FileRef;
}

/** What every ModelStore does. */
export function describeModelStoreContract(name: string, make: () => StoreUnderTest | Promise<StoreUnderTest>): void {
  describe(`${name} keeps the ModelStore contract`, () => {
    it('locates a file with the size and the sha256 of the catalog', async () => {
      const { store, present } = await make();
      const { location, bytes, sha256 } = await store.locate(present);
      expect(location).not.toBe('');
      expect({ bytes, sha256 }).toEqual({ bytes: present.bytes, sha256: present.sha256 });
    });

    it('gives every caller the same place, as plain data', async () => {
      const { store, present } = await make();
      const [a, b] = await Promise.all([store.locate(present), store.locate(present)]);
      expect(b).toEqual(a);
      expect(JSON.parse(JSON.stringify(a))).toEqual(a);
    });

    it('says which file is missing, what to do, and goes on', async () => {
      const { store, present, absent } = await make();
      const error: unknown = await store.locate(absent).catch((caught: unknown) => caught);
      expect(ArtifactMissingError.isInstance(error)).toBe(true);
      expect((error as ArtifactMissingError).message).toContain(absent.path);
      expect((error as ArtifactMissingError).hint).not.toBe('');
      await expect(store.locate(present)).resolves.toBeDefined();
    });
  });
}
