import { describe, expect, it } from 'vitest';
import { createNetwork } from './network.js';

const CATALOG = '/catalog.json';

describe('the network of a page', () => {
  it('is the one that there is', async () => {
    const network = createNetwork();
    expect(network.isOnline()).toBe(true);
    expect((await network.fetch(CATALOG)).ok).toBe(true);
  });

  it('asks nobody while the page pretends to be offline, and goes on after that', async () => {
    const network = createNetwork();
    network.setOffline(true);
    network.setOffline(true);
    expect(network.isOnline()).toBe(false);
    await expect(network.fetch(CATALOG)).rejects.toThrow('pretends to be offline');
    await expect(network.fetch(CATALOG, { signal: new AbortController().signal })).rejects.toThrow(TypeError);
    network.setOffline(false);
    expect(network.isOnline()).toBe(true);
    expect((await network.fetch(CATALOG)).ok).toBe(true);
  });

  it('breaks off what is under way, also in the middle of an answer', async () => {
    const network = createNetwork();
    const response = await network.fetch('/encoders/nano/model_q4.onnx', { cache: 'no-store' });
    const reader = response.body!.getReader();
    await reader.read();
    network.setOffline(true);
    const drain = async (): Promise<void> => {
      for (;;) if ((await reader.read()).done) return;
    };
    await expect(drain()).rejects.toThrow();
  });

  it("ends a request whose caller has had enough with the caller's reason", async () => {
    const network = createNetwork();
    const over = new AbortController();
    const asking = network.fetch(CATALOG, { signal: over.signal, cache: 'no-store' });
    over.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });

  it('ends other work with its own signal or the network, whichever ends first', () => {
    const network = createNetwork();
    const own = new AbortController();
    const [first, second, third] = [network.whileOnline(own.signal), network.whileOnline(), network.whileOnline(null)];
    own.abort(new Error('enough'));
    expect([first, second, third].map(({ aborted }) => aborted)).toEqual([true, false, false]);
    network.setOffline(true);
    // What was under way may have been sent, what begins now is not.
    expect(second.reason).toMatchObject({ code: 'NETWORK_LOST' });
    expect(network.whileOnline().reason).toMatchObject({ code: 'OFFLINE' });
    network.setOffline(false);
    expect(network.whileOnline().aborted).toBe(false);
  });

  it('tells when it is back, whether or not the page has pretended', () => {
    const network = createNetwork();
    const told: string[] = [];
    network.onBack(() => told.push('back'));
    network.setOffline(true);
    expect(told).toEqual([]);
    network.setOffline(false);
    expect(told).toEqual(['back']);
    network.setOffline(false);
    expect(told).toEqual(['back', 'back']);
  });
});
