import { expect, it } from 'vitest';
import { EngineError } from './engine-error.js';
import { envelopeThrown } from './envelope-thrown.js';

const handler = envelopeThrown({
  canHandle: (value) => typeof value === 'object' && value !== null && 'mark' in value,
});

it('handles what the handler that it replaces would have handled', () => {
  expect(handler.canHandle({ value: 1, mark: 0 })).toBe(true);
  expect(handler.canHandle({ value: 1 })).toBe(false);
});

it('throws at the other end what was thrown, whole', () => {
  const thrown = new EngineError({ message: 'It failed.', hint: 'Wait.', facts: { runs: 2 }, cause: new Error('why') });
  const [envelope, transferred] = handler.serialize({ value: thrown });
  expect(transferred).toEqual([]);
  expect(() => handler.deserialize(structuredClone(envelope))).toThrow(
    expect.objectContaining({
      code: 'ENGINE_FAILED',
      hint: 'Wait.',
      facts: { runs: 2 },
      cause: expect.objectContaining({ message: 'why' }),
    }),
  );
});

it('may take its own place for years, as every worker that is started lets it', () => {
  let placed = envelopeThrown(handler);
  for (let workers = 0; workers < 20_000; workers++) placed = envelopeThrown(placed);
  expect(placed.canHandle({ value: 1, mark: 0 })).toBe(true);
});
