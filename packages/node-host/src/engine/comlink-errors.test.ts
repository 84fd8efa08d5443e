// oxlint-disable-next-line typescript/triple-slash-reference -- an import would look for a module that is not there
/// <reference path="./comlink-node-adapter.d.ts" />
import { MessageChannel } from 'node:worker_threads';
import { ArtifactCorruptError, EngineError, TerraceError } from '@terrace/core';
import { expose, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { expect, it, onTestFinished } from 'vitest';
import { useErrorEnvelope } from './comlink-errors.js';

/** What arrives at the other end of a channel when this is thrown at one. */
async function arrival(thrown: unknown): Promise<unknown> {
  useErrorEnvelope();
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const thrower = (): Promise<void> => {
    throw thrown;
  };
  expose({ thrower }, nodeEndpoint(port1));
  const remote = wrap<{ thrower(): Promise<void> }>(nodeEndpoint(port2));
  return remote.thrower().catch((error: unknown) => error);
}

it('keeps class, code, facts, hint and cause of an error across the border', async () => {
  const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const facts = { file: 'nano.onnx', bytes: 7 };
  const error = await arrival(new ArtifactCorruptError({ message: 'It is bad.', hint: 'Replace it.', facts, cause }));
  expect(error).toBeInstanceOf(Error);
  expect(TerraceError.isInstance(error)).toBe(true);
  expect(ArtifactCorruptError.isInstance(error)).toBe(true);
  expect(EngineError.isInstance(error)).toBe(false);
  expect(error).toMatchObject({
    name: 'ArtifactCorruptError',
    code: 'ARTIFACT_CORRUPT',
    message: 'It is bad.',
    hint: 'Replace it.',
    facts,
    cause: { message: 'no space left', code: 'ENOSPC' },
  });
});

it('keeps the stack of the thread it was thrown in', async () => {
  const thrown = new EngineError({ message: 'It failed.', hint: 'Report it.' });
  expect(await arrival(thrown)).toMatchObject({ stack: thrown.stack });
});

it('keeps name, message and code of an error of somebody else', async () => {
  const error = await arrival(Object.assign(new RangeError('too far'), { code: 'ERR_FAR' }));
  expect(error).toMatchObject({ name: 'RangeError', message: 'too far', code: 'ERR_FAR' });
  expect(TerraceError.isInstance(error)).toBe(false);
});

it.each([['text'], [7], [undefined], [null]])('makes an error of %j, which is none', async (thrown) => {
  const error = await arrival(thrown);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toBe(String(thrown));
});

it('may be asked for any number of times', async () => {
  for (let i = 0; i < 3; i++) useErrorEnvelope();
  expect(await arrival(new EngineError({ message: 'Once.', hint: 'Only.' }))).toMatchObject({ code: 'ENGINE_FAILED' });
});
