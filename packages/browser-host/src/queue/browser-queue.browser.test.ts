import type { Queue } from '@terrace/core';
import { describeQueueContract } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished, vi, type Mock } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserQueue, type QueueModule } from './browser-queue.js';
import { openQueue } from './open-queue.js';

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;
const onWarning = (): void => undefined;
const queued = { requestId: 'a', atWallMs: 1, request: '{"text":"words"}' };

describeQueueContract('the queue of a page', async (options) => {
  const name = newName();
  const load = async () => ({ openQueue });
  const again = async () => (await createBrowserQueue({ name, onWarning, load, ...options }))!;
  return { queue: await again(), again };
});

/** A queue whose file is counted, and may be missing. */
async function open(name = newName()): Promise<{ queue: Queue; load: Mock<() => Promise<QueueModule>> }> {
  const load = vi.fn<() => Promise<QueueModule>>(async () => ({ openQueue }));
  const queue = await createBrowserQueue({ name, clock: systemClock, onWarning, load });
  onTestFinished(() => queue?.close());
  return { queue: queue!, load };
}

describe('the queue of a page', () => {
  it('is not loaded for a look where nothing was ever put off', async () => {
    const { queue, load } = await open();
    expect([await queue.waiting(), await queue.list(), await queue.claim(1000)]).toEqual([0, [], undefined]);
    expect([await queue.read('a'), await queue.forget('a'), await queue.forgetEnded(1)]).toEqual([undefined, false, 0]);
    expect(load).not.toHaveBeenCalled();
    await queue.add(queued);
    expect(await queue.waiting()).toBe(1);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('sees what another tab or an earlier page has put off', async () => {
    const name = newName();
    const [{ queue: one }, { queue: other }] = [await open(name), await open(name)];
    await other.add(queued);
    expect(await one.waiting()).toBe(1);
  });

  it('asks for its file again when that did not come', async () => {
    const { queue, load } = await open();
    load.mockRejectedValueOnce(new TypeError('not there'));
    await expect(queue.add(queued)).rejects.toThrow('not there');
    await queue.add(queued);
    expect(await queue.waiting()).toBe(1);
  });

  it('is closed for good, whether or not it was ever opened', async () => {
    const { queue } = await open();
    await queue.close();
    await queue.close();
    await expect(queue.add(queued)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('is none where nothing may be stored', async () => {
    const denied = new DOMException('The user denied permission to access the database.', 'UnknownError');
    const asking = vi.spyOn(indexedDB, 'databases').mockRejectedValue(denied);
    onTestFinished(() => asking.mockRestore());
    const options = { name: newName(), clock: systemClock, onWarning, load: async () => ({ openQueue }) };
    expect(await createBrowserQueue(options)).toBeUndefined();
    vi.stubGlobal('indexedDB', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await createBrowserQueue(options)).toBeUndefined();
  });
});
