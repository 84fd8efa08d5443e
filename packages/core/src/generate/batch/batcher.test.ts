import { describe, expect, it } from 'vitest';
import { fromEnvelope } from '../../errors/error-envelope.js';
import type { TextJob } from '../../ports/text-engine.js';
import { DEFAULT_GENERATION, type Generation } from '../../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import { createFakeChatTokenizer, FAKE_TOKENS } from '../../testing/fake-chat-tokenizer.js';
import { createFakeTextGraph, type NextToken } from '../../testing/fake-text-graph.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { GrammarCompiler } from '../grammar/grammar.js';
import type { TextEvent } from '../worker/text-worker.js';
import { createBatcher } from './batcher.js';
import type { ReadToolCalls } from './shown-text.js';

const job = (said: string, generation: Partial<Generation> = {}, rest: Partial<TextJob> = {}): TextJob => ({
  messages: [{ role: 'user', content: said }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, ...generation },
  priority: 'normal',
  ...rest,
});

const SYSTEM = { role: 'system', content: 'You repeat what you are told, and nothing else.' } as const;

/** Digits only, `most` of them. */
const digits = (most: number): GrammarCompiler => ({
  compile: () => ({
    start() {
      const at = (count: number): ReturnType<ReturnType<GrammarCompiler['compile']>['start']> => {
        let written = count;
        return {
          mask(into) {
            into.fill(0);
            for (let digit = 48; digit < 58; digit++) into[digit >> 5]! |= 1 << (digit & 31);
            return true;
          },
          accept: (token) => token >= 48 && token < 58 && ++written > 0,
          get isComplete() {
            return written >= most;
          },
          get isOver() {
            return written >= most;
          },
          copy: () => at(written),
        };
      };
      return at(0);
    },
  }),
});

function world({
  next,
  maxRows,
  kvTokens = 4096,
  contextTokens = 1024,
  grammars = digits(4),
  readToolCalls,
}: {
  next?: NextToken;
  maxRows?: number;
  kvTokens?: number;
  contextTokens?: number;
  grammars?: GrammarCompiler;
  readToolCalls?: ReadToolCalls;
} = {}) {
  const graph = createFakeTextGraph({ ...(next && { next }), ...(maxRows && { maxRows }) });
  const messages: TextEvent[][] = [];
  let nowMs = 0;
  let turns = 0;
  const batcher = createBatcher({
    model: {
      modelId: 'fake',
      contextTokens,
      kvBytes: kvTokens * graph.bytesPerToken,
      shape: { family: 'fake', kvHeads: 1, headDim: 1, kvBytesPerElement: 4, endTokens: [FAKE_TOKENS.end], maxRows: 8 },
    },
    graph,
    tokenizer: createFakeChatTokenizer(),
    grammars,
    readToolCalls,
    nowMs: () => nowMs,
    random: seededRandom(1),
    yieldToMessages: () => new Promise((resolve) => void (turns++, setTimeout(resolve, 0))),
    send: (events) => void messages.push([...events]),
  });
  const eventsOf = (id: number) => messages.flat().filter((event) => event.kind !== 'dead' && event.jobId === id);
  const piecesOf = (id: number): TextPiece[] =>
    eventsOf(id).flatMap((event) => (event.kind === 'pieces' ? event.pieces : []));
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let i = 0; i < 5000 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 0));
    expect(isTrue()).toBe(true);
  };
  const endOf = async (id: number): Promise<TextEnd> => {
    await until(() => eventsOf(id).some(({ kind }) => kind !== 'pieces'));
    const last = eventsOf(id).at(-1)!;
    if (last.kind === 'failed') throw fromEnvelope(last.error);
    if (last.kind !== 'ended') throw new Error('it goes on');
    return last.end;
  };
  let lastId = 0;
  /** Reads everything at once. */
  const ask = async (asked: TextJob, credit = 10_000): Promise<TextEnd> => {
    const id = ++lastId;
    batcher.begin(id, asked, credit);
    return endOf(id);
  };
  return {
    graph,
    batcher,
    messages,
    piecesOf,
    endOf,
    until,
    ask,
    turns: () => turns,
    pass: (ms: number) => void (nowMs += ms),
  };
}

const textOf = ({ choices }: TextEnd): string => choices[0]!.text;

describe('a batcher', () => {
  it('writes an answer in pieces, one token a turn, with the log-probability of each', async () => {
    const { ask, piecesOf } = world();
    const { choices, usage, trimmedMessages } = await ask(job('hi'));
    expect(choices).toEqual([{ role: 'assistant', text: 'You said: hi', toolCalls: [], finishReason: 'stop' }]);
    expect(usage).toEqual({ inputTokens: 5, cachedTokens: 0, outputTokens: 12 });
    expect(trimmedMessages).toBe(0);
    const pieces = piecesOf(1);
    expect(pieces.map(({ text }) => text).join('')).toBe('You said: hi');
    expect(pieces.flatMap(({ logProbs }) => logProbs)).toHaveLength(12);
    for (const { logProbs } of pieces) for (const logProb of logProbs) expect(logProb).toBeLessThan(0);
  });

  it('reads long prompts in chunks, and the others go on between them', async () => {
    const { batcher, graph, endOf } = world();
    batcher.begin(1, job('abcdefghijklmnopqrstuvwxyz'), 1000);
    batcher.begin(2, job('x'.repeat(200)), 1000);
    await endOf(2);
    await endOf(1);
    const chunks = graph.runs.flatMap(({ columns }, i) => (columns > 1 ? [i] : []));
    expect(chunks.length).toBeGreaterThan(6);
    expect(chunks.slice(2).every((at, i) => at - chunks[i + 1]! >= 2)).toBe(true);
  });

  it('writes the same texts side by side as one by one, also drawn ones', async () => {
    const jobs = ['one', 'a second one that is longer', 'three', 'four and more', 'five'].map((said, seed) =>
      job(said, { temperature: 1, seed, maxTokens: 20 + 7 * seed }),
    );
    const alone: string[] = [];
    for (const one of jobs) alone.push(textOf(await world().ask(one)));
    const { ask, graph } = world({ maxRows: 3 });
    expect((await Promise.all(jobs.map((one) => ask(one)))).map(textOf)).toEqual(alone);
    expect(Math.max(...graph.runs.map(({ rows }) => rows))).toBe(3);
    expect(new Set(alone).size).toBe(5);
  });

  it('draws n answers behind one reading of the prompt, also more than there are rows', async () => {
    const { ask, graph, piecesOf } = world({ maxRows: 2 });
    const { choices, usage } = await ask(job('several', { n: 5, temperature: 1.2, seed: 3, maxTokens: 12 }));
    expect(choices).toHaveLength(5);
    expect(new Set(choices.map(({ text }) => text)).size).toBeGreaterThan(1);
    for (const [choice, { text }] of choices.entries()) {
      const pieces = piecesOf(1).filter((piece) => piece.choice === choice);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    }
    expect(graph.runs.filter(({ columns }) => columns > 1)).toHaveLength(1);
    expect(usage.outputTokens).toBe(piecesOf(1).flatMap(({ logProbs }) => logProbs).length);
  });

  it('never writes more than its reader has given credit for, and a slow reader stops nobody else', async () => {
    const { batcher, piecesOf, endOf, until, graph } = world();
    batcher.begin(1, job('a slow one reads this, and takes its time'), 4);
    batcher.begin(2, job('a quick one'), 1000);
    await endOf(2);
    const written = (): number => piecesOf(1).flatMap(({ logProbs }) => logProbs).length;
    expect(written()).toBe(4);
    let read = 4;
    while (!batcher.active() || read < 40) {
      batcher.more(1, 4);
      await until(() => written() === read + 4);
      read += 4;
    }
    batcher.more(1, 100);
    batcher.more(1, 100);
    batcher.more(1, 100);
    for (let i = 0; i < 40; i++) {
      batcher.more(1, 4);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(textOf(await endOf(1))).toBe('You said: a slow one reads this, and takes its time');
    expect(graph.runs.length).toBeLessThan(90);
  });

  it('ends a reader that takes nothing for half a minute, as soon as anybody asks again', async () => {
    const { batcher, endOf, pass, ask, until, piecesOf } = world();
    batcher.begin(7, job('nobody reads this'), 3);
    await until(() => piecesOf(7).length === 3);
    await ask(job('hi'));
    pass(31_000);
    await ask(job('hi'));
    expect((await endOf(7)).choices[0]).toMatchObject({ text: 'You', finishReason: 'cancelled' });
  });

  it('stops a cancelled job within one token, and knows of none that it never had', async () => {
    const { batcher, until, piecesOf, graph, ask } = world();
    batcher.begin(5, job('this goes on for a while, or would'), 1000);
    await until(() => piecesOf(5).length >= 3);
    batcher.cancel(5);
    batcher.cancel(99);
    batcher.more(99, 3);
    const runs = graph.runs.length;
    await ask(job('hi'));
    expect(graph.runs.slice(runs + 1).every(({ rows }) => rows === 1)).toBe(true);
    expect(batcher.active()).toBe(0);
  });

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

  it('computes beginnings that prompts share once', async () => {
    const { ask } = world();
    const chat = (said: string): TextJob => job('', {}, { messages: [SYSTEM, { role: 'user', content: said }] });
    const first = await ask(chat('hi'));
    const second = await ask(chat('ho'));
    expect(first.usage.cachedTokens).toBe(0);
    expect(second.usage.cachedTokens).toBe(SYSTEM.content.length + 2);
    expect(textOf(second)).toBe('You said: ho');
    const messages = [
      SYSTEM,
      { role: 'user' as const, content: 'ho' },
      { role: 'assistant' as const, content: 'You said: ho' },
    ];
    const third = await ask(job('', {}, { messages: [...messages, { role: 'user', content: 'and now?' }] }));
    expect(third.usage.cachedTokens).toBe(second.usage.inputTokens);
    expect(textOf(third)).toBe('You said: and now?');
    const again = await ask(chat('ho'));
    expect(again.usage.cachedTokens).toBe(SYSTEM.content.length + 2);
  });

  it('holds no more memory after a hundred jobs than its kept beginnings may take', async () => {
    const { ask, graph, batcher } = world({ kvTokens: 600 });
    const random = seededRandom(5);
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          ask(job(`${round} ${'y'.repeat(random() * 60)} ${i}`, { maxTokens: 5 + 10 * random(), n: 1 + (i % 2) })),
        ),
      );
      expect(graph.liveBytes()).toBeLessThanOrEqual(200 * graph.bytesPerToken);
    }
    await batcher.close();
    expect(graph.liveBytes()).toBe(0);
  });

  it('lets nobody begin who would not have room to its end, in order of priority', async () => {
    const { batcher, endOf, graph, messages } = world({ kvTokens: 300 });
    batcher.begin(1, job('first', { maxTokens: 90 }), 1000);
    batcher.begin(2, job('second', { maxTokens: 90 }), 1000);
    batcher.begin(3, job('third', { maxTokens: 90 }, { priority: 'low' }), 1000);
    batcher.begin(4, job('fourth', { maxTokens: 90 }, { priority: 'high' }), 1000);
    await endOf(3);
    const order = messages.flat().flatMap((event) => (event.kind === 'ended' ? [event.jobId] : []));
    expect(order[0]).toBe(4);
    expect(order.at(-1)).toBe(3);
    expect(Math.max(...graph.runs.map(({ rows }) => rows))).toBeLessThanOrEqual(2);
  });

  it('tells what happened to all jobs of a turn in one message', async () => {
    const { batcher, endOf, messages } = world();
    for (let id = 1; id <= 4; id++) batcher.begin(id, job(`number ${id}`), 1000);
    for (let id = 1; id <= 4; id++) await endOf(id);
    expect(messages.some((events) => events.length === 4)).toBe(true);
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
    const { batcher, endOf } = world({
      next: (ids) => (ids.includes(33) && ids.length > 9 ? NaN : ids.length > 30 ? FAKE_TOKENS.end : 97),
    });
    batcher.begin(1, job('a'), 1000);
    await endOf(1);
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

  it('does nothing when there is nothing to do', async () => {
    const { ask, turns } = world();
    await ask(job('hi'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = turns();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(turns()).toBe(before);
  });
});
