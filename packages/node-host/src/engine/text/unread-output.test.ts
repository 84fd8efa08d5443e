import { tinyTextModel } from '@terrace/core/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNREAD_BYTES, UNREAD_OUTPUT, unlessUnread, withUnreadOutput } from './unread-output.js';

const { model, layers, shape, vocabulary } = tinyTextModel();
const CAPACITY = 8;
const dims = [1, shape.kvHeads, CAPACITY, shape.headDim];

/** Two tokens, with memory for all that is computed. */
function twoTokens(session: InferenceSession): { feeds: Record<string, Tensor>; given: Record<string, Tensor> } {
  const names = Array.from({ length: layers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
  const size = shape.kvHeads * CAPACITY * shape.headDim;
  const caches = names.map((name) => [name, new Tensor('float32', new Float32Array(size), dims)] as const);
  const feeds: Record<string, Tensor> = {
    input_ids: new Tensor('int64', BigInt64Array.of(3n, 4n), [1, 2]),
    attention_mask: new Tensor('int64', BigInt64Array.of(1n, 1n), [1, 2]),
    num_logits_to_keep: new Tensor('int64', BigInt64Array.of(1n), []),
    ...Object.fromEntries(caches.map(([name, tensor]) => [`past_key_values.${name}`, tensor])),
  };
  return {
    feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))),
    given: {
      logits: new Tensor('float32', new Float32Array(vocabulary), [1, 1, vocabulary]),
      ...Object.fromEntries(caches.map(([name, tensor]) => [`present.${name}`, tensor])),
    },
  };
}

describe('an output that the runtime does not hand over', () => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await InferenceSession.create(withUnreadOutput(model));
  });
  afterAll(() => session.release());

  it('comes first, and ends a run once everything is in the memory that was given for it', async () => {
    expect(session.outputNames[0]).toBe(UNREAD_OUTPUT);
    const plain = twoTokens(session);
    const found = await session.run(plain.feeds, plain.given);
    const { feeds, given } = twoTokens(session);
    const running = session.run(feeds, { ...given, [UNREAD_OUTPUT]: null });
    await expect(running).rejects.toThrow();
    await running.catch(unlessUnread);
    for (const [name, tensor] of Object.entries(given)) {
      expect(tensor.data).toEqual(found[name]!.data);
      expect((tensor.data as Float32Array).some((each) => each !== 0)).toBe(true);
    }
  });

  it('hides no failure', async () => {
    const { feeds, given } = twoTokens(session);
    const wrong = { ...feeds, input_ids: new Tensor('int64', BigInt64Array.of(30_000n, 4n), [1, 2]) };
    const running = session.run(wrong, { ...given, [UNREAD_OUTPUT]: null });
    await expect(running.catch(unlessUnread)).rejects.toThrow(/indices|index|range/);
  });

  it('is written into the memory before a graph where that is free, and costs a copy where it is not', () => {
    const whole = withUnreadOutput(model);
    const roomy = new Uint8Array(UNREAD_BYTES + model.length).subarray(UNREAD_BYTES);
    roomy.set(model);
    expect(Buffer.from(withUnreadOutput(roomy)).equals(whole)).toBe(true);
    expect(withUnreadOutput(roomy).buffer).toBe(roomy.buffer);
    expect(whole.buffer).not.toBe(model.buffer);
  });
});
