import { expect, it, onTestFinished } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { exampleCatalog } from '../../testing/example-catalog.js';
import { exampleTextModel } from '../../testing/example-text-tier.js';
import { createFakePorts } from '../../testing/fake-ports.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import type { Embed } from '../embed/embed.js';
import { createTextRuntime } from '../text/create-text-runtime.js';
import type { TextStep } from '../text/text-step.js';
import { withPromptEconomy } from './with-prompt-economy.js';

const task = 'text-generation';
const messages = [
  { role: 'user' as const, content: 'hello   there' },
  { role: 'assistant' as const, content: 'hello' },
  { role: 'user' as const, content: 'how are you?' },
];
const economy = { whitespace: true, oldestTurns: true, maxInputTokens: 5 };

function setUp({ embed }: { embed?: Embed } = {}) {
  const ports = createFakePorts({ catalog: exampleCatalog({ models: [exampleTextModel('small')], deltas: [] }) });
  const engine = createFakeTextEngine({ answers: 'one two three four' });
  const text = createTextRuntime({ ...ports, engine, readFile: async () => new Uint8Array() });
  onTestFinished(() => text.close());
  return { runtime: withPromptEconomy(text, { count: text.count, embed }), engine, text };
}

it('is told on the result, and counts what the tier reads', async () => {
  const { runtime, engine } = setUp();
  const result = await runtime.run({ task, messages, economy });
  expect(engine.runs.map(({ job }) => job.messages)).toEqual([[messages[2]]]);
  expect(result.economy).toEqual({
    before: { tokens: 12, estimated: false },
    after: { tokens: result.usage.inputTokens, estimated: false },
    cut: [
      { kind: 'turn', message: 0, tokens: 4 },
      { kind: 'turn', message: 1, tokens: 3 },
    ],
  });
});

it('is told at the end of a stream', async () => {
  const { runtime } = setUp();
  const steps: TextStep[] = [];
  for await (const step of runtime.stream({ task, messages, economy })) steps.push(step);
  const last = steps.at(-1)!;
  expect(last.kind === 'result' && last.result.economy?.after.tokens).toBe(5);
  expect(steps.filter(({ kind }) => kind === 'text')).toHaveLength(4);
});

it('lets answers be as short as they are asked to be', async () => {
  const { runtime, engine } = setUp();
  const brief = { maxTokens: 2 };
  const result = await runtime.run({ task, text: 'how?', economy: { brief }, generation: { seed: 7 } });
  expect([result.output.choices[0]!.text, result.usage.inputTokens]).toEqual(['one two', result.economy!.after.tokens]);
  await runtime.run({ task, text: 'how?', economy: { brief }, generation: { maxTokens: 1 } });
  expect(engine.runs.map(({ job: { generation } }) => [generation.maxTokens, generation.seed])).toEqual([
    [2, 7],
    [1, undefined],
  ]);
});

it('lets requests go by that say nothing of it', async () => {
  const asked: unknown[] = [];
  const run = async (input: unknown) => void asked.push(input);
  const stream = async function* (input: unknown) {
    asked.push(input);
    yield await Promise.resolve();
  };
  const count = () => Promise.reject(new Error('nobody counts'));
  const runtime = withPromptEconomy({ run, stream } as never, { count });
  const inputs = [{ task, text: 'a' }, { text: 'a', economy: {} }, null, 7];
  for (const input of inputs) await (runtime as { run: (input: unknown) => Promise<unknown> }).run(input);
  expect(asked).toEqual(inputs);
  expect(asked[0]).toBe(inputs[0]);
  expect(await setUp().runtime.run({ task, text: 'a', economy: undefined })).not.toHaveProperty('economy');
});

it('refuses what is wrong before it loads anything', async () => {
  const { runtime, engine } = setUp();
  const wrong = [
    { task, messages, economy: { shorter: true } },
    { task, messages, economy: { relevance: true } },
    { task, text: ' ', economy },
    { task, text: 'half \ud83d', economy },
    { task, messages, economy, documents: {} },
  ];
  for (const input of wrong) {
    await expect(runtime.run(input as never)).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(runtime.stream(input as never).next()).rejects.toBeInstanceOf(InvalidRequestError);
  }
  await expect(runtime.run({ task, messages, economy }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(engine.loads).toEqual([]);
});

it('embeds of a chat that goes on only what is new, and does without an encoder', async () => {
  const embedded: string[][] = [];
  let encoder: string | undefined = 'e';
  const embed: Embed = async (texts) => {
    if (encoder === undefined) throw new NoTierFitsError({ message: 'no', hint: 'no' });
    embedded.push([...texts]);
    return { encoder, vectors: texts.map((text) => Float32Array.of(text.includes('are') ? 1 : 0)) };
  };
  const { runtime } = setUp({ embed });
  const wish = { task, economy: { relevance: true, oldestTurns: true, maxInputTokens: 5 } } as const;
  expect((await runtime.run({ ...wish, messages })).economy!.cut.map(({ kind }) => kind)).toEqual([
    'context',
    'context',
  ]);
  const next = [
    ...messages,
    { role: 'assistant' as const, content: '' },
    { role: 'user' as const, content: 'and you?' },
  ];
  await runtime.run({ ...wish, messages: next });
  const ofFirst = ['how are you?', 'hello   there\nhello'];
  const ofNext = ['and you?', ofFirst[1]!, 'how are you?\n'];
  expect(embedded).toEqual([ofFirst, [ofNext[0], ofNext[2]]]);
  encoder = 'another';
  await runtime.run({ ...wish, messages: [...messages.slice(0, 2), { role: 'user', content: 'new?' }] });
  expect(embedded.slice(2)).toEqual([['new?'], ['new?', ofFirst[1]]]);
  encoder = undefined;
  const { economy: facts } = await runtime.run({
    ...wish,
    messages: [...messages.slice(0, 2), { role: 'user', content: '?' }],
  });
  expect(facts!.cut.map(({ kind }) => kind)).toEqual(['turn', 'turn']);
});

it('keeps the order of a stream of requests, those that are shortened and others', async () => {
  const { runtime } = setUp();
  const done: string[] = [];
  const first = runtime.run({ task, messages, economy }, { inOrder: 'a' }).then(() => done.push('shortened'));
  const second = runtime.run({ task, messages }, { inOrder: 'a' }).then(() => done.push('whole'));
  await Promise.all([first, second]);
  expect(done).toEqual(['shortened', 'whole']);
});

it('ends the run of a stream that is left', async () => {
  const { runtime, engine } = setUp();
  for await (const step of runtime.stream({ task, messages, economy })) if (step.kind === 'text') break;
  expect(engine.runs.map(({ state }) => state)).toEqual(['cancelled']);
});
