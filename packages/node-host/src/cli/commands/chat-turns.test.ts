import type { TextFace } from '@terrace/core';
import type { TextRequestInput } from '@terrace/core/text';
import { describe, expect, it } from 'vitest';
import { createFakeText } from '../../server/testing/fake-text.js';
import { createChat } from './chat-turns.js';

const signal = new AbortController().signal;

function world(fake = createFakeText()) {
  const request = { task: 'text-generation', generation: { maxTokens: 5 } } as const;
  const recommend = (() => Promise.reject(new Error('not asked here'))) as TextFace['recommend'];
  const runtime = { stream: fake.text.stream, recommend };
  const chat = createChat({ runtime, request, system: 'Be kind.', isQuiet: true });
  const said = (input: TextRequestInput | undefined): string =>
    (input?.messages ?? []).map(({ role, content }) => `${role[0]}:${content}`).join(' ');
  return { chat, last: () => said(fake.asked.at(-1)?.input), asked: fake.asked };
}

describe('a chat', () => {
  it('asks with all that was said', async () => {
    const { chat, last, asked } = world();
    expect(await chat.take(' one ', signal)).toMatchObject({ output: { choices: [{ text: 'Hello you' }] } });
    await chat.take('two', signal);
    expect(last()).toBe('s:Be kind. u:one a:Hello you u:two');
    expect(asked[0]!.input.generation).toEqual({ maxTokens: 5 });
  });

  it('begins anew, is told something else, and ends', async () => {
    const { chat, last } = world();
    await chat.take('one', signal);
    await chat.take('/clear', signal);
    await chat.take('/system Be brief.', signal);
    await chat.take('two', signal);
    expect(last()).toBe('s:Be brief. u:two');
    await chat.take('/system', signal);
    await chat.take('three', signal);
    expect(last()).toBe('u:two a:Hello you u:three');
    expect(await chat.take('/exit', signal)).toBe('over');
  });

  it('keeps of an answer that was stopped what was shown', async () => {
    const over = new AbortController();
    const pieces = (function* () {
      yield { choice: 0, text: 'Once' };
      over.abort(new Error('enough'));
      yield { choice: 0, text: ' upon' };
    })();
    const { chat, last } = world(createFakeText(pieces));
    await expect(chat.take('a story', over.signal)).rejects.toThrow('enough');
    await chat.take('why', signal);
    expect(last()).toBe('s:Be kind. u:a story a:Once u:why');
  });

  it('forgets a question that could not be answered', async () => {
    const { chat, last } = world(createFakeText([], new Error('broken')));
    await expect(chat.take('one', signal)).rejects.toThrow('broken');
    await expect(chat.take('two', signal)).rejects.toThrow('broken');
    expect(last()).toBe('s:Be kind. u:two');
  });

  it('asks for documents with every question, and for none when it looks at tiers', async () => {
    const fake = createFakeText();
    const looked: unknown[] = [];
    const recommend = (async (input: unknown) => {
      looked.push(input);
      return { ladder: [], rejected: [] };
    }) as unknown as TextFace['recommend'];
    const request = { task: 'text-generation' } as const;
    const documents = { collection: 'own' };
    const runtime = { stream: fake.text.stream, recommend };
    const chat = createChat({ runtime, request, documents, system: undefined, isQuiet: true });
    await chat.take('one', signal);
    await chat.take('/tiers', signal);
    expect(fake.asked[0]!.input).toMatchObject({ documents, messages: [{ content: 'one' }] });
    expect(looked).toEqual([request]);
  });

  it('knows no other command, and draws nothing that one says', async () => {
    await expect(world().chat.take('/\u001b[2Jx', signal)).rejects.toThrow('There is no /[2Jx.');
    await expect(world().chat.take('/toString', signal)).rejects.toThrow('There is no /toString.');
  });
});
