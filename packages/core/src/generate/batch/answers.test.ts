import { describe, expect, it } from 'vitest';
import { batcherWorld as world, textJob as job } from '../../testing/batcher-world.js';
import { matches } from '../../tasks/text-generation/matches.js';
import type { JsonSchema } from '../../tasks/text-generation/messages.js';
import type { TextEnd } from '../../tasks/text-generation/text-output.js';
import { createGrammars } from '../grammar/create-grammars.js';
import type { ReadToolCalls } from './shown-text.js';

const textOf = ({ choices }: TextEnd): string => choices[0]!.text;

describe('an answer of a batcher', () => {
  it('ends at a stop string that several tokens spell, and shows nothing of it', async () => {
    const { ask, piecesOf } = world();
    const { choices } = await ask(job('one STOP two', { stop: ['STOP', 'never'] }));
    expect(choices[0]).toMatchObject({ text: 'You said: one ', finishReason: 'stop' });
    expect(
      piecesOf(1)
        .map(({ text }) => text)
        .join(''),
    ).toBe('You said: one ');
  });

  it('ends at as many tokens as were asked for, and at the end of the context', async () => {
    const { ask } = world({ contextTokens: 30 });
    expect((await ask(job('hi', { maxTokens: 1 }))).choices[0]).toMatchObject({ text: 'Y', finishReason: 'length' });
    const full = await ask(job('x'.repeat(26)));
    expect(full.choices[0]).toMatchObject({ text: 'Y', finishReason: 'length' });
    await expect(ask(job('x'.repeat(27)))).rejects.toMatchObject({ code: 'CONTEXT_EXCEEDED' });
    const long = {
      messages: ['a'.repeat(12), 'b'.repeat(12), 'c'].map((content) => ({ role: 'user' as const, content })),
    };
    expect(await ask(job('', { context: 'trim' }, long))).toMatchObject({ trimmedMessages: 1 });
  });

  it('shows whole characters only', async () => {
    const { ask, piecesOf } = world();
    expect(textOf(await ask(job('déjà 🙂')))).toBe('You said: déjà 🙂');
    for (const { text } of piecesOf(1)) expect(text).not.toContain('\uFFFD');
  });

  it('goes on from what the assistant has said already', async () => {
    const { ask } = world();
    const { choices } = await ask(job('hello', {}, { prefix: 'You said' }));
    expect(choices[0]!.text).toBe(': hello');
  });

  it('writes what a grammar allows, and says so when that was not finished', async () => {
    const { ask } = world();
    const format = { kind: 'json' } as const;
    const { choices } = await ask(job('hi', { format }));
    expect(choices[0]!.text).toMatch(/^\d{4}$/);
    await expect(ask(job('hi', { format, maxTokens: 3 }))).rejects.toMatchObject({
      code: 'STRUCTURE_UNMET',
      facts: { finishReason: 'length', tokens: 3 },
    });
    await expect(ask(job('hi', { format }, { prefix: 'no digit' }))).rejects.toMatchObject({ code: 'STRUCTURE_UNMET' });
    expect(await ask(job('hi', { format }, { prefix: '12' }))).toMatchObject({
      choices: [{ text: expect.stringMatching(/^\d\d$/) }],
    });
  });

  it('ends what a schema asks for within its limit, whatever the model wants', async () => {
    const { ask } = world({ grammars: createGrammars });
    const schema: JsonSchema = {
      type: 'object',
      properties: { said: { type: 'array', items: { type: 'string', minLength: 2 }, minItems: 1 } },
      required: ['said'],
    };
    const format = { kind: 'schema', schema } as const;
    const least = '{"said":["ab"]}'.length;
    for (let maxTokens = least; maxTokens < least + 30; maxTokens += 3) {
      const end = await ask(job('hi', { format, maxTokens, temperature: maxTokens % 2, seed: maxTokens }));
      expect(end.usage.outputTokens).toBeLessThanOrEqual(maxTokens);
      expect(matches(schema, JSON.parse(textOf(end)))).toBe(true);
    }
    const prefix = '{"said": ["a';
    const { choices } = await ask(job('hi', { format, maxTokens: 4, n: 2 }, { prefix }));
    for (const { text } of choices) expect(matches(schema, JSON.parse(prefix + text))).toBe(true);
  });

  it('refuses a limit that is too low for what was asked for before anything is read', async () => {
    const { ask, graph } = world({ grammars: createGrammars });
    const format = { kind: 'schema', schema: { enum: ['abc', 12] } } as const;
    await expect(ask(job('hi', { format, maxTokens: 1 }))).rejects.toMatchObject({
      code: 'STRUCTURE_UNMET',
      facts: { tokens: 0, leastTokens: 2, limitTokens: 1 },
    });
    expect(graph.runs).toEqual([]);
  });

  it('scores the values of an enum, and takes the likeliest', async () => {
    const values = ['You', 'You said', 'yes', 'yes, but', 'no'];
    const { ask, piecesOf, graph } = world({ maxRows: 2 });
    const { choices } = await ask(job('said', { format: { kind: 'enum', values } }));
    const [{ text, labels, finishReason }] = choices as [(typeof choices)[0]];
    expect([text, finishReason]).toEqual(['You said', 'stop']);
    expect(labels!.map(({ label }) => label)[0]).toBe('You said');
    expect(labels!.map(({ label }) => label).toSorted()).toEqual(values.toSorted());
    expect(labels!.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 6);
    expect(piecesOf(1)).toMatchObject([{ text: 'You said', choice: 0 }]);
    expect(piecesOf(1)[0]!.logProbs).toHaveLength(8);
    const drawn = await ask(job('said', { format: { kind: 'enum', values }, temperature: 50, n: 16, seed: 1 }));
    expect(new Set(drawn.choices.map((choice) => choice.text)).size).toBeGreaterThan(1);
    expect(graph.liveBytes()).toBeLessThan(100 * graph.bytesPerToken);
    const rest = await ask(job('said', { format: { kind: 'enum', values } }, { prefix: 'yes' }));
    expect(['', ', but']).toContain(rest.choices[0]!.text);
    await expect(ask(job('x', { format: { kind: 'enum', values } }, { prefix: 'z' }))).rejects.toMatchObject({
      code: 'STRUCTURE_UNMET',
    });
  });

  it('shows nothing of a call of a tool, and tells of the call', async () => {
    const readToolCalls: ReadToolCalls = (text, family, newId) => {
      const at = text.indexOf('<tool_call>');
      const toolCalls =
        at < 0 || !text.includes('{') ? [] : [{ id: newId(), name: family, arguments: text.slice(at + 11) }];
      return { text: at < 0 ? text : text.slice(0, at).trimEnd(), toolCalls };
    };
    const tools = [{ name: 'look', parameters: {} }];
    const { ask, piecesOf } = world({ readToolCalls });
    const { choices } = await ask(job('<tool_call>{"a":1}', {}, { tools }));
    expect(choices[0]).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ name: 'fake', arguments: '{"a":1}' }],
    });
    expect(choices[0]!.text.trimEnd()).toBe('You said:');
    expect(
      piecesOf(1)
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    ).toBe('You said:');
    expect((await ask(job('<tool_call>no', {}, { tools }))).choices[0]).toMatchObject({
      text: 'You said: <tool_call>no',
      finishReason: 'stop',
    });
  });

  it('tells alternatives of tokens where they are asked for', async () => {
    const { ask, piecesOf } = world();
    await ask(job('hi', { topLogProbs: 2 }));
    const tokens = piecesOf(1).flatMap((piece) => piece.tokens ?? []);
    expect(tokens.map(({ token }) => token).join('')).toBe('You said: hi');
    for (const { token, logProb, top } of tokens) {
      expect(top[0]).toEqual({ token, logProb });
      expect(top).toHaveLength(2);
    }
  });

  it('gives the logits behind a text between two turns', async () => {
    const { batcher, endOf } = world();
    batcher.begin(1, job('meanwhile'), 1000);
    const logits = await batcher.logits(Int32Array.from({ length: 70 }, (_, i) => i));
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(textOf(await endOf(1))).toBe('You said: meanwhile');
  });

  it('refuses a chat that is empty as the model reads it', async () => {
    const { ask, batcher, tokenizer } = world();
    tokenizer.prompt = () => ({ ids: new Int32Array(0), sharedTokens: 0, trimmedMessages: 0 });
    await expect(ask(job(''))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(batcher.logits(new Int32Array(0))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('fails all jobs when the graph fails, and every later one', async () => {
    const { batcher, graph, endOf, until, piecesOf, messages, ask } = world();
    batcher.begin(11, job('some text'), 1000);
    batcher.begin(12, job('some other text'), 1000);
    await until(() => piecesOf(12).length > 2);
    graph.breakNext(new Error('out of memory'));
    for (const id of [11, 12]) await expect(endOf(id)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(messages.flat().filter(({ kind }) => kind === 'dead')).toHaveLength(1);
    await expect(ask(job('hi'))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(batcher.logits(Int32Array.of(1))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('fails only the job whose logits are not numbers', async () => {
    const { batcher, endOf, graph } = world();
    const run = graph.run.bind(graph);
    graph.run = async (feed) => {
      const step = await run(feed);
      for (const [row, ids] of step.caches.ids.entries())
        if (ids.includes(33)) step.logits.fill(NaN, row * 261, row * 261 + 1);
      return step;
    };
    batcher.begin(1, job('sound'), 1000);
    batcher.begin(2, job('rotten!'), 1000);
    await expect(endOf(2)).rejects.toMatchObject({ code: 'ENGINE_FAILED', facts: { reason: 'not a number' } });
    expect(textOf(await endOf(1))).toBe('You said: sound');
  });

  it('fails what is under way when it is closed, and lets go of everything', async () => {
    const { batcher, graph, endOf, until, piecesOf } = world();
    batcher.begin(1, job('some text that is never finished'), 1000);
    await until(() => piecesOf(1).length > 2);
    const closed = batcher.close();
    await expect(endOf(1)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await closed;
    expect(graph.liveBytes()).toBe(0);
  });
});
