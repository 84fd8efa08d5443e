import { describe, expect, it } from 'vitest';
import { batcherWorld as world, macrotask, textJob as job } from '../../testing/batcher-world.js';
import type { TextJob } from '../../ports/text-engine.js';
import type { TextEnd } from '../../tasks/text-generation/text-output.js';

const SYSTEM = { role: 'system', content: 'You repeat what you are told, and nothing else.' } as const;

const textOf = ({ choices }: TextEnd): string => choices[0]!.text;
/** What is told is told before the loop comes to rest. */
const rest = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await macrotask();
};

describe('what a batcher keeps of prompts and answers', () => {
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
    // What it wrote itself is not read again: only the end of its turn, the user's, and the beginning of the next.
    expect(third.usage.cachedTokens).toBe(second.usage.inputTokens + 'You said: ho'.length);
    expect(third.usage.inputTokens - third.usage.cachedTokens).toBe('and now?'.length + 4);
    expect(textOf(third)).toBe('You said: and now?');
    const again = await ask(chat('ho'));
    expect(again.usage.cachedTokens).toBe(SYSTEM.content.length + 2);
  });

  it('reads a beginning once that prompts share which came together', async () => {
    const { ask } = world();
    const chat = (said: string): TextJob => job('', {}, { messages: [SYSTEM, { role: 'user', content: said }] });
    const ends = await Promise.all(['hi', 'ho', 'hu'].map((said) => ask(chat(said))));
    const shared = SYSTEM.content.length + 2;
    expect(ends.map(({ usage }) => usage.cachedTokens)).toEqual([0, shared, shared]);
    expect(ends.map(textOf)).toEqual(['You said: hi', 'You said: ho', 'You said: hu']);
  });

  it('goes on from what was written of an answer that its reader has left, also of one beside others', async () => {
    const { batcher, ask, until, written, piecesOf } = world();
    batcher.begin(50, job('x'.repeat(200)), 1000);
    batcher.begin(51, job('a long story, please', { maxTokens: 300 }), 1000);
    await until(() => written(51) >= 20);
    batcher.cancel(51);
    const said = piecesOf(51)
      .map(({ text }) => text)
      .join('');
    const messages = [
      { role: 'user' as const, content: 'a long story, please' },
      { role: 'assistant' as const, content: said },
      { role: 'user' as const, content: 'go on' },
    ];
    const { usage, choices } = await ask(job('', {}, { messages }));
    // The last token was chosen, and never run.
    expect(usage.cachedTokens).toBe('a long story, please'.length + 3 + said.length - 1);
    expect(choices[0]!.text).toBe('You said: go on');
  });

  it('copies nothing of a chat that was written alone, whether it was ended or left', async () => {
    const { batcher, ask, until, written, graph } = world();
    let copies = 0;
    const { gather } = graph;
    Object.assign(graph, {
      gather: (...asked: Parameters<typeof gather>) => (copies++, gather(...asked)),
    });
    batcher.begin(51, job('a long story, please', { maxTokens: 300 }), 1000);
    await until(() => written(51) >= 20);
    // What was read of the prompt is kept as well.
    expect(copies).toBe(1);
    batcher.cancel(51);
    await rest();
    await ask(job('a short one, which is another'));
    await rest();
    expect(copies).toBe(2);
    await batcher.close();
    expect(graph.liveBytes()).toBe(0);
  });

  it('reads what somebody else asks before it copies what is left of answers that were left', async () => {
    const { batcher, endOf, until, written, graph } = world();
    for (const id of [50, 51]) batcher.begin(id, job('x'.repeat(200)), 1000);
    await until(() => written(50) >= 20 && written(51) >= 20);
    const done: string[] = [];
    const { gather, run } = graph;
    Object.assign(graph, {
      gather: (...asked: Parameters<typeof gather>) => (done.push('copy'), gather(...asked)),
      run: (feed: Parameters<typeof run>[0]) => (done.push('run'), run(feed)),
    });
    // Nothing runs in between.
    for (const id of [50, 51]) batcher.cancel(id);
    batcher.begin(52, job('something else, and at once'), 1000);
    await endOf(52);
    expect(done[0]).toBe('run');
    expect(done).toContain('copy');
  });

  it('keeps what was left first where the next question goes on from it, also when that comes at once', async () => {
    const { batcher, ask, until, written, piecesOf } = world();
    batcher.begin(50, job('x'.repeat(200)), 1000);
    batcher.begin(51, job('a long story, please', { maxTokens: 300 }), 1000);
    await until(() => written(51) >= 20);
    const said = piecesOf(51)
      .map(({ text }) => text)
      .join('');
    const messages = [
      { role: 'user' as const, content: 'a long story, please' },
      { role: 'assistant' as const, content: said },
      { role: 'user' as const, content: 'go on' },
    ];
    batcher.cancel(51);
    const { usage } = await ask(job('', {}, { messages }));
    expect(usage.cachedTokens).toBe('a long story, please'.length + 3 + said.length - 1);
  });
});
