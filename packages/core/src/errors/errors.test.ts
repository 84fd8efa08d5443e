import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from './artifact-corrupt-error.js';
import { EngineError } from './engine-error.js';
import { fromEnvelope, toEnvelope } from './error-envelope.js';
import { StorageError } from './storage-error.js';
import { TerraceError } from './terrace-error.js';

const init = { message: 'It broke.', hint: 'Mend it.', facts: { file: 'a.onnx', bytes: 7, inline: true } };

/** What arrives on the other side of a worker. */
const cross = (error: unknown): Error => fromEnvelope(structuredClone(toEnvelope(error)));

describe('TerraceError', () => {
  it('has a name, a code, facts, a hint and the cause it was given', () => {
    const cause = new Error('disk');
    const error = new EngineError({ ...init, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'EngineError',
      code: 'ENGINE_FAILED',
      hint: 'Mend it.',
      facts: init.facts,
      cause,
    });
    expect('cause' in new EngineError(init)).toBe(false);
  });

  it('is recognised by its own class and the base, not by others', () => {
    const error = new EngineError(init);
    expect(EngineError.isInstance(error)).toBe(true);
    expect(TerraceError.isInstance(error)).toBe(true);
    expect(StorageError.isInstance(error)).toBe(false);
  });

  it('does not recognise what only looks like one', () => {
    const imitation = Object.assign(new Error('x'), { code: EngineError.code, hint: '', facts: {} });
    for (const value of [imitation, { code: EngineError.code }, null, undefined, 'ENGINE_FAILED', 5, () => 1]) {
      expect(TerraceError.isInstance(value)).toBe(false);
      expect(EngineError.isInstance(value)).toBe(false);
    }
  });

  it('is recognised across duplicate packages, which share no class', async () => {
    const url = new URL('./engine-error.ts?copy', import.meta.url).href;
    const copy = (await import(/* @vite-ignore */ url)) as { EngineError: typeof EngineError };
    expect(copy.EngineError).not.toBe(EngineError);
    expect(EngineError.isInstance(new copy.EngineError(init))).toBe(true);
    expect(StorageError.isInstance(new copy.EngineError(init))).toBe(false);
  });
});

describe('the error envelope', () => {
  it('carries code, facts, hint, name, message and stack across a worker', () => {
    const error = new ArtifactCorruptError(init);
    const arrived = cross(error);
    const { name, message, stack } = error;
    expect(arrived).toMatchObject({
      name,
      message,
      stack,
      code: ArtifactCorruptError.code,
      facts: init.facts,
      hint: init.hint,
    });
    expect(ArtifactCorruptError.isInstance(arrived)).toBe(true);
    expect(EngineError.isInstance(arrived)).toBe(false);
  });

  it('survives a second crossing unchanged', () => {
    const once = toEnvelope(new EngineError({ ...init, cause: new Error('inner') }));
    expect(toEnvelope(fromEnvelope(once))).toEqual(once);
  });

  it('carries the chain of causes, each with its class and code', () => {
    const disk = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const arrived = cross(new EngineError({ ...init, cause: new StorageError({ ...init, cause: disk }) }));
    expect(StorageError.isInstance(arrived.cause)).toBe(true);
    expect((arrived.cause as Error).cause).toMatchObject({ message: 'no space', code: 'ENOSPC' });
  });

  it('keeps the name and the code of a foreign error, and does not make it ours', () => {
    const foreign = Object.assign(new TypeError('not a function'), { code: 'ERR_X' });
    const arrived = cross(foreign);
    expect(arrived).toMatchObject({ name: 'TypeError', message: 'not a function', code: 'ERR_X' });
    expect(TerraceError.isInstance(arrived)).toBe(false);
    expect('code' in cross(new Error('plain'))).toBe(false);
  });

  it('leaves codes that are no words behind', () => {
    expect('code' in cross(new DOMException('stop', 'AbortError'))).toBe(false);
    expect(cross(new DOMException('stop', 'AbortError')).name).toBe('AbortError');
  });

  it('cuts a chain of causes that runs in a circle', () => {
    const a = new Error('a');
    a.cause = new Error('b', { cause: a });
    let depth = 0;
    for (let error: unknown = cross(a); error instanceof Error; error = error.cause) depth++;
    expect(depth).toBeGreaterThan(1);
    expect(depth).toBeLessThan(12);
  });

  it('makes an error of anything that can be thrown', () => {
    expect(cross('just words').message).toBe('just words');
    expect(cross(undefined).message).toBe('undefined');
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (thrown) => {
        expect(cross(thrown)).toBeInstanceOf(Error);
        expect(cross(new EngineError({ ...init, cause: thrown }))).toBeInstanceOf(Error);
      }),
    );
  });
});
