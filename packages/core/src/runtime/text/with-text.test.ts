import { expect, it } from 'vitest';
import type { Runtime } from '../runtime-interface.js';
import type { TextRuntime } from './text-runtime.js';
import { withText } from './with-text.js';

function faces() {
  const closed: string[] = [];
  const runtime = {
    run: async () => 'a label',
    waiting: () => 2,
    flush: async () => undefined,
    close: async () => void closed.push('runtime'),
  } as unknown as Runtime;
  const text = {
    run: async () => 'a text',
    waiting: () => 3,
    flush: async () => undefined,
    close: async () => void closed.push('text'),
  } as unknown as TextRuntime;
  return { both: withText(runtime, text), closed };
}

it('answers requests for text by what generates, and all others as before', async () => {
  const { both } = faces();
  expect(await both.run({ task: 'text-generation', text: 'hello' })).toBe('a text');
  expect(await both.run({ text: 'hello' })).toBe('a label');
});

it.each([[null], ['text'], [undefined], [[]], [{ task: 7 }]])(
  'leaves %j to the runtime, which says what is wrong',
  async (input) => {
    expect(await faces().both.run(input as never)).toBe('a label');
  },
);

it('makes the records of both durable, whatever becomes of either', async () => {
  const flushed: string[] = [];
  const flush = (name: string) => async (): Promise<void> => {
    flushed.push(name);
    if (name === 'text') throw new Error('the disk is full');
  };
  const both = withText(
    { flush: flush('runtime') } as unknown as Runtime,
    { flush: flush('text') } as unknown as TextRuntime,
  );
  await expect(both.flush()).rejects.toThrow('the disk is full');
  expect(flushed).toEqual(['text', 'runtime']);
});

it('counts what waits in both, and closes text first', async () => {
  const { both, closed } = faces();
  expect(both.waiting()).toBe(5);
  await both.close();
  expect(closed).toEqual(['text', 'runtime']);
});

it('keeps the order in which both were asked for, where one is wanted', async () => {
  let finish!: (answer: string) => void;
  const written = new Promise<string>((resolve) => (finish = resolve));
  const runtime = { run: async () => 'a label' } as unknown as Runtime;
  const text = { run: () => written } as unknown as TextRuntime;
  const both = withText(runtime, text);
  const answers: unknown[] = [];
  const keep = (answer: unknown): number => answers.push(answer);
  const asked = [
    both.run({ task: 'text-generation', text: 'hello' }, { inOrder: 'lines' }).then(keep),
    both.run({ text: 'hello' }, { inOrder: 'lines' }).then(keep),
  ];
  await both.run({ text: 'hello' }).then(keep);
  finish('a text');
  await Promise.all(asked);
  expect(answers).toEqual(['a label', 'a text', 'a label']);
});

it('looks again at the endpoints of both, and says of one what either knows', () => {
  const looked: string[] = [];
  const known = { runtime: { kind: 'up' }, text: { kind: 'up' } };
  const face = (name: keyof typeof known) => ({
    remotes: { state: () => known[name] },
    lookAgain: () => looked.push(name),
  });
  const both = withText(face('runtime') as unknown as Runtime, face('text') as unknown as TextRuntime);
  both.lookAgain();
  expect(looked).toEqual(['text', 'runtime']);
  const state = () => both.remotes.state({} as never).kind;
  expect(state()).toBe('up');
  known.text = { kind: 'offline' };
  expect(state()).toBe('offline');
  known.text = { kind: 'up' };
  known.runtime = { kind: 'held' };
  expect(state()).toBe('held');
});
