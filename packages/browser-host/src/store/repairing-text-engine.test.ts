import { ArtifactCorruptError } from '@terrace/core';
import type { TextEngine, TextModel, TextSession } from '@terrace/core/generate';
import { expect, it } from 'vitest';
import { repairingTextEngine } from './repairing-text-engine.js';

const located = (location: string) => ({ location, bytes: 1, sha256: 'a'.repeat(64) });
const MODEL = {
  modelId: 'small',
  weights: located('weights'),
  tokenizer: located('tokenizer'),
  tokenizerConfig: undefined,
  delta: { deltaId: 'd', kind: 'lora', rank: 1, scale: 1, adapter: located('adapter') },
} as unknown as TextModel;
const corrupt = new ArtifactCorruptError({ message: 'It is damaged.', hint: 'Again.' });

function engineFailing(times: number, error: Error = corrupt) {
  const loads: TextModel[] = [];
  const engine: TextEngine = {
    load: async (model) => {
      loads.push(model);
      if (loads.length <= times) throw error;
      return {} as TextSession;
    },
    close: async () => undefined,
  };
  return { engine: repairingTextEngine(engine, async ({ location }) => located(`${location} anew`)), loads };
}

it('brings files anew that cannot be read, and tries once more', async () => {
  const { engine, loads } = engineFailing(1);
  await engine.load(MODEL);
  expect(loads[1]).toMatchObject({
    weights: { location: 'weights anew' },
    tokenizer: { location: 'tokenizer anew' },
    tokenizerConfig: undefined,
    delta: { deltaId: 'd', adapter: { location: 'adapter anew' } },
  });
});

it('tries no third time, and nothing again that failed otherwise', async () => {
  const twice = engineFailing(2);
  await expect(twice.engine.load(MODEL)).rejects.toBe(corrupt);
  const other = engineFailing(1, new Error('no memory'));
  await expect(other.engine.load(MODEL)).rejects.toThrow('no memory');
  expect([twice.loads.length, other.loads.length]).toEqual([2, 1]);
});
