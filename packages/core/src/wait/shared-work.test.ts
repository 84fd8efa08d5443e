import { describe, expect, it } from 'vitest';
import { SharedWork } from './shared-work.js';

interface Started {
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

function setUp() {
  const started: Started[] = [];
  const shared = new SharedWork<string>();
  const join = (key: string, signal?: AbortSignal): Promise<string> =>
    shared.join(key, signal, (own) => new Promise((resolve, reject) => started.push({ signal: own, resolve, reject })));
  return { started, shared, join };
}

describe('shared work', () => {
  it('is done once for all who ask meanwhile, and anew for who asks later', async () => {
    const { started, join } = setUp();
    const both = Promise.all([join('a'), join('a')]);
    started[0]!.resolve('one');
    expect(await both).toEqual(['one', 'one']);
    const third = join('a');
    started[1]!.resolve('two');
    expect(await third).toBe('two');
    expect(started).toHaveLength(2);
  });

  it('tells a failure to all who wait, and forgets it', async () => {
    const { started, join } = setUp();
    const both = Promise.allSettled([join('a'), join('a')]);
    started[0]!.reject(new Error('broken'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void join('a');
    expect(started).toHaveLength(2);
  });

  it('goes on while somebody waits, and is given up when the last one leaves', async () => {
    const { started, join } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [join('a', first.signal), join('a', second.signal)];
    first.abort(new Error('first left'));
    await expect(waits[0]).rejects.toThrow('first left');
    expect(started[0]!.signal.aborted).toBe(false);
    second.abort(new Error('second left'));
    await expect(waits[1]).rejects.toThrow('second left');
    expect(started[0]!.signal.aborted).toBe(true);
  });

  it('is begun anew for who comes while it is being given up', async () => {
    const { started, join } = setUp();
    const control = new AbortController();
    const left = join('a', control.signal);
    control.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    const next = join('a');
    started[0]!.reject(new Error('given up'));
    started[1]!.resolve('here');
    expect(await next).toBe('here');
  });

  it('is not begun for who has already left', async () => {
    const { started, join } = setUp();
    await expect(join('a', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(started).toHaveLength(0);
  });

  it('is given up when all of it is closed', () => {
    const { started, shared, join } = setUp();
    void join('a');
    void join('b');
    shared.close(new Error('closed'));
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });
});
