import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { createLinger } from './linger.js';

function channel(): { near: MessageChannel['port1']; say: (message: unknown) => void; heard: unknown[] } {
  const { port1: near, port2: far } = new MessageChannel();
  onTestFinished(() => near.close());
  const heard: unknown[] = [];
  near.on('message', (message) => heard.push(message));
  // A port of a worker has no target origin, which is what the rule for windows asks for.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const say = (message: unknown): void => far.postMessage(message);
  return { near, say, heard };
}

it.skipIf(availableParallelism() < 2)('hands over a message that is there without a turn of the loop', () => {
  const { near, say, heard } = channel();
  say({ text: 'next' });
  createLinger(near)();
  expect(heard).toEqual([{ text: 'next' }]);
});

it('hands over one message at a time; the loop brings the others', async () => {
  const { near, say, heard } = channel();
  const linger = createLinger(near);
  say(1);
  say(2);
  linger();
  expect(heard.length).toBeLessThanOrEqual(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(heard).toEqual([1, 2]);
});

it('comes back when nothing arrives', () => {
  const { near, heard } = channel();
  createLinger(near)();
  expect(heard).toEqual([]);
});
