import { describe, expect, it, vi } from 'vitest';
import { EndpointFailedError } from '../errors/endpoint-failed-error.js';
import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createFaults } from './faults.js';

const words = { message: 'It broke.', hint: 'Wait.' };
const failed = () => new EndpointFailedError(words);
const gone = () => new EndpointUnreachableError({ ...words, facts: { phase: 'connect' } });
const never = new AbortController().signal;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
/** Never answers, and ends when it is given up, as every client does. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));

/** What stands before an endpoint that does what the script says, call by call, and then works. */
function scripted(script: readonly (() => Error)[], timeoutMs = 1000) {
  const broken: Error[] = [];
  const clock = createFakeClock();
  const faults = createFaults({ timeoutMs, clock, random: () => 0, onBreak: (error) => broken.push(error) });
  let calls = 0;
  const work = async (): Promise<string> => {
    const next = script[calls++];
    if (next) throw next();
    return 'answer';
  };
  const ask = (retries = true) =>
    faults.execute(work, { signal: never, slowAfterMs: Infinity, mayRepeat: () => retries });
  return { faults, broken, ask, calls: () => calls };
}

describe('what goes on after it has answered', () => {
  const streaming = (faults: ReturnType<typeof createFaults>, ended: Promise<void>) => {
    ended.catch(() => undefined);
    return faults.execute(async () => 'begun', { signal: never, slowAfterMs: Infinity, mayRepeat: () => true, ended });
  };

  it('is a failure where it breaks off, however well it began', async () => {
    const { faults, broken } = scripted([]);
    for (let i = 0; i < 5; i++) expect(await streaming(faults, Promise.reject(failed()))).toBe('begun');
    await settled();
    expect(faults.isClosed()).toBe(false);
    expect(broken).toHaveLength(1);
  });

  it('is none where whoever reads it has had enough, and a success where it comes to its end', async () => {
    const { faults } = scripted([]);
    for (let i = 0; i < 6; i++) await streaming(faults, Promise.reject(new DOMException('enough', 'AbortError')));
    for (let i = 0; i < 5; i++) await streaming(faults, Promise.resolve());
    for (let i = 0; i < 4; i++) await streaming(faults, Promise.reject(failed()));
    await settled();
    expect(faults.isClosed()).toBe(true);
  });

  it('begins anew only what did not begin', async () => {
    const { faults } = scripted([]);
    let calls = 0;
    const work = async (): Promise<string> => {
      if (calls++ === 0) throw failed();
      return 'begun';
    };
    const ended = Promise.resolve();
    const options = { signal: never, slowAfterMs: Infinity, mayRepeat: () => true, ended };
    expect(await faults.execute(work, options)).toBe('begun');
    expect(calls).toBe(2);
  });
});

describe('calls through faults', () => {
  it('are tried again after what passes', async () => {
    const { ask, calls } = scripted([failed, () => new EndpointUnreachableError(words)]);
    expect(await ask()).toBe('answer');
    expect(calls()).toBe(3);
  });

  it('are tried twice more at most', async () => {
    const { ask, calls } = scripted([failed, failed, failed, failed]);
    await expect(ask()).rejects.toBeInstanceOf(EndpointFailedError);
    expect(calls()).toBe(3);
  });

  it.each([
    ['a refusal', () => new EndpointRefusedError(words)],
    ['an answer that cannot be used', () => new RemoteAnswerError({ ...words, facts: { fault: 'label' } })],
    ['a wait that is too long', () => new EndpointOverloadedError({ ...words, facts: { retryAfterMs: 60_000 } })],
  ])('are not tried again after %s', async (_, error) => {
    const { ask, calls } = scripted([error]);
    await expect(ask()).rejects.toMatchObject({ code: error().code });
    expect(calls()).toBe(1);
  });

  it('wait as long as the endpoint asks, where that is short', async () => {
    const { ask } = scripted([() => new EndpointOverloadedError({ ...words, facts: { retryAfterMs: 60 } })]);
    const fromMs = Date.now();
    expect(await ask()).toBe('answer');
    expect(Date.now() - fromMs).toBeGreaterThanOrEqual(55);
  });

  it('are tried again for a share of all calls only, so that a bad endpoint is not asked three times as much', async () => {
    // One fault in three never opens the breaker.
    const { faults } = scripted([]);
    let calls = 0;
    let tries = 0;
    for (let i = 0; i < 200; i++) {
      let isFirst = true;
      const work = async (): Promise<void> => {
        calls++;
        if (isFirst && i % 3 === 0) {
          isFirst = false;
          throw failed();
        }
      };
      tries++;
      await faults
        .execute(work, { signal: never, slowAfterMs: Infinity, mayRepeat: () => true })
        .catch(() => undefined);
    }
    expect(calls - tries).toBeLessThanOrEqual(10 + 0.2 * tries);
  });

  it('end when the endpoint takes too long', async () => {
    const faults = createFaults({
      timeoutMs: 20,
      clock: createFakeClock(),
      random: Math.random,
      onBreak: () => undefined,
    });
    const asked = faults.execute(hang, { signal: never, slowAfterMs: Infinity, mayRepeat: () => false });
    await expect(asked).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE', facts: { phase: 'answer' } });
  });

  it('end with the reason of whoever gives them up', async () => {
    const { faults } = scripted([]);
    const stop = new AbortController();
    const asked = faults.execute(hang, { signal: stop.signal, slowAfterMs: Infinity, mayRepeat: () => true });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

describe('a crowd of calls', () => {
  /** As many calls as there is room for, none of them answered before it is told to be. */
  async function crowded() {
    const { faults } = scripted([]);
    const ends: (() => void)[] = [];
    const ask = <T>(work: () => Promise<T>, { signal } = new AbortController()): Promise<T> =>
      faults.execute(work, { signal, slowAfterMs: Infinity, mayRepeat: () => false });
    const first = Array.from({ length: 64 }, () => ask(() => new Promise<void>((resolve) => ends.push(resolve))));
    await settled();
    return { ask, first, end: () => ends.forEach((each) => each()) };
  }

  it('ends for whoever gives up while waiting, at once', async () => {
    const { ask } = await crowded();
    const stop = new AbortController();
    const waiting = ask(() => Promise.resolve(), stop);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('goes on behind those that gave up while waiting', async () => {
    const { ask, first, end } = await crowded();
    const stops = Array.from({ length: 100 }, () => new AbortController());
    const left = stops.map((stop) => ask(() => Promise.resolve(), stop).catch(() => 'left'));
    const last = ask(() => Promise.resolve('answer'));
    for (const stop of stops) stop.abort();
    end();
    await Promise.all([...first, ...left]);
    expect(await last).toBe('answer');
  });
});

describe('a call that pauses before its next try', () => {
  it('ends at once when it is given up, and is not made again', async () => {
    const { faults } = scripted([]);
    const stop = new AbortController();
    let calls = 0;
    const work = (): Promise<never> => {
      calls++;
      return Promise.reject(new EndpointOverloadedError({ ...words, facts: { retryAfterMs: 40 } }));
    };
    const asked = faults.execute(work, { signal: stop.signal, slowAfterMs: Infinity, mayRepeat: () => true });
    // No timer comes between these.
    for (let i = 0; i < 50; i++) await Promise.resolve();
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await new Promise((resolve) => void setTimeout(resolve, 60));
    expect(calls).toBe(1);
  });

  it('is not made when the caller may not repeat it', async () => {
    const { ask, calls } = scripted([failed, failed]);
    await expect(ask(false)).rejects.toBeInstanceOf(EndpointFailedError);
    expect(calls()).toBe(1);
  });
});

describe('the breaker', () => {
  it('opens when half of the latest calls failed, and keeps users out', async () => {
    const { ask, broken, faults, calls } = scripted(Array.from({ length: 20 }, () => failed));
    for (let i = 0; i < 5; i++) await ask(false).catch(() => undefined);
    expect(faults.isClosed()).toBe(false);
    expect(broken).toHaveLength(1);
    const before = calls();
    expect(before).toBe(5);
  });

  it.each([
    ['nobody is there', () => new EndpointUnreachableError({ ...words, facts: { phase: 'connect' } })],
    ['somebody else answers', () => new RemoteAnswerError({ ...words, facts: { fault: 'protocol' } })],
  ])('opens at once when %s', async (_, error) => {
    const { ask, faults } = scripted([error]);
    await ask().catch(() => undefined);
    expect(faults.isClosed()).toBe(false);
  });

  it.each([
    ['refusals', () => new EndpointRefusedError(words)],
    ['requests to come back later', () => new EndpointOverloadedError({ ...words, facts: { status: 429 } })],
  ])('does not open for %s', async (_, error) => {
    const { ask, faults } = scripted(Array.from({ length: 30 }, () => error));
    for (let i = 0; i < 30; i++) await ask(false).catch(() => undefined);
    expect(faults.isClosed()).toBe(true);
  });

  it('opens for calls that were given up because no answer came, and tells the caller its own reason', async () => {
    const { faults, broken } = scripted([]);
    for (let i = 0; i < 5; i++) {
      const stop = new AbortController();
      const asked = faults.execute(hang, { signal: stop.signal, slowAfterMs: 0, mayRepeat: () => false });
      stop.abort(new Error('deadline'));
      await expect(asked).rejects.toThrow('deadline');
    }
    expect(faults.isClosed()).toBe(false);
    expect(broken[0]).toBeInstanceOf(EndpointUnreachableError);
  });

  it('does not open for calls that were given up soon', async () => {
    const { faults } = scripted([]);
    for (let i = 0; i < 30; i++) {
      const stop = new AbortController();
      const asked = faults.execute(hang, { signal: stop.signal, slowAfterMs: 60_000, mayRepeat: () => false });
      stop.abort(new Error('not needed'));
      await asked.catch(() => undefined);
    }
    expect(faults.isClosed()).toBe(true);
  });

  it('closes when a probe is answered, and only then', async () => {
    const { ask, faults } = scripted([() => new EndpointUnreachableError({ ...words, facts: { phase: 'connect' } })]);
    await ask(false).catch(() => undefined);
    await expect(faults.probe(() => Promise.reject(new Error('golden')), never)).rejects.toThrow();
    expect(faults.isClosed()).toBe(false);
    await faults.probe(() => Promise.resolve(), never);
    expect(faults.isClosed()).toBe(true);
    expect(await ask()).toBe('answer');
  });

  it('stays open when a call that was still under way fails while the probe is answered', async () => {
    const { faults, ask } = scripted([gone]);
    let fail = (): void => undefined;
    const late = faults.execute(() => new Promise((_, reject) => (fail = () => reject(gone()))), {
      signal: never,
      slowAfterMs: Infinity,
      mayRepeat: () => false,
    });
    await settled();
    await ask(false).catch(() => undefined);
    let answer = (): void => undefined;
    const probed = faults.probe(() => new Promise<void>((resolve) => (answer = resolve)), never);
    probed.catch(() => undefined);
    await settled();
    fail();
    await expect(late).rejects.toThrow();
    answer();
    await expect(probed).rejects.toMatchObject({ facts: { phase: 'held' } });
    expect(faults.isClosed()).toBe(false);
    await faults.probe(() => Promise.resolve(), never);
    expect(faults.isClosed()).toBe(true);
  });

  it('can be closed after the clock on the wall was set back', async () => {
    const { faults, ask } = scripted([gone]);
    await ask(false).catch(() => undefined);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 });
    try {
      await faults.probe(() => Promise.resolve(), never);
    } finally {
      vi.useRealTimers();
    }
    expect(faults.isClosed()).toBe(true);
  });

  it('says of a probe that was refused that it was, not that nothing came', async () => {
    const { faults, broken, ask } = scripted([gone]);
    await ask(false).catch(() => undefined);
    const refused = new EndpointRefusedError(words);
    await expect(faults.probe(() => Promise.reject(refused), never)).rejects.toBe(refused);
    expect(broken.at(-1)).toBe(refused);
  });
});
