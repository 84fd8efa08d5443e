import { EngineError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { createAnswerer } from './answerer.js';
import { createCaller } from './caller.js';
import type { AnswerMessage, CallMessage, Method } from './messages.js';

interface Kitchen {
  readonly cook: Method<[dish: string], string, string>;
  readonly never: Method<[], void>;
  readonly burn: Method<[], void>;
  readonly show: Method<[unknown], unknown>;
}

/** Both ends, with a copy of every message between them, as between threads. */
function connected() {
  const begun: string[] = [];
  const aborted: unknown[] = [];
  const answerer = createAnswerer<Kitchen>({
    cook: async ([dish], { tell }) => {
      begun.push(dish);
      for (const step of ['cut', 'fry']) tell?.(step);
      return `${dish} is ready`;
    },
    never: async (_, { signal }) => {
      begun.push('never');
      signal?.addEventListener('abort', () => aborted.push((signal.reason as Error).message));
      return new Promise(() => undefined);
    },
    burn: async () => {
      throw new EngineError({ message: 'It burnt.', hint: 'Stir.', facts: { degrees: 300 } });
    },
    show: async ([given]) => given,
  });
  const caller = createCaller<Kitchen>('guest');
  const answers: AnswerMessage[] = [];
  const send = (message: CallMessage): void =>
    answerer.receive(structuredClone(message), (answer) => {
      answers.push(answer);
      caller.receive(structuredClone(answer));
    });
  return { caller, send, begun, aborted, answers };
}

function opened() {
  const ends = connected();
  ends.caller.connect(ends.send);
  return ends;
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('calls between threads', () => {
  it('have their value, and tell of events before it', async () => {
    const { caller } = opened();
    const told: string[] = [];
    const meal = caller.call('cook', ['soup'], { onEvent: (step) => told.push(step) });
    expect(await meal.then((value) => [...told, value])).toEqual(['cut', 'fry', 'soup is ready']);
    expect(caller.underWay()).toBe(0);
  });

  it('send no events to who does not listen', async () => {
    const { caller, answers } = opened();
    await caller.call('cook', ['soup']);
    expect(answers.map(({ kind }) => kind)).toEqual(['returned']);
  });

  it('throw what was thrown, whole', async () => {
    const error = await reasonOf(opened().caller.call('burn', []));
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', hint: 'Stir.', facts: { degrees: 300 } });
  });

  it('say so when there is no such method', async () => {
    const { caller } = opened();
    await expect(caller.call('toString' as 'burn', [])).rejects.toThrow('there is no call named toString');
  });

  it('end with the reason of the signal, at both ends', async () => {
    const { caller, begun, aborted } = opened();
    const control = new AbortController();
    const waiting = caller.call('never', [], { signal: control.signal });
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(aborted).toEqual(['enough']);
    const { signal } = control;
    await expect(caller.call('cook', ['late'], { signal })).rejects.toThrow('enough');
    expect(begun).toEqual(['never']);
  });

  it('leave no listener on a signal that ends none of them', async () => {
    const { caller } = opened();
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
    await caller.call('cook', ['soup'], { signal });
    await reasonOf(caller.call('burn', [], { signal }));
    expect(listeners).toBe(0);
  });

  it('reject what is no data', async () => {
    const { caller } = opened();
    expect(await reasonOf(caller.call('show', [() => 1]))).toMatchObject({ name: 'DataCloneError' });
    expect(caller.underWay()).toBe(0);
  });

  it('throw where the value is no data', async () => {
    const answerer = createAnswerer<Pick<Kitchen, 'show'>>({ show: async () => () => 1 });
    const caller = createCaller<Pick<Kitchen, 'show'>>('guest');
    caller.connect((message) => answerer.receive(message, (answer) => caller.receive(structuredClone(answer))));
    expect(await reasonOf(caller.call('show', [1]))).toMatchObject({ name: 'DataCloneError' });
  });

  it('wait for who answers, and are asked again of who answers next, once each', async () => {
    const [first, second] = [connected(), connected()];
    const { caller } = first;
    const meals = [caller.call('never', []), caller.call('cook', ['soup'])];
    expect(first.begun).toEqual([]);
    caller.connect(first.send);
    expect(await meals[1]).toBe('soup is ready');
    caller.disconnect();
    const third = caller.call('cook', ['stew']);
    const asked: CallMessage[] = [];
    caller.connect((message) => {
      asked.push(message);
      second.send(message);
    });
    expect(asked).toMatchObject([
      { name: 'never', id: 1 },
      { name: 'cook', id: 3, args: ['stew'] },
    ]);
    caller.fail(new Error('closing time'));
    await expect(third).rejects.toThrow('closing time');
    await expect(meals[0]).rejects.toThrow('closing time');
  });

  it('are made once when they are asked for twice', async () => {
    const { caller, send, begun } = opened();
    const waiting = caller.call('never', []);
    caller.connect(send);
    expect(begun).toEqual(['never']);
    caller.close(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await expect(caller.call('cook', ['soup'])).rejects.toThrow('closed');
  });

  it('ignore answers to what nobody waits for any more', () => {
    const { caller } = opened();
    caller.receive({ kind: 'returned', id: 7, value: 1 });
    caller.receive({ kind: 'event', id: 7, event: 1 });
    expect(caller.underWay()).toBe(0);
  });
});
