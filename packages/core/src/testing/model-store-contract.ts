import { describe, expect, it } from 'vitest';
import type { FileRef } from '../catalog/fields.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import type { FetchProgress, ModelStore } from '../ports/model-store.js';

export interface StoreUnderTest {
  readonly store: ModelStore;
  /** A file it has. */
  readonly present: FileRef;
  /** A file it does not have. */
  readonly absent: FileRef;
  /** A file it does not have and can fetch; undefined for a store that fetches nothing. */
  readonly remote?: FileRef | undefined;
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

    it('says what is here and what is not without looking for it', async () => {
      const { store, present, absent } = await make();
      expect([store.presence(present), store.presence(absent)]).toEqual(['here', 'missing']);
    });

    it('fetches a file that is not here, says how far it is from the first byte, and has it from then on', async () => {
      const { store, remote } = await make();
      if (!remote) return;
      expect(store.presence(remote)).toBe('fetchable');
      const events: FetchProgress[] = [];
      const located = await store.locate(remote, { onProgress: (event) => events.push(event) });
      expect(located).toMatchObject({ bytes: remote.bytes, sha256: remote.sha256 });
      expect(store.presence(remote)).toBe('here');
      expect(events.map(({ totalBytes }) => totalBytes)).toEqual(events.map(() => remote.bytes));
      expect(events.at(-1)?.doneBytes).toBe(remote.bytes);
      expect(await store.locate(remote)).toEqual(located);
    });

    it('fetches nothing for a caller who has already left', async () => {
      const { store, remote } = await make();
      if (!remote) return;
      const signal = abortedSignal();
      await expect(store.locate(remote, { signal })).rejects.toBe(signal.reason);
      expect(store.presence(remote)).toBe('fetchable');
    });
  });
}

function abortedSignal(): AbortSignal {
  const controller = new AbortController();
  controller.abort(new Error('the caller left'));
  return controller.signal;
}
