import type { TextFace, TextResult, TextStep } from '@terrace/browser-host/text';
import { expect, it } from 'vitest';
import type { Opened, Session } from '../runtime/session.js';
import { parseSettings } from '../settings/settings.js';
import { Chat } from './chat.js';

const SETTINGS = parseSettings(null, ['en']);
const OPENED = { runtime: {}, catalog: {} } as Opened;
const session: Pick<Session, 'withRuntime'> = { withRuntime: async (_, work) => work(OPENED) };

const said = (text: string): TextStep => ({ kind: 'text', choice: 0, text, tier: 'small', logProbs: [] });
const ended = (kind: 'accept' | 'abstain', finishReason: 'stop' | 'length' = 'stop'): TextStep => ({
  kind: 'result',
  result: { confidence: 0.9, verdict: { kind, reason: 'top' }, output: outputOf(finishReason) } as TextResult,
});
const outputOf = (finishReason: 'stop' | 'length'): TextResult['output'] => ({
  kind: 'text',
  choices: [{ role: 'assistant', text: '', toolCalls: [], finishReason }],
});

const planned: TextStep = {
  kind: 'trace',
  event: {
    kind: 'plan',
    atMs: 0,
    durationMs: 1,
    ladder: ['small', 'site'],
    rejected: [],
    catalogRevision: 'c',
    ladderRevision: undefined,
  },
};

/** A chat whose answers are scripted; one without an end waits for its signal. */
function chatting(...answers: (readonly TextStep[])[]) {
  const asked: unknown[] = [];
  const stream = async function* (input: unknown, { signal }: { signal?: AbortSignal } = {}) {
    asked.push(input);
    const steps = answers[asked.length - 1]!;
    yield* steps;
    signal?.throwIfAborted();
    if (steps.at(-1)?.kind === 'result') return;
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const chat = new Chat(session, () => ({ stream: stream as unknown as TextFace['stream'] }));
  return { chat, asked };
}

it('shows a text as it is written, and tells how sure it is', async () => {
  const { chat } = chatting([said('Hello '), said('there'), ended('accept')]);
  const shown: string[] = [];
  chat.turns.subscribe((turns) => shown.push(turns.at(-1)!.text));
  await chat.say('hi', SETTINGS);
  expect(shown).toEqual(['', 'Hello ', 'Hello there', 'Hello there']);
  expect(chat.turns.value[0]?.end).toEqual({ kind: 'whole', confidence: 0.9, isSure: true, isCut: false });
});

it('says so when a text ends where nobody could go on with it', async () => {
  const { chat } = chatting([said('The gate is'), ended('accept', 'length')]);
  await chat.say('hi', SETTINGS);
  expect(chat.turns.value[0]?.end).toMatchObject({ kind: 'whole', isCut: true });
});

it('tells what was said before, but no answer that never came', async () => {
  const { chat, asked } = chatting(
    [said('One.'), ended('accept')],
    [ended('abstain')],
    [said('Three.'), ended('accept')],
  );
  for (const message of ['first', 'second', 'third']) await chat.say(message, SETTINGS);
  expect(asked[2]).toMatchObject({
    messages: [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'third' },
    ],
  });
});

it('keeps what was written when it is stopped, and nothing when it is cleared', async () => {
  const { chat } = chatting([planned, said('Half')], [said('gone')]);
  const first = chat.say('hi', SETTINGS);
  await expect.poll(() => chat.turns.value[0]?.text).toBe('Half');
  chat.stop();
  await first;
  expect(chat.turns.value[0]).toMatchObject({ text: 'Half', end: { kind: 'stopped' } });
  // Nobody writes any more.
  expect(chat.turns.value[0]?.ladder.map(({ state }) => state.kind)).toEqual(['stopped', 'not-needed']);
  const second = chat.say('again', SETTINGS);
  chat.clear();
  await second;
  expect(chat.turns.value).toEqual([]);
});

it('says what went wrong', async () => {
  const failing = new Chat({ withRuntime: () => Promise.reject(new Error('no tier')) }, () => ({}) as TextFace);
  await failing.say('hi', SETTINGS);
  expect(failing.turns.value[0]?.end).toMatchObject({ kind: 'failed', error: { message: 'no tier' } });
});
