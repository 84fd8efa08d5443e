import { describe, expect, it, vi } from 'vitest';
import { openRemotes, openRemoteText, answerQueued, forwardChat, toOwnEndpoint } from '../remote/open-remotes.js';
import { createRuntime } from '../runtime.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { createFakeSite } from '../testing/fake-site.js';
import { createFakePorts, createMemoryQueue } from '../testing/index.js';
import type { RuntimePorts } from './stages.js';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const module = { openRemotes, openRemoteText, answerQueued, forwardChat, toOwnEndpoint };
const request = JSON.stringify({ text: 'freeze my card', domain: 'bank' });

/** A device with a queue, which knows an endpoint or none. */
function device({ hasEndpoint = false, ...given }: { hasEndpoint?: boolean } & Partial<RuntimePorts> = {}) {
  const catalog = hasEndpoint ? { ...exampleCatalog(), endpoints: [exampleEndpoint()] } : exampleCatalog();
  const fakes = createFakePorts({ catalog });
  const queue = createMemoryQueue({ clock: fakes.clock });
  const loadRemote = vi.fn<NonNullable<RuntimePorts['loadRemote']>>(() => Promise.resolve(module));
  const start = () => createRuntime({ ...fakes, fetch: createFakeSite().fetch, queue, loadRemote, ...given }).queued!;
  const putOff = (requestId: string): Promise<void> => queue.add({ requestId, atWallMs: 0, request });
  return { ...fakes, queue, loadRemote, start, putOff };
}

describe('what answers requests that were put off', () => {
  it('is not loaded where nothing waits and no endpoint is known, however long that lasts', async () => {
    const { start, clock, loadRemote } = device();
    const queued = start();
    for (let minute = 0; minute < 5; minute++) {
      await settled();
      clock.advance(60_000);
    }
    expect(await queued.list()).toEqual([]);
    expect(await queued.read('none')).toBeUndefined();
    expect(await queued.forget('none')).toBe(false);
    expect(loadRemote).not.toHaveBeenCalled();
  });

  it('is loaded where an endpoint is known: a request may have to wait for it when nothing can be loaded any more', async () => {
    const { start, loadRemote } = device({ hasEndpoint: true });
    start();
    await settled();
    expect(loadRemote).toHaveBeenCalledTimes(1);
  });

  it('is not loaded ahead by a runtime that leaves the queue to others', async () => {
    const { start, loadRemote } = device({ hasEndpoint: true, reconcile: false });
    const queued = start();
    await settled();
    expect(loadRemote).not.toHaveBeenCalled();
    expect(await queued.drain()).toEqual({ answered: 0, failed: 0, waiting: 0 });
  });

  it('answers what waited before the runtime began', async () => {
    const { start, putOff } = device();
    await putOff('before');
    expect(await start().wait('before')).toMatchObject({ kind: 'done' });
  });

  it('answers what another process puts off', async () => {
    const { start, putOff, clock, queue } = device();
    start();
    await settled();
    await putOff('elsewhere');
    clock.advance(60_000);
    await settled();
    expect(await queue.read('elsewhere')).toMatchObject({ kind: 'done' });
  });

  it('is loaded at once when the network may be back and something waits, and not otherwise', async () => {
    const { putOff, queue, loadRemote, ...ports } = device();
    const runtime = createRuntime({ ...ports, queue, loadRemote, fetch: createFakeSite().fetch });
    await settled();
    runtime.lookAgain();
    await settled();
    expect(loadRemote).not.toHaveBeenCalled();
    await putOff('elsewhere');
    runtime.lookAgain();
    await settled();
    expect(await queue.read('elsewhere')).toMatchObject({ kind: 'done' });
  });

  it('is left alone when the network is back by a runtime that leaves the queue to others', async () => {
    const { putOff, queue, loadRemote, ...ports } = device();
    const runtime = createRuntime({ ...ports, queue, loadRemote, fetch: createFakeSite().fetch, reconcile: false });
    await putOff('elsewhere');
    runtime.lookAgain();
    await settled();
    expect(await queue.read('elsewhere')).toMatchObject({ kind: 'waiting' });
  });

  it('is loaded again later when it does not come, which is said once', async () => {
    const { start, putOff, loadRemote, clock, queue, failures } = device();
    const missing = new TypeError('Failed to fetch dynamically imported module');
    await putOff('before');
    loadRemote.mockRejectedValue(missing);
    const queued = start();
    await settled();
    await expect(queued.drain()).rejects.toBe(missing);
    clock.advance(60_000);
    await settled();
    expect(failures).toEqual([missing]);
    loadRemote.mockResolvedValue(module);
    clock.advance(60_000);
    await settled();
    expect(await queue.read('before')).toMatchObject({ kind: 'done' });
  });
});

describe('a runtime that was closed', () => {
  it.each([true, false])('has closed its queue, whether or not that was ever needed: %s', async (hasEndpoint) => {
    const { queue, ...fakes } = device();
    const close = vi.spyOn(queue, 'close');
    const catalog = hasEndpoint ? { ...exampleCatalog(), endpoints: [exampleEndpoint()] } : exampleCatalog();
    const runtime = createRuntime({ ...createFakePorts({ catalog }), fetch: createFakeSite().fetch, queue });
    await settled();
    await runtime.close();
    expect(close).toHaveBeenCalledTimes(1);
    await expect(runtime.queued!.drain()).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
    expect(fakes.failures).toEqual([]);
  });

  it('answers nothing without what answers', () => {
    const { loadRemote: _, ...ports } = createFakePorts();
    const queue = createMemoryQueue({ clock: ports.clock });
    expect(createRuntime({ ...ports, queue }).queued).toBeUndefined();
  });
});
