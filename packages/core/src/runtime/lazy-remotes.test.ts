import { describe, expect, it, vi } from 'vitest';
import type { Remotes } from '../remote/remotes.js';
import type { RemoteModule } from '../remote/open-remotes.js';
import { createRuntime } from '../runtime.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleRemoteTier } from '../testing/example-endpoint.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createFakeSite } from '../testing/fake-site.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor } from '../testing/index.js';
import { createLazyRemotes } from './lazy-remotes.js';
import type { RuntimePorts } from './stages.js';

const question = { text: 'freeze my card', domain: 'bank' } as const;
const unsure = { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) };
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** A device below one endpoint, whose answers are good enough for a request that wants them to be sure. */
function device(given: Pick<RuntimePorts, 'loadRemote'> | 'nothing' = {}) {
  const catalog = { ...exampleCatalog(), endpoints: [exampleEndpoint()] };
  const fakes = createFakePorts({ catalog, models: { nano: unsure, base: unsure } });
  const site = createFakeSite();
  const { loadRemote: load, ...ports } = { ...fakes, fetch: site.fetch };
  const loadRemote = vi.fn<NonNullable<RuntimePorts['loadRemote']>>(load);
  const runtime = createRuntime(given === 'nothing' ? ports : { ...ports, loadRemote, ...given });
  return { site, loadRemote, runtime };
}

/** Endpoints behind a file that comes when the test says so. */
function lazy({ timeoutMs = 500 } = {}) {
  const clock = createFakeClock();
  const tier = exampleRemoteTier(exampleEndpoint({ timeoutMs }));
  const real = { state: 'up', listeners: [] as (() => void)[], closed: false, checked: 0, looks: 0 };
  const remotes: Remotes = {
    run: () => Promise.reject(new Error('not asked')),
    forward: () => Promise.reject(new Error('not asked')),
    check: async () => void real.checked++,
    state: () => ({ kind: 'held', untilMs: 7 }),
    isUp: () => false,
    onUp: (listener) => void real.listeners.push(listener),
    lookAgain: () => void real.looks++,
    close: () => void (real.closed = true),
  };
  let come: (remotes: Remotes) => void;
  const open = vi.fn<() => Promise<Remotes>>(() => new Promise<Remotes>((resolve) => (come = resolve)));
  const lazily = createLazyRemotes({ open, clock });
  const check = (signal = new AbortController().signal): Promise<void> => lazily.check(tier, signal);
  return { clock, tier, real, open, lazily, check, come: () => come(remotes) };
}

describe('what asks endpoints', () => {
  it('is not loaded for requests that the device answers, however many endpoints there are', async () => {
    const { runtime, loadRemote } = device();
    const { tier } = await runtime.run({ ...question, residency: 'device' });
    expect(tier).toBe('base');
    await runtime.close();
    expect(loadRemote).not.toHaveBeenCalled();
  });

  it('is loaded once, when the first request needs it', async () => {
    const { runtime, loadRemote, site } = device();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => runtime.run({ ...question, minConfidence: 0.9 })),
    );
    await runtime.run({ ...question, minConfidence: 0.9 });
    expect(answers.map(({ tier }) => tier)).toEqual(Array(5).fill('site'));
    expect(loadRemote).toHaveBeenCalledTimes(1);
    expect(site.texts).toHaveLength(6);
  });

  it.each([
    ['cannot be loaded', () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))],
    ['is another file', () => Promise.resolve({} as RemoteModule)],
  ])('leaves the answer to the device when it %s, and is loaded anew by the next request', async (_, fails) => {
    const { runtime, loadRemote, site } = device();
    loadRemote.mockImplementationOnce(fails);
    const here = await runtime.run({ ...question, minConfidence: 0.9 });
    expect(here).toMatchObject({ tier: 'base', verdict: { degraded: 'tier-failed' }, sentBytes: 0, costUsd: 0 });
    expect(here.trace).toContainEqual(
      expect.objectContaining({ kind: 'failed', tier: 'site', code: 'ENDPOINT_UNREACHABLE' }),
    );
    expect(site.texts).toEqual([]);
    expect(await runtime.run({ ...question, minConfidence: 0.9 })).toMatchObject({ tier: 'site' });
  });

  it('says what to do when it cannot be loaded and nothing else can answer', async () => {
    const cause = new TypeError('Failed to fetch dynamically imported module');
    const { runtime } = device({ loadRemote: () => Promise.reject(cause) });
    await expect(runtime.run({ ...question, policy: 'site' })).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      hint: expect.stringContaining('network'),
      facts: { endpoint: 'site', phase: 'connect' },
      cause,
    });
  });

  it('may be missing: then no endpoint is planned with, and none can be given a chat', async () => {
    const { runtime } = device('nothing');
    const result = await runtime.run({ ...question, minConfidence: 0.9 });
    const plan = result.trace.find((event) => event.kind === 'plan');
    expect(result.tier).toBe('base');
    expect(plan?.rejected).toContainEqual(expect.objectContaining({ code: 'unreachable' }));
    const chat = { endpoint: exampleEndpoint(), path: '/', body: {}, signal: new AbortController().signal };
    await expect(runtime.forward(chat)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });
});

describe('endpoints that were never asked', () => {
  it('are taken to be up, without a look', () => {
    const { lazily, tier, open } = lazy();
    expect(lazily.state(tier)).toEqual({ kind: 'up' });
    expect(lazily.isUp(tier.endpoint)).toBe(true);
    lazily.onUp(() => undefined);
    lazily.lookAgain();
    expect(open).not.toHaveBeenCalled();
  });

  it('are known better once one was asked, and whoever listened is told of them all the same', async () => {
    const { lazily, tier, check, come, real } = lazy();
    const [before, after] = [(): void => undefined, (): void => undefined];
    lazily.onUp(before);
    const checked = check();
    come();
    await checked;
    lazily.onUp(after);
    expect(real.listeners).toEqual([before, after]);
    expect(lazily.state(tier)).toEqual({ kind: 'held', untilMs: 7 });
    expect(lazily.isUp(tier.endpoint)).toBe(false);
    lazily.lookAgain();
    expect(real.looks).toBe(1);
  });

  it('open nothing after the runtime was closed', async () => {
    const { lazily, check, open } = lazy();
    lazily.close();
    await expect(check()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE', facts: { phase: 'held' } });
    expect(open).not.toHaveBeenCalled();
  });

  it('are closed when what asks them comes after the runtime was', async () => {
    const { lazily, check, come, real } = lazy();
    const checked = check();
    lazily.close();
    come();
    await checked;
    expect(real.closed).toBe(true);
  });
});

describe('a file that does not come', () => {
  it('holds a call up for no longer than the endpoint might, and serves the next one when it is there', async () => {
    const { clock, check, come, open, real } = lazy({ timeoutMs: 500 });
    const late = check();
    clock.advance(500);
    await expect(late).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE', facts: { phase: 'connect' } });
    const next = check();
    come();
    await next;
    expect(open).toHaveBeenCalledTimes(1);
    expect(real.checked).toBe(1);
    expect(clock.sleepers()).toBe(0);
  });

  it('is not waited for by a request that was given up', async () => {
    const { check, clock } = lazy();
    const over = new AbortController();
    const reason = new Error('gone');
    const checked = check(over.signal);
    over.abort(reason);
    await expect(checked).rejects.toBe(reason);
    await expect(check(over.signal)).rejects.toBe(reason);
    await settled();
    expect(clock.sleepers()).toBe(0);
  });
});
