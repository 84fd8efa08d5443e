import { expect, it, onTestFinished } from 'vitest';
import { EngineError } from '../../errors/engine-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { RuntimeClosedError } from '../../errors/runtime-closed-error.js';
import { exampleCatalog } from '../../testing/example-catalog.js';
import { exampleEndpoint } from '../../testing/example-endpoint.js';
import { exampleTextModel } from '../../testing/example-text-tier.js';
import { createFakeFetch } from '../../testing/fake-fetch.js';
import { createFakePorts } from '../../testing/fake-ports.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import { createTextRuntime } from './create-text-runtime.js';

const task = 'text-generation';
const input = { task, text: 'who wrote to whom?' } as const;

function setUp({ serves = false, breaks = [] as string[], models = ['small', 'big'] } = {}) {
  const endpoint = exampleEndpoint({
    id: 'large',
    placement: 'cloud',
    protocol: 'openai',
    url: 'https://api.example/v1',
    model: 'large',
    tasks: [task],
    ...(serves && { serves: { model: 'small', variant: 'f'.repeat(64), deltas: {} } }),
  });
  const catalog = { ...exampleCatalog({ models: models.map(exampleTextModel), deltas: [] }), endpoints: [endpoint] };
  const ports = createFakePorts({ catalog });
  const engine = createFakeTextEngine({
    onLoad({ modelId }) {
      if (breaks.includes(modelId)) throw new EngineError({ message: 'it does not load', hint: 'none' });
    },
  });
  const { fetch } = createFakeFetch({ error: new TypeError('no network') });
  const text = createTextRuntime({ ...ports, engine, fetch, readFile: async () => new Uint8Array() });
  onTestFinished(() => text.close());
  return { text, engine, ports };
}

it('is what the tier that answers says it has read', async () => {
  const { text, engine } = setUp();
  const { tokens, estimated } = await text.count(input);
  const { usage, tier } = await text.run(input);
  expect({ tokens, estimated, tier }).toEqual({ tokens: usage.inputTokens, estimated: false, tier: 'small' });
  expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['small']);
});

it('is counted with the model that an endpoint serves', async () => {
  const { text, engine } = setUp({ serves: true });
  expect(await text.count({ ...input, policy: 'large' })).toEqual({ tokens: 6, estimated: false });
  expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['small']);
});

it('is a guess, and says so, where nobody here knows the tokenizer', async () => {
  const { text, engine } = setUp();
  const guess = { tokens: Math.ceil(input.text.length / 4) + 4, estimated: true };
  expect(await text.count({ ...input, policy: 'large' })).toEqual(guess);
  const served = setUp({ serves: true, models: ['other'] });
  expect(await served.text.count({ ...input, policy: 'large' })).toEqual(guess);
  expect([...engine.loads, ...served.engine.loads]).toEqual([]);
});

it('goes around a model that breaks', async () => {
  const { text, engine } = setUp({ breaks: ['small'] });
  expect(await text.count(input)).toEqual({ tokens: 6, estimated: false });
  expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['small', 'big']);
});

it('guesses what is far too long for any run', async () => {
  const { text } = setUp();
  const { contextTokens } = exampleTextModel('small');
  const bytes = 16 * contextTokens!;
  expect(await text.count({ task, text: 'a'.repeat(bytes) })).toMatchObject({ estimated: false });
  expect(await text.count({ task, text: 'a'.repeat(bytes + 1) })).toEqual({
    tokens: bytes / 4 + 1 + 4,
    estimated: true,
  });
});

it('refuses what a run refuses, and counts nothing for who has left or closed it', async () => {
  const { text, engine } = setUp();
  await expect(text.count({ task, text: ' ' })).rejects.toBeInstanceOf(InvalidRequestError);
  await expect(text.count(input, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  await text.close();
  await expect(text.count(input)).rejects.toBeInstanceOf(RuntimeClosedError);
  expect(engine.loads).toEqual([]);
});
