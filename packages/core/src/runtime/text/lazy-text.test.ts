import { expect, it } from 'vitest';
import { RuntimeClosedError } from '../../errors/runtime-closed-error.js';
import { lazyText } from './lazy-text.js';
import type { TextRuntime } from './text-runtime.js';

const input = { task: 'text-generation', text: 'hello' } as const;

function setUp({ failFirst = false } = {}) {
  let opens = 0;
  let closes = 0;
  const real = {
    run: async () => 'a text',
    async *stream() {
      yield 'a step';
      return 'a text';
    },
    waiting: () => 3,
    close: async () => void closes++,
  } as unknown as TextRuntime;
  const text = lazyText(async () => {
    opens++;
    if (failFirst && opens === 1) throw new Error('the file never came');
    return real;
  });
  return { text, opens: () => opens, closes: () => closes };
}

it('opens nothing until somebody asks, and closes nothing that was never opened', async () => {
  const { text, opens, closes } = setUp();
  expect(text.waiting()).toBe(0);
  await text.close();
  expect([opens(), closes()]).toEqual([0, 0]);
});

it('opens one for all who ask at once', async () => {
  const { text, opens, closes } = setUp();
  expect(await Promise.all([text.run(input), text.run(input)])).toEqual(['a text', 'a text']);
  const steps = [];
  for await (const step of text.stream(input)) steps.push(step);
  expect(steps).toEqual(['a step']);
  expect(text.waiting()).toBe(3);
  await text.close();
  expect([opens(), closes()]).toEqual([1, 1]);
});

it('tries again where it could not be opened', async () => {
  const { text } = setUp({ failFirst: true });
  await expect(text.run(input)).rejects.toThrow('never came');
  expect(await text.run(input)).toBe('a text');
});

it('closes what was being opened, and answers nobody after that', async () => {
  const { text, closes } = setUp();
  const asked = text.run(input);
  await text.close();
  await expect(asked).rejects.toBeInstanceOf(RuntimeClosedError);
  await expect(text.run(input)).rejects.toBeInstanceOf(RuntimeClosedError);
  expect(closes()).toBe(1);
});
