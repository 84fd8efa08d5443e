import { describe, expect, it } from 'vitest';
import { batcherWorld as world, macrotask, textJob as job } from '../../testing/batcher-world.js';
import type { TextEnd } from '../../tasks/text-generation/text-output.js';
import { seededRandom } from '../../testing/seeded-random.js';

const SYSTEM = { role: 'system', content: 'You repeat what you are told, and nothing else.' } as const;

const textOf = ({ choices }: TextEnd): string => choices[0]!.text;
/** What is told is told before the loop comes to rest. */
const rest = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await macrotask();
};

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

  it('tells the first word before it computes the next one', async () => {
    const { ask, messages } = world();
    await ask(job('hi'));
    const [first] = messages[0]!;
    expect(first).toMatchObject({ kind: 'pieces', pieces: [{ logProbs: [expect.anything()] }] });
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
    const { batcher, written, endOf, until, graph } = world();
    batcher.begin(1, job('a slow one reads this, and takes its time'), 4);
    batcher.begin(2, job('a quick one'), 1000);
    await endOf(2);
    expect(written(1)).toBe(4);
    for (let read = 4; read < 48; read += 4) {
      batcher.more(1, 4);
      await until(() => written(1) === read + 4);
    }
    batcher.more(1, 100);
    expect(textOf(await endOf(1))).toBe('You said: a slow one reads this, and takes its time');
    expect(graph.runs.length).toBeLessThan(90);
  });

  it('ends a reader that takes nothing for half a minute', async () => {
    const { batcher, endOf, pass, ask, until, written } = world();
    batcher.begin(7, job('nobody reads this'), 3);
    await until(() => written(7) === 3);
    await ask(job('hi'));
    pass(29_000);
    await ask(job('hi'));
    expect(batcher.active()).toBe(1);
    pass(2_000);
    expect((await endOf(7)).choices[0]).toMatchObject({ text: 'You', finishReason: 'cancelled' });
  });

  it('lets nobody wait for long answers of others: they take turns', async () => {
    const { batcher, endOf, until, written, pass, graph } = world({ maxRows: 2 });
    const long = 'x'.repeat(200);
    batcher.begin(1, job(long), 1000);
    batcher.begin(2, job(long), 1000);
    await until(() => written(1) > 3 && written(2) > 3);
    batcher.begin(3, job('one word'), 1000);
    batcher.begin(4, job('another'), 1000);
    for (let i = 0; i < 9; i++) await macrotask();
    expect(written(3)).toBe(0);
    pass(1000);
    for (let i = 0; i < 60; i++) {
      pass(100);
      await macrotask();
    }
    const [third, fourth] = [await endOf(3), await endOf(4)];
    expect([textOf(third), textOf(fourth)]).toEqual(['You said: one word', 'You said: another']);
    expect(written(1)).toBeLessThan(200);
    expect(written(2)).toBeLessThan(200);
    for (const id of [1, 2]) expect(textOf(await endOf(id))).toBe(`You said: ${long}`);
    expect(Math.max(...graph.runs.map(({ rows }) => rows))).toBe(2);
    await batcher.close();
    expect(graph.liveBytes()).toBe(0);
  });

  it('ends it after five seconds where others wait for the memory that it holds', async () => {
    const { batcher, endOf, pass, until, written, piecesOf } = world({ kvTokens: 300 });
    batcher.begin(7, job('nobody reads this', { maxTokens: 150 }), 3);
    await until(() => written(7) === 3);
    await rest();
    pass(4_000);
    batcher.begin(8, job('waits', { maxTokens: 150 }), 1000);
    await rest();
    expect(piecesOf(8)).toEqual([]);
    pass(2_000);
    expect((await endOf(7)).choices[0]).toMatchObject({ text: 'You', finishReason: 'cancelled' });
    expect(textOf(await endOf(8))).toBe('You said: waits');
  });

  it('ends a reader half a minute after it stopped, also where another one stopped before', async () => {
    const { batcher, endOf, pass, until, written } = world();
    batcher.begin(7, job('nobody reads this'), 3);
    await until(() => written(7) === 3);
    await rest();
    pass(20_000);
    batcher.begin(8, job('nor this'), 3);
    await until(() => written(8) === 3);
    await rest();
    pass(10_100);
    await endOf(7);
    await rest();
    pass(20_000);
    await endOf(8);
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

  it('hears what came during a run before it chooses: who has left then is given no token', async () => {
    const { batcher, graph, tokenizer, until, written } = world();
    batcher.begin(51, job('this is left', { topLogProbs: 0 }), 1000);
    await until(() => written(51) >= 3);
    let chosen = 0;
    const spelt = tokenizer.textOf;
    const { run } = graph;
    Object.assign(tokenizer, { textOf: (id: number) => (chosen++, spelt(id)) });
    Object.assign(graph, {
      run: async (feed: Parameters<typeof run>[0]) => {
        const step = await run(feed);
        void macrotask().then(() => batcher.cancel(51));
        return step;
      },
    });
    await until(() => batcher.active() === 0);
    await rest();
    expect(chosen).toBe(0);
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
      for (let i = 0; i < 3; i++) await macrotask();
      expect(graph.liveBytes()).toBeLessThanOrEqual(200 * graph.bytesPerToken);
    }
    await batcher.close();
    expect(graph.liveBytes()).toBe(0);
  });

  it('keeps every text apart whoever comes, stops reading, goes on or leaves', async () => {
    const { batcher, graph, endOf, piecesOf, messages } = world({ maxRows: 3, kvTokens: 900 });
    const random = seededRandom(11);
    const said = Array.from({ length: 40 }, (_, id) => `${id} ${'z'.repeat(40 * random())}`);
    const priorities = ['high', 'normal', 'low'] as const;
    const left = new Set<number>();
    const owed = said.map(() => 0);
    let isReading = true;
    let seen = 0;
    const read = (): void => {
      for (const event of messages.slice(seen).flat()) {
        if (event.kind === 'pieces') for (const { logProbs } of event.pieces) owed[event.jobId]! += logProbs.length;
      }
      seen = messages.length;
      for (const [id, tokens] of owed.entries()) {
        if (tokens === 0 || (isReading && random() < 0.7)) continue;
        owed[id] = 0;
        batcher.more(id, tokens);
      }
    };
    for (let tick = 0; tick < 250; tick++) {
      if (tick < said.length) {
        const system = random() < 0.5 ? [SYSTEM] : [];
        const chat = [...system, { role: 'user' as const, content: said[tick]! }];
        batcher.begin(tick, job('', {}, { messages: chat, priority: priorities[tick % 3]! }), 6);
      } else if (random() < 0.04) {
        const id = Math.floor(random() * said.length);
        left.add(id);
        batcher.cancel(id);
      }
      read();
      await macrotask();
    }
    isReading = false;
    while (batcher.active() > 0) {
      read();
      await macrotask();
    }
    for (const [id, text] of said.entries()) {
      const shown = piecesOf(id)
        .map((piece) => piece.text)
        .join('');
      expect(`You said: ${text}`.startsWith(shown)).toBe(true);
      if (left.has(id)) continue;
      expect(shown).toBe(`You said: ${text}`);
      expect(textOf(await endOf(id))).toBe(shown);
    }
    expect(left.size).toBeGreaterThan(3);
    for (let i = 0; i < 3; i++) await macrotask();
    expect(graph.liveBytes()).toBeLessThanOrEqual(300 * graph.bytesPerToken);
  });

  it('tells what happened to all jobs of a turn in one message', async () => {
    const { batcher, endOf, messages } = world();
    for (let id = 1; id <= 4; id++) batcher.begin(id, job(`number ${id}`), 1000);
    for (let id = 1; id <= 4; id++) await endOf(id);
    expect(messages.some((events) => events.length === 4)).toBe(true);
  });

  it('refuses those for whom it would be a long wait, and loses nobody else', async () => {
    const { batcher, endOf, messages, graph } = world();
    for (let id = 1; id <= 300; id++) batcher.begin(id, job(`${id}`), 1000);
    expect(batcher.active()).toBe(256);
    const refused = messages.flat().flatMap((event) => (event.kind === 'failed' ? [event] : []));
    expect(refused.map(({ error }) => error.code)).toEqual(Array.from({ length: 44 }, () => 'OVERLOADED'));
    for (let id = 3; id <= 256; id++) batcher.cancel(id);
    expect([textOf(await endOf(1)), textOf(await endOf(2))]).toEqual(['You said: 1', 'You said: 2']);
    await batcher.close();
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
