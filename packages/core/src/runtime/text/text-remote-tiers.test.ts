import { expect, it, onTestFinished } from 'vitest';
import { EngineError } from '../../errors/engine-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { OutcomeRecord } from '../../ports/ledger.js';
import { exampleCatalog } from '../../testing/example-catalog.js';
import { exampleEndpoint } from '../../testing/example-endpoint.js';
import { exampleTextModel } from '../../testing/example-text-tier.js';
import { createFakeFetch, type FakeAnswer } from '../../testing/fake-fetch.js';
import { createFakePorts } from '../../testing/fake-ports.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import { counts, ends, says, streamOf } from '../../testing/remote-text-world.js';
import type { Script } from '../../testing/scripted-text.js';
import { createTextRuntime } from './create-text-runtime.js';
import type { TextStep } from './text-step.js';

const task = 'text-generation';

/** A model of the device that writes a script, and an endpoint of the cloud above it. */
function setUp(script: Script, answer: FakeAnswer) {
  const endpoint = exampleEndpoint({
    id: 'large',
    placement: 'cloud',
    protocol: 'openai',
    url: 'https://api.example/v1',
    model: 'large',
    tasks: [task],
    price: { perMillionInputTokens: 1, perMillionOutputTokens: 2, perCall: 0, currency: 'USD', usdPerUnit: 1 },
  });
  const catalog = { ...exampleCatalog({ models: [exampleTextModel('small')], deltas: [] }), endpoints: [endpoint] };
  const ports = createFakePorts({ catalog });
  const fake = createFakeFetch(answer);
  const engine = createFakeTextEngine(script);
  const text = createTextRuntime({ ...ports, engine, fetch: fake.fetch, readFile: async () => new Uint8Array() });
  onTestFinished(() => text.close());
  const outcomes = async (): Promise<OutcomeRecord[]> => {
    await text.flush();
    return ports.entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));
  };
  const stream = async (input: object = {}) => {
    const steps: TextStep[] = [];
    for await (const step of text.stream({ task, text: 'who wrote to ann@example.org?', ...input })) steps.push(step);
    const shown = steps.flatMap((step) => (step.kind === 'text' ? [step.text] : [])).join('');
    const last = steps.at(-1)!;
    if (last.kind !== 'result') throw new Error('the result comes last');
    return { shown, result: last.result };
  };
  return { text, fake, engine, stream, outcomes, ports };
}

it('goes on in the cloud with what the device began, and pays for it', async () => {
  const answer = streamOf([says(' the'), says(' rest.'), ends(), counts, '[DONE]']);
  const { stream, fake, outcomes } = setUp({ answers: 'A letter of some length', failAfter: 3 }, answer);
  const { shown, result } = await stream();
  expect(shown).toBe('A letter of the rest.');
  expect(result).toMatchObject({
    output: { choices: [{ text: shown, finishReason: 'stop' }] },
    tier: 'large',
    placement: 'cloud',
    path: ['small', 'large'],
    verdict: { kind: 'accept', degraded: 'tier-failed' },
  });
  expect(result.costUsd).toBeCloseTo(1000 / 1e6 + (2 * 500) / 1e6);
  expect(result.sentBytes).toBeGreaterThan(0);
  // The device's own words go along; what must not leave does not.
  expect(JSON.stringify(fake.bodyOf(0))).toContain('A letter of');
  expect(JSON.stringify(fake.bodyOf(0))).not.toContain('ann@example.org');
  expect(result.trace.map(({ kind }) => kind)).toContain('call');
  expect(await outcomes()).toMatchObject([
    { path: 'small+large', costUsd: result.costUsd, sentBytes: result.sentBytes },
  ]);
});

it('leaves what is known of an endpoint that answers with labels as it is', async () => {
  const { stream, outcomes, ports } = setUp({}, streamOf([says('one'), ends(), counts, '[DONE]']));
  await stream({ policy: 'large' });
  expect(await outcomes()).toMatchObject([{ tier: 'large' }]);
  expect(ports.entries.map(({ kind }) => kind)).toEqual(['outcome']);
});

it('answers with what the cloud wrote where its line is cut and nobody else may go on', async () => {
  const answer = streamOf([says('one'), says(' two')], { breaksWith: new Error('reset') });
  const { stream } = setUp({ answers: 'one two three four' }, answer);
  const { result } = await stream({ policy: 'large' });
  expect(result).toMatchObject({
    output: { choices: [{ text: 'one two', finishReason: 'length' }] },
    verdict: { degraded: 'tier-failed' },
  });
});

it('never asks the cloud where the text must not go there', async () => {
  const { text, fake } = setUp({ failAfter: 0 }, streamOf([says('no'), ends()]));
  await expect(text.run({ task, text: 'hello', residency: 'device' })).rejects.toBeInstanceOf(EngineError);
  await expect(text.run({ task, text: 'hello', policy: 'large', residency: 'device' })).rejects.toBeInstanceOf(
    NoTierFitsError,
  );
  expect(fake.requests).toEqual([]);
});

it('does without an endpoint that cannot be reached', async () => {
  const { stream } = setUp({ answers: 'one two three', failAfter: 2 }, { error: new TypeError('no network') });
  const { result } = await stream();
  expect(result).toMatchObject({ output: { choices: [{ text: 'one two' }] }, path: ['small'] });
});

it('looks again at an endpoint that was away as soon as the network is back', async () => {
  const { text, ports, fake } = setUp({}, { error: new TypeError('no network') });
  const endpoint = ports.catalog.current().endpoints![0]!;
  const { id, placement } = endpoint;
  const state = () => text.remotes.state({ kind: 'remote', id, placement, endpoint, delta: undefined }).kind;
  const ask = () => text.run({ task, text: 'hello', policy: 'large' }).catch(() => undefined);
  for (let tries = 0; state() === 'up' && tries < 10; tries++) await ask();
  expect(state()).toBe('offline');
  const asked = fake.requests.length;
  text.lookAgain();
  await expect.poll(() => fake.requests.length).toBeGreaterThan(asked);
});

it('ends the exchange when its reader goes away', async () => {
  const { text, fake, outcomes } = setUp(
    { failAfter: 0 },
    streamOf([says('one'), says(' two'), says(' three'), ends()]),
  );
  for await (const step of text.stream({ task, text: 'hello' })) if (step.kind === 'text') break;
  await new Promise((resolve) => void setTimeout(resolve, 5));
  expect(fake.openBodies()).toBe(0);
  expect(await outcomes()).toMatchObject([{ verdict: 'aborted', tier: 'large' }]);
});
