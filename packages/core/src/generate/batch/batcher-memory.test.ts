import { describe, expect, it } from 'vitest';
import { batcherWorld as world, macrotask, textJob as job } from '../../testing/batcher-world.js';
import type { TextEnd } from '../../tasks/text-generation/text-output.js';

const textOf = ({ choices }: TextEnd): string => choices[0]!.text;
/** What is told is told before the loop comes to rest. */
const rest = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await macrotask();
};

describe('a batcher that is short of memory', { timeout: 20_000 }, () => {
  it('lets nobody begin who might not have room to its end, in order of priority', async () => {
    const { batcher, endOf, graph, messages } = world({ kvTokens: 300 });
    batcher.begin(1, job('first', { maxTokens: 90 }), 1000);
    batcher.begin(2, job('second', { maxTokens: 90 }), 1000);
    batcher.begin(3, job('third', { maxTokens: 90 }, { priority: 'low' }), 1000);
    batcher.begin(4, job('fourth', { maxTokens: 90 }, { priority: 'high' }), 1000);
    await endOf(3);
    const order = messages.flat().flatMap((event) => (event.kind === 'ended' ? [event.jobId] : []));
    expect(order.slice(0, 2).toSorted()).toEqual([1, 4]);
    expect(order.slice(2)).toEqual([2, 3]);
    expect(Math.max(...graph.runs.map(({ rows }) => rows))).toBeLessThanOrEqual(2);
  });

  it('lets one that has waited begin in what others do not need yet', async () => {
    const { batcher, endOf, until, written, pass } = world({ kvTokens: 1000 });
    const long = { maxTokens: 120, logitBias: { 2: -100 } };
    for (let id = 1; id <= 4; id++) batcher.begin(id, job('x'.repeat(30), long), 1000);
    await until(() => written(4) > 0);
    batcher.begin(5, job('a short one', { maxTokens: 40 }), 1000);
    await until(() => written(4) > 5);
    expect(written(5)).toBe(0);
    pass(1000);
    expect(textOf(await endOf(5))).toBe('You said: a short one');
    for (let id = 1; id <= 4; id++) expect(written(id)).toBeLessThan(60);
  });

  it('lets one that has waited begin also where all others have stopped reading', async () => {
    const { batcher, endOf, until, written, pass } = world({ kvTokens: 1000 });
    for (let id = 1; id <= 4; id++) batcher.begin(id, job('x'.repeat(30), { maxTokens: 120 }), 3);
    await until(() => written(4) === 3);
    batcher.begin(5, job('a short one', { maxTokens: 40 }), 1000);
    await rest();
    expect(written(5)).toBe(0);
    pass(1002);
    expect(textOf(await endOf(5))).toBe('You said: a short one');
    expect(batcher.active()).toBe(4);
  });

  it('lets the second answer to a prompt begin, too, where all others have stopped reading', async () => {
    const { batcher, endOf, until, written, pass } = world({ kvTokens: 1000 });
    for (let id = 1; id <= 4; id++) batcher.begin(id, job('x'.repeat(30), { maxTokens: 120 }), 3);
    await until(() => written(4) === 3);
    batcher.begin(5, job('two short ones', { maxTokens: 40, n: 2 }), 1000);
    await rest();
    pass(1002);
    await until(() => written(5) === 'You said: two short ones'.length);
    await rest();
    pass(1002);
    expect((await endOf(5)).choices.map(({ text }) => text)).toEqual(Array(2).fill('You said: two short ones'));
    expect(batcher.active()).toBe(4);
  });

  it('writes several answers of one token each, also where there is room for only one at a time', async () => {
    const { ask } = world({ kvTokens: 300 });
    const { choices } = await ask(job('x'.repeat(110), { n: 4, maxTokens: 1 }));
    expect(choices.map(({ text }) => text)).toEqual(Array(4).fill('Y'));
  });

  it('lets no short ones that keep coming overtake the second answer to a prompt for ever', async () => {
    const { batcher, endOf, until, written, pass, graph } = world({ kvTokens: 300 });
    const { run } = graph;
    Object.assign(graph, { run: (feed: Parameters<typeof run>[0]) => (pass(100), run(feed)) });
    batcher.begin(1, job('x'.repeat(30), { maxTokens: 200, n: 2 }), 1000);
    await until(() => written(1) > 3);
    const seen = { isOver: false, others: 0 };
    const ended = endOf(1).finally(() => (seen.isOver = true));
    const keepAsking = async (from: number): Promise<void> => {
      for (let id = from; !seen.isOver && id < from + 100; id += 2) {
        batcher.begin(id, job('a short one', { maxTokens: 20 }), 1000);
        await endOf(id);
        seen.others++;
      }
    };
    await Promise.all([keepAsking(2), keepAsking(3)]);
    expect((await ended).choices.map(({ text }) => text)).toEqual(Array(2).fill(`You said: ${'x'.repeat(30)}`));
    expect(seen.others).toBeLessThan(10);
  });

  it('goes on with an answer that cannot grow once the reader before it is left', async () => {
    const { batcher, endOf, until, written, pass, piecesOf } = world({ kvTokens: 300 });
    const said = 'x'.repeat(60);
    batcher.begin(7, job('nobody reads this', { maxTokens: 100 }), 3);
    await until(() => written(7) === 3);
    batcher.begin(8, job(said, { maxTokens: 69 }), 1000);
    await rest();
    pass(1002);
    await until(() => written(8) > 0);
    await rest();
    // Of the 200 positions for rows the first one may need 120, and the next step of the second is 96.
    expect(written(8)).toBe(2);
    expect(piecesOf(7)).toHaveLength(3);
    pass(5_000);
    expect((await endOf(7)).choices[0]).toMatchObject({ text: 'You', finishReason: 'cancelled' });
    expect(textOf(await endOf(8))).toBe(`You said: ${said.slice(0, 59)}`);
  });

  it('keeps within its memory while answers grow: those who came last wait, and all say what they would alone', async () => {
    const kvTokens = 700;
    const { batcher, endOf, pass, graph } = world({ kvTokens, maxRows: 4, contextTokens: 500 });
    const said = Array.from({ length: 12 }, (_, i) => `${i} ${'wxyz'[i % 4]!.repeat(20 + ((i * 53) % 90))}`);
    const alone: string[] = [];
    const asked = said.map((text, seed) =>
      job(text, { maxTokens: 60 + ((seed * 37) % 120), temperature: 0.7, seed, n: seed % 5 ? 1 : 2 }),
    );
    for (const one of asked) alone.push(JSON.stringify((await world().ask(one)).choices));
    let most = 0;
    const { run } = graph;
    Object.assign(graph, {
      run: async (feed: Parameters<typeof run>[0]) => {
        const step = await run(feed);
        most = Math.max(most, graph.liveBytes());
        pass(40);
        return step;
      },
    });
    for (const [id, one] of asked.entries()) batcher.begin(id, one, 1000);
    for (const [id, text] of alone.entries()) expect(JSON.stringify((await endOf(id)).choices)).toBe(text);
    expect(most).toBeLessThanOrEqual(kvTokens * graph.bytesPerToken);
    expect(most).toBeGreaterThan((kvTokens / 2) * graph.bytesPerToken);
    await batcher.close();
    expect(graph.liveBytes()).toBe(0);
  });
});
