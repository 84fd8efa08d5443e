import { describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import { EngineError } from '../errors/engine-error.js';
import type { LocatedFile } from '../ports/model-store.js';
import { OTHER_TEXT, prepareEngine, type MakeEngine } from './engine-under-test.js';

/** Any sha256 but the file's own. */
const withWrongHash = <T extends LocatedFile>(file: T): T => ({ ...file, sha256: '0'.repeat(64) });

/** How a call ended: `fulfilled`, or what it was rejected with. */
const ending = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'fulfilled',
    (error: unknown) => error,
  );

/** The part of the engine contract about what goes wrong, and what must go on in spite of it. */
export function describeEngineFailures(name: string, make: MakeEngine, timeoutMs: number): void {
  describe(`${name} keeps the ModelEngine contract when something goes wrong`, { timeout: timeoutMs }, () => {
    const use = prepareEngine(make);

    it('refuses a delta that was never attached with an EngineError, and goes on', async () => {
      const session = await use.ready();
      const error = await ending(session.run({ ...use.classify(), deltaId: 'f'.repeat(64) }));
      expect(EngineError.isInstance(error)).toBe(true);
      await expect(session.run(use.classify())).resolves.toBeDefined();
    });

    it('refuses a run after release with an EngineError', async () => {
      const session = await use.ready();
      await session.release();
      expect(EngineError.isInstance(await ending(session.run(use.classify())))).toBe(true);
      await expect(session.release()).resolves.toBeUndefined();
    });

    it('says of a session whether it is alive', async () => {
      const session = await use.ready();
      expect(session.alive).toBe(true);
    });

    it('loads the same variant again after its release', async () => {
      const first = await use.ready();
      const before = (await first.run(use.classify())).values;
      await first.release();
      expect((await (await use.ready()).run(use.classify())).values).toEqual(before);
    });

    it('rejects a waiting run with the reason of its signal while the others finish', async () => {
      const session = await use.ready();
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const before = session.run(use.classify());
      const waiting = ending(session.run(use.classify(OTHER_TEXT), { signal: controller.signal }));
      const after = session.run(use.classify());
      controller.abort(reason);
      expect(await waiting).toBe(reason);
      expect((await after).values).toEqual((await before).values);
    });

    it('rejects at once with the reason of a signal that is already aborted', async () => {
      const session = await use.ready();
      const reason = new Error('too late');
      const controller = new AbortController();
      controller.abort(reason);
      const { signal } = controller;
      expect(await ending(session.run(use.classify(), { signal }))).toBe(reason);
      expect(await ending(use.engine.load(use.model, { signal }))).toBe(reason);
      await expect(session.run(use.classify())).resolves.toBeDefined();
    });

    it('refuses weights with another sha256 as corrupt, and loads sound ones afterwards', async () => {
      const error = await ending(use.engine.load({ ...use.model, weights: withWrongHash(use.model.weights) }));
      expect(ArtifactCorruptError.isInstance(error)).toBe(true);
      await expect((await use.ready()).run(use.classify())).resolves.toBeDefined();
    });

    it('refuses a head with another sha256 as corrupt, and attaches a sound one afterwards', async () => {
      const session = await use.engine.load(use.model);
      const error = await ending(session.attach({ ...use.delta, head: withWrongHash(use.delta.head) }));
      expect(ArtifactCorruptError.isInstance(error)).toBe(true);
      await session.attach(use.delta);
      await expect(session.run(use.classify())).resolves.toBeDefined();
    });

    it('leaves no call waiting when it is closed, and no session usable', async () => {
      const session = await use.ready();
      const underWay = ending(session.run(use.classify()));
      await use.engine.close();
      expect(await underWay).toBeDefined();
      expect(EngineError.isInstance(await ending(session.run(use.classify())))).toBe(true);
      await expect(use.engine.close()).resolves.toBeUndefined();
    });
  });
}
