import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndpointFailedError } from '../../errors/endpoint-failed-error.js';
import { EndpointUnreachableError } from '../../errors/endpoint-unreachable-error.js';
import { toEnvelope } from '../../errors/error-envelope.js';
import { RemoteAnswerError } from '../../errors/remote-answer-error.js';
import { TerraceError } from '../../errors/terrace-error.js';
import type { FakeAnswer } from '../../testing/fake-fetch.js';
import { askingForText, ends, says, streamOf } from '../../testing/remote-text-world.js';

describe('a stream that is not as it should be', () => {
  const MARK = 'words-of-a-stranger';
  const call = { index: 0, id: 'c', function: { name: 'f', arguments: '' } };
  const hostile: Readonly<Record<string, readonly [FakeAnswer, unknown]>> = {
    'breaks off without a word': [streamOf([says(MARK)]), EndpointFailedError],
    'breaks off on the line': [streamOf([says(MARK)], { breaksWith: new Error('reset') }), EndpointUnreachableError],
    'says that it failed': [streamOf([says('x'), { error: { message: MARK } }]), EndpointFailedError],
    'is no JSON': [streamOf([MARK]), RemoteAnswerError],
    'is a web page': [{ body: `<p>${MARK}`, headers: { 'content-type': 'text/html' } }, RemoteAnswerError],
    'is nested too deeply': [streamOf([`${'['.repeat(100_000)}`], { size: 65_536 }), RemoteAnswerError],
    'never ends a line': [
      {
        headers: { 'content-type': 'text/event-stream' },
        body: Array.from({ length: 40 }, () => new Uint8Array(65_536)),
      },
      RemoteAnswerError,
    ],
    'has ten thousand calls of tools': [
      streamOf([{ choices: [{ delta: { tool_calls: Array.from({ length: 10_000 }, () => call) } }] }], {
        size: 65_536,
      }),
      RemoteAnswerError,
    ],
    'has a call with a large index': [
      streamOf([{ choices: [{ delta: { tool_calls: [{ ...call, index: 1e6 }] } }] }]),
      RemoteAnswerError,
    ],
    'has an answer that nobody asked for': [streamOf([says('x', undefined, 5), ends()]), RemoteAnswerError],
    'is longer than anybody asked for': [
      streamOf(
        Array.from({ length: 80 }, () => says('x'.repeat(1000))),
        { size: 65_536 },
      ),
      RemoteAnswerError,
    ],
    'says nothing for ever': [
      {
        headers: { 'content-type': 'text/event-stream' },
        body: Array.from({ length: 300 }, () => new TextEncoder().encode('data:{}\n\n'.repeat(1000))),
      },
      RemoteAnswerError,
    ],
    'is JSON without an answer': [{ body: { choices: [] } }, RemoteAnswerError],
  };
  it.each(Object.entries(hostile))('%s: a typed failure that repeats nothing of it', async (_, [answer, kind]) => {
    const { ask, fake } = askingForText(answer);
    const error = await ask({ maxTokens: 8 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(JSON.stringify(toEnvelope(error))).not.toContain('words-of');
    expect(fake.openBodies()).toBe(0);
  });

  it('is as good without counts and log-probabilities that are none', async () => {
    const { ask, costUsd } = askingForText(
      streamOf([
        { choices: [{ delta: { content: 'a b' }, logprobs: { content: [{ token: 7 }] } }] },
        { choices: [{ delta: { content: ' c' }, logprobs: { content: [{ token: 'c', logprob: 3 }] } }] },
        ends(),
        { choices: [], usage: { prompt_tokens: -1, completion_tokens: 1e300 } },
        '[DONE]',
      ]),
    );
    const { pieces, end } = await ask();
    expect(pieces.flatMap(({ logProbs }) => logProbs)).toEqual([]);
    expect(end.usage).toEqual({ inputTokens: 3, cachedTokens: 0, outputTokens: 2 });
    expect(costUsd()).toBeGreaterThan(0);
  });

  it('is anything at all: a failure of a known kind or an answer', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, -1, 1e300, '', 'a', 'stop'),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            ...'choices delta message content index finish_reason logprobs usage tool_calls function name'.split(' '),
          ),
          tie('any'),
        ),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (events) => {
        const outcome = await askingForText(streamOf([...events, '[DONE]'], { size: 4096 }))
          .ask()
          .catch((error: unknown) => error);
        expect(TerraceError.isInstance(outcome) || 'end' in (outcome as object)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
