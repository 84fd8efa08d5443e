import { RUNTIME_BYTES, type EngineModel, type EngineSession } from '@terrace/core';
import { createFakeEngine, createFakeProbe, exampleProfile } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { shareMemory } from './share-memory.js';

const MB = 1e6;
const FREE = exampleProfile().memory.usableBytes;

function setUp(held: { text: number; busy: number; encoders: number }, memoryCeilingBytes?: number) {
  const asked: number[] = [];
  const load = async (): Promise<EngineSession> => ({}) as EngineSession;
  const real = { ...createFakeEngine(), load, heldBytes: () => held.encoders };
  const text = {
    heldBytes: () => held.text,
    busyBytes: () => held.busy,
    makeRoom: async (neededBytes: number) => void asked.push(neededBytes),
  };
  const { engine, probe } = shareMemory({ engine: real, probe: createFakeProbe(), text, memoryCeilingBytes });
  return { engine, asked, usableBytes: async () => (await probe.profile()).memory.usableBytes };
}

it('leaves the device as it is where no text model is loaded', async () => {
  expect(await setUp({ text: 0, busy: 0, encoders: 0 }, 100 * MB).usableBytes()).toBe(FREE);
});

it('counts as free what text models hold that nobody uses', async () => {
  expect(await setUp({ text: 300 * MB, busy: 100 * MB, encoders: 0 }).usableBytes()).toBe(FREE + 200 * MB);
});

it('leaves encoders of the limit what text models at work do not hold', async () => {
  const held = { text: 300 * MB, busy: 200 * MB, encoders: 100 * MB };
  expect(await setUp(held, 500 * MB).usableBytes()).toBe(200 * MB - RUNTIME_BYTES);
  expect(await setUp(held, 250 * MB).usableBytes()).toBe(0);
});

it('asks text models for room before an encoder is loaded', async () => {
  const { engine, asked } = setUp({ text: 300 * MB, busy: 0, encoders: 0 });
  const model = { modelId: 'nano', variantId: 'v', weights: { bytes: 10 * MB }, expectedRunMs: 1 };
  await engine.load(model as EngineModel);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThanOrEqual(10 * MB);
});
