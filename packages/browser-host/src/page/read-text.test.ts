import type { TextResult, TextStep } from '@terrace/core/text';
import { expect, it } from 'vitest';
import type { TextEvent } from '../worker/text-protocol.js';
import { readText } from './read-text.js';

const RESULT = { requestId: 'r' } as TextResult;
const said = (text: string, choice = 0): TextEvent => ({
  kind: 'step',
  step: { kind: 'text', choice, text, tier: 'small', logProbs: [-0.1] },
});
const ended: TextEvent = { kind: 'step', step: { kind: 'result', result: RESULT } };
const began: TextEvent = { kind: 'began' };

/** A worker that tells whatever the test has it tell. */
function worker() {
  let tell = (_: TextEvent): void => undefined;
  let signal: AbortSignal | undefined;
  const told: number[] = [];
  const ask = (onEvent: typeof tell, over: AbortSignal): Promise<never> => {
    [tell, signal] = [onEvent, over];
    return new Promise((_, reject) => over.addEventListener('abort', () => reject(over.reason as Error)));
  };
  return {
    ask,
    more: (steps: number) => void told.push(steps),
    told,
    tell: (...events: TextEvent[]) => events.forEach((event) => tell(event)),
    signal: () => signal,
  };
}

async function textsOf(steps: AsyncGenerator<TextStep>): Promise<string[]> {
  const texts: string[] = [];
  for await (const step of steps) if (step.kind === 'text') texts.push(step.text);
  return texts;
}

it('yields steps as they come, and ends with the result', async () => {
  const { ask, more, tell, signal } = worker();
  const texts = textsOf(readText(ask, more, undefined));
  tell(began, said('one '), said('two'), ended);
  expect(await texts).toEqual(['one ', 'two']);
  expect(signal()?.aborted).toBe(true);
});

it('tells what has been read, and nothing of what has not', async () => {
  const { ask, more, tell, told } = worker();
  const steps = readText(ask, more, undefined);
  const first = steps.next();
  tell(began, ...Array.from({ length: 70 }, (_, at) => said(`${at} `)));
  await first;
  expect(told).toEqual([]);
  for (let i = 0; i < 40; i++) await steps.next();
  expect(told).toEqual([32]);
  await steps.return(RESULT);
});

it('goes on where it was when another tab begins anew', async () => {
  const { ask, more, tell } = worker();
  const steps = readText(ask, more, undefined);
  const next = async () => (await steps.next()).value as { readonly text: string };
  const first = steps.next();
  tell(began, said('the same '), said('te'), said('never read'));
  expect((await first).value).toMatchObject({ text: 'the same ' });
  expect(await next()).toMatchObject({ text: 'te' });
  tell(began, said('the sa'), said('me text'), said(' goes on'), ended);
  expect(await next()).toMatchObject({ text: 'xt' });
  expect(await next()).toMatchObject({ text: ' goes on' });
});

it('fails rather than contradict what was shown', async () => {
  const { ask, more, tell } = worker();
  const steps = readText(ask, more, undefined);
  const first = steps.next();
  tell(began, said('yes'));
  await first;
  tell(began, said('no'));
  await expect(steps.next()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

it('ends the call when nobody reads on, and with the reason of the signal', async () => {
  const left = worker();
  const steps = readText(left.ask, left.more, undefined);
  const first = steps.next();
  left.tell(began, said('a'));
  await first;
  await steps.return(RESULT);
  expect(left.signal()?.aborted).toBe(true);

  const control = new AbortController();
  const aborted = worker();
  const reading = readText(aborted.ask, aborted.more, control.signal).next();
  control.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});
