import { describe, expect, it } from 'vitest';
import type { Fetch, HttpRequest } from '../ports/fetch.js';
import { createRedactor } from '../redact/redact.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { jsonReply } from '../testing/fake-site.js';
import { createForwarder } from './forward.js';

const signal = new AbortController().signal;
const endpoint = exampleEndpoint({
  id: 'chat',
  placement: 'cloud',
  protocol: 'openai',
  url: 'https://api.example/v1',
  model: 'large-1',
  price: { ...exampleEndpoint().price, perMillionInputTokens: 1, perMillionOutputTokens: 2 },
});
const chat = {
  model: 'terrace/chat',
  user: 'jo@example.com',
  messages: [{ role: 'user', content: 'I am jo@example.com' }],
};

/** A forwarder whose endpoint answers as the script says. */
function forwarding(answer: (request: HttpRequest) => ReturnType<typeof jsonReply>, redacts = true) {
  const sent: { readonly url: string; readonly body: Record<string, unknown> }[] = [];
  const fetch: Fetch = async (request) => {
    const body = new TextDecoder().decode(request.body as Uint8Array);
    sent.push({ url: request.url, body: JSON.parse(body) as Record<string, unknown> });
    return answer(request);
  };
  const redactor = redacts ? createRedactor({}) : undefined;
  const forward = createForwarder(endpoint, { fetch, keys: () => undefined, clock: createFakeClock(), redactor });
  return { sent, forward };
}

const says = (content: string, extra: object = {}) =>
  jsonReply({
    choices: [{ index: 0, message: { role: 'assistant', content, ...extra } }],
    usage: { prompt_tokens: 1000, completion_tokens: 500 },
  });

/** Events as they come over a line that cuts anywhere. */
const streams = (events: readonly string[], pieceBytes = 7) => {
  const bytes = new TextEncoder().encode(events.map((event) => `data: ${event}\n\n`).join(''));
  return {
    ...jsonReply({}, 200, { 'content-type': 'text/event-stream' }),
    body: (async function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes);
    })(),
  };
};

async function read(body: string | AsyncIterable<Uint8Array | string>): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for await (const piece of body) text += typeof piece === 'string' ? piece : new TextDecoder().decode(piece);
  return text;
}

const contentOf = (text: string): string =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => (JSON.parse(event.slice(6)) as { choices: [{ delta: { content?: string } }] }).choices[0])
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe('a chat that is passed on', () => {
  it('asks the endpoint for its own model, without what must not leave, and gets it back in the answer', async () => {
    const { forward, sent } = forwarding(() => says('Hello [EMAIL_1]!'));
    const forwarded = await forward({ path: '/chat/completions', body: chat, signal });
    expect(sent[0]).toMatchObject({
      url: 'https://api.example/v1/chat/completions',
      body: { model: 'large-1', user: '[EMAIL_1]', messages: [{ role: 'user', content: 'I am [EMAIL_1]' }] },
    });
    expect(await read(forwarded.body)).toContain('Hello jo@example.com!');
    expect(forwarded).toMatchObject({ redacted: { email: 2 }, usage: { inputTokens: 1000, outputTokens: 500 } });
    expect(forwarded.costUsd).toBeCloseTo(0.002, 12);
  });

  it('goes as it is where the text may leave, and its answer is not touched', async () => {
    const answer = says('Hello [EMAIL_1]!');
    const { forward, sent } = forwarding(() => answer, false);
    const forwarded = await forward({ path: '/chat/completions', body: chat, signal });
    expect(sent[0]!.body).toMatchObject({ messages: chat.messages });
    expect(await read(forwarded.body)).toContain('Hello [EMAIL_1]!');
  });

  it('restores the arguments of a call, which are JSON within JSON', async () => {
    const call = { function: { name: 'mail', arguments: JSON.stringify({ to: '[EMAIL_1]' }) } };
    const { forward } = forwarding(() => says('', { tool_calls: [call] }));
    const { body } = await forward({ path: '/chat/completions', body: chat, signal });
    expect(await read(body)).toContain(JSON.stringify(JSON.stringify({ to: 'jo@example.com' })).slice(1, -1));
  });

  it('streams, also where a placeholder is cut between two events', async () => {
    const piece = (content: string, finished: string | null = null) =>
      JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finished }] });
    const { forward } = forwarding(() =>
      streams([piece('Write to [EMA'), piece('IL_1] or [EMA'), piece('IL', 'stop'), '[DONE]']),
    );
    const { body } = await forward({ path: '/chat/completions', body: { ...chat, stream: true }, signal });
    const text = await read(body);
    expect(contentOf(text)).toBe('Write to jo@example.com or [EMAIL');
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it.each([
    ['an error page', () => jsonReply('x', 200, { 'content-type': 'text/html' })],
    ['a list', () => jsonReply(5)],
    ['a redirect', () => jsonReply({}, 307, { location: 'https://elsewhere.example' })],
  ])('refuses %s', async (_, answer) => {
    const { forward } = forwarding(answer);
    await expect(forward({ path: '/chat/completions', body: chat, signal })).rejects.toMatchObject({
      code: 'REMOTE_ANSWER_INVALID',
    });
  });
});
