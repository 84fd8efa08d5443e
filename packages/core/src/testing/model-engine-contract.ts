import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import { EngineError } from '../errors/engine-error.js';
import type { EngineDelta, EngineInput, EngineModel, EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { LocatedFile } from '../ports/model-store.js';

export interface EngineUnderTest {
  readonly engine: ModelEngine;
  /** A sound model of the Terrace interface. */
  readonly model: EngineModel;
  /** A sound delta for it. */
  readonly delta: EngineDelta;
}

const TEXT = 'how do i freeze my account';
const OTHER_TEXT = 'move ten pounds to my savings';

/** Any sha256 but the file's own. */
const withWrongHash = <T extends LocatedFile>(file: T): T => ({ ...file, sha256: '0'.repeat(64) });

/**
 * What every ModelEngine does.
 * @param make a new engine for each test, with a model and a delta that it can load; the suite closes it
 */
export function describeModelEngineContract(
  name: string,
  make: () => EngineUnderTest | Promise<EngineUnderTest>,
  { timeoutMs = 20_000 }: { readonly timeoutMs?: number } = {},
): void {
  describe(`${name} keeps the ModelEngine contract`, { timeout: timeoutMs }, () => {
    let engine: ModelEngine;
    let model: EngineModel;
    let delta: EngineDelta;
    beforeEach(async () => {
      ({ engine, model, delta } = await make());
    });
    afterEach(() => engine.close());

    const classify = (text = TEXT): EngineInput => ({ task: 'text-classification', text, deltaId: delta.deltaId });
    const embed = (text = TEXT): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
    const ready = async (): Promise<EngineSession> => {
      const session = await engine.load(model);
      await session.attach(delta);
      return session;
    };
    const ending = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'fulfilled',
        (error: unknown) => error,
      );

    it('reports what a load took, in positive numbers', async () => {
      const { loadMs, bytesRead, peakMemoryBytes, warmRunMs, thread } = (await engine.load(model)).report;
      for (const number of [loadMs, bytesRead, peakMemoryBytes, warmRunMs]) {
        expect(number).toBeGreaterThan(0);
        expect(number).toBeLessThan(Infinity);
      }
      expect(['inline', 'worker']).toContain(thread);
    });

    it('scores every label of the delta with finite numbers, and counts tokens', async () => {
      const { values, tokens, textTokens, unknownTokens, runMs } = await (await ready()).run(classify());
      expect(values).toBeInstanceOf(Float32Array);
      expect(values).toHaveLength(delta.labelCount);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(tokens).toBeGreaterThan(2);
      expect(textTokens).toBeGreaterThanOrEqual(tokens);
      expect(unknownTokens).toBeGreaterThanOrEqual(0);
      expect(unknownTokens).toBeLessThanOrEqual(tokens);
      expect(runMs).toBeGreaterThanOrEqual(0);
    });

    it('embeds a text as a vector of unit length without any delta', async () => {
      const { values } = await (await engine.load(model)).run(embed());
      expect(Math.hypot(...values)).toBeCloseTo(1, 3);
    });

    it('gives equal values for equal texts and others for others', async () => {
      const session = await ready();
      const first = await session.run(classify());
      const second = await session.run(classify());
      const other = await session.run(classify(OTHER_TEXT));
      expect(second.values).toEqual(first.values);
      expect(second.tokens).toBe(first.tokens);
      expect(other.values).not.toEqual(first.values);
    });

    it('answers concurrent runs as it answers them one by one', async () => {
      const session = await ready();
      const inputs = [classify(), embed(), classify(OTHER_TEXT), classify(), embed(OTHER_TEXT)];
      const alone: Float32Array[] = [];
      for (const input of inputs) alone.push((await session.run(input)).values);
      const together = await Promise.all(inputs.map((input) => session.run(input)));
      expect(together.map(({ values }) => values)).toEqual(alone);
    });

    it('hands out values that a caller may change without touching later ones', async () => {
      const session = await ready();
      const first = await session.run(classify());
      const before = first.values.slice();
      first.values.fill(0);
      expect((await session.run(classify())).values).toEqual(before);
    });

    it('takes the same delta twice', async () => {
      const session = await ready();
      const before = (await session.run(classify())).values;
      await session.attach(delta);
      expect((await session.run(classify())).values).toEqual(before);
    });

    it('refuses a delta that was never attached with an EngineError, and goes on', async () => {
      const session = await ready();
      const error = await ending(session.run({ ...classify(), deltaId: 'f'.repeat(64) }));
      expect(EngineError.isInstance(error)).toBe(true);
      await expect(session.run(classify())).resolves.toBeDefined();
    });

    it('refuses a run after release with an EngineError', async () => {
      const session = await ready();
      await session.release();
      expect(EngineError.isInstance(await ending(session.run(classify())))).toBe(true);
      await expect(session.release()).resolves.toBeUndefined();
    });

    it('loads the same variant again after its release', async () => {
      const first = await ready();
      const before = (await first.run(classify())).values;
      await first.release();
      expect((await (await ready()).run(classify())).values).toEqual(before);
    });

    it('rejects a waiting run with the reason of its signal while the others finish', async () => {
      const session = await ready();
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const before = session.run(classify());
      const waiting = ending(session.run(classify(OTHER_TEXT), { signal: controller.signal }));
      const after = session.run(classify());
      controller.abort(reason);
      expect(await waiting).toBe(reason);
      expect((await after).values).toEqual((await before).values);
    });

    it('rejects at once with the reason of a signal that is already aborted', async () => {
      const session = await ready();
      const reason = new Error('too late');
      const controller = new AbortController();
      controller.abort(reason);
      const { signal } = controller;
      expect(await ending(session.run(classify(), { signal }))).toBe(reason);
      expect(await ending(engine.load(model, { signal }))).toBe(reason);
      await expect(session.run(classify())).resolves.toBeDefined();
    });

    it('refuses weights with another sha256 as corrupt, and loads sound ones afterwards', async () => {
      const error = await ending(engine.load({ ...model, weights: withWrongHash(model.weights) }));
      expect(ArtifactCorruptError.isInstance(error)).toBe(true);
      await expect((await ready()).run(classify())).resolves.toBeDefined();
    });

    it('refuses a head with another sha256 as corrupt, and attaches a sound one afterwards', async () => {
      const session = await engine.load(model);
      const error = await ending(session.attach({ ...delta, head: withWrongHash(delta.head) }));
      expect(ArtifactCorruptError.isInstance(error)).toBe(true);
      await session.attach(delta);
      await expect(session.run(classify())).resolves.toBeDefined();
    });

    it('leaves no call waiting when it is closed, and no session usable', async () => {
      const session = await ready();
      const underWay = ending(session.run(classify()));
      await engine.close();
      expect(await underWay).toBeDefined();
      expect(EngineError.isInstance(await ending(session.run(classify())))).toBe(true);
      await expect(engine.close()).resolves.toBeUndefined();
    });
  });
}
