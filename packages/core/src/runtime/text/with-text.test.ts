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

it('counts what waits in both, and closes text first', async () => {
  const { both, closed } = faces();
  expect(both.waiting()).toBe(5);
  await both.close();
  expect(closed).toEqual(['text', 'runtime']);
});
