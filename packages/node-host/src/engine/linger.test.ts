import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { createLinger } from './linger.js';

function channel(): { near: MessageChannel['port1']; far: MessageChannel['port1']; heard: unknown[] } {
  const { port1: near, port2: far } = new MessageChannel();
  onTestFinished(() => near.close());
  const heard: unknown[] = [];
  near.on('message', (message) => heard.push(message));
  return { near, far, heard };
}

it.skipIf(availableParallelism() < 2)('hands over a message that is there without a turn of the loop', () => {
  const { near, far, heard } = channel();
  far.postMessage({ text: 'next' });
  createLinger(near)();
  expect(heard).toEqual([{ text: 'next' }]);
});

it('hands over one message at a time; the loop brings the others', async () => {
  const { near, far, heard } = channel();
  const linger = createLinger(near);
  far.postMessage(1);
  far.postMessage(2);
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
