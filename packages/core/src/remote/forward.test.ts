import { describe, expect, it } from 'vitest';
import type { Fetch, HttpRequest } from '../ports/fetch.js';
import { createRedactor } from '../redact/redact.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { jsonReply } from '../testing/fake-site.js';
import { createOpenExchange } from './exchange.js';
import { createForwarder } from './forward.js';
import type { CallCost } from './link.js';

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
  const open = createOpenExchange(endpoint, { fetch, keys: () => undefined, clock: createFakeClock() });
  const passOn = createForwarder(endpoint, { open, redactor });
  const costs: CallCost[] = [];
  const forward = (body: Record<string, unknown> = chat, given: AbortSignal = signal) =>
    passOn({ path: '/chat/completions', body, signal: given, limited: signal, onCall: (cost) => costs.push(cost) });
  return { sent, costs, forward };
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
    const forwarded = await forward();
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
    const forwarded = await forward();
    expect(sent[0]!.body).toMatchObject({ messages: chat.messages });
    expect(await read(forwarded.body)).toContain('Hello [EMAIL_1]!');
  });

  it('restores the arguments of a call, which are JSON within JSON', async () => {
    const call = { function: { name: 'mail', arguments: JSON.stringify({ to: '[EMAIL_1]' }) } };
    const { forward } = forwarding(() => says('', { tool_calls: [call] }));
    const { body } = await forward();
    expect(await read(body)).toContain(JSON.stringify(JSON.stringify({ to: 'jo@example.com' })).slice(1, -1));
  });

  it('streams, also where a placeholder is cut between two events', async () => {
    const piece = (content: string, finished: string | null = null) =>
      JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finished }] });
    const { forward } = forwarding(() =>
      streams([piece('Write to [EMA'), piece('IL_1] or [EMA'), piece('IL', 'stop'), '[DONE]']),
    );
    const { body } = await forward({ ...chat, stream: true });
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
    await expect(forward()).rejects.toMatchObject({
      code: 'REMOTE_ANSWER_INVALID',
    });
  });
});

describe('what must not leave', () => {
  const address = 'jo@example.com';
  const inJson = JSON.stringify({ note: `line\n${address}`, card: '4111 1111 1111 1111', count: 1.0 });

  it.each([
    ['a stop word', { stop: [`${address}:`] }],
    ['a tool', { tools: [{ type: 'function', function: { name: 'mail', description: `Mails ${address}` } }] }],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { schema: { enum: [address] } } } }],
    ['what the client hangs on it', { metadata: { [address]: 'x', id: address } }],
    ['a call of a function', { function_call: { name: 'mail', arguments: inJson } }],
    ['arguments', { tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'mail', arguments: inJson } }] }],
    ['deep structures', { deep: Array.from({ length: 60 }).reduce<unknown>((inner) => [inner], address) }],
  ])('does not leave in %s', async (_, part) => {
    const { forward, sent } = forwarding(() => says('ok'));
    await forward({ model: 'm', messages: [{ role: 'assistant', content: null, ...part }], ...part });
    const body = JSON.stringify(sent[0]!.body);
    expect(body).toContain('[EMAIL_1]');
    expect(body).not.toContain('example.com');
    expect(body).not.toContain('4111');
  });

  it('is found in JSON as it reads, not as it is escaped, and the rest of it stays to the character', async () => {
    const content = '{"to":"one\\nmax\\u0040example.com", "n": 1.50}';
    const { forward, sent } = forwarding(() => says('[EMAIL_1]'));
    const { body } = await forward({ model: 'm', messages: [{ role: 'tool', tool_call_id: 'c', content }] });
    expect(sent[0]!.body).toMatchObject({ messages: [{ content: '{"to":"one\\n[EMAIL_1]", "n": 1.50}' }] });
    expect(await read(body)).toContain('"max@example.com"');
  });

  it('cannot leave in a picture, sound or a file', async () => {
    const parts = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'file', file: { file_data: 'AAAA' } },
    ];
    const { forward, sent } = forwarding(() => says('ok'));
    for (const part of parts) {
      const body = { model: 'm', messages: [{ role: 'user', content: [part] }] };
      await expect(forward(body)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(sent).toEqual([]);
    const shown = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const told = { type: 'text', text: 'data: 1, 2' };
    await forward({ model: 'm', messages: [{ role: 'user', content: [shown, told] }] });
    const open = forwarding(() => says('ok'), false);
    await open.forward({ model: 'm', messages: [{ role: 'user', content: [parts[0]] }] });
    expect([sent.length, open.sent.length]).toEqual([1, 1]);
  });
});

describe('what is put back', () => {
  it('is put back whatever the field of an argument is called, and within JSON as JSON has it', async () => {
    const quoted = '"jo x"@example.com';
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'mail', arguments: '{"id":"[EMAIL_1]"}' } }];
    const { forward } = forwarding(() => says('{"type":"[EMAIL_1]"}', { tool_calls: calls }));
    const { body } = await forward({ model: 'm', messages: [{ role: 'user', content: quoted }] });
    const { message } = (JSON.parse(await read(body)) as { choices: [{ message: Record<string, unknown> }] })
      .choices[0];
    expect(JSON.parse(message['content'] as string)).toEqual({ type: quoted });
    const [call] = message['tool_calls'] as typeof calls;
    expect(JSON.parse(call!.function.arguments)).toEqual({ id: quoted });
  });

  it('is put back into the arguments of calls that come in pieces', async () => {
    const quoted = '"jo x"@example.com';
    const piece = (index: number, part: string, finished: string | null = null) =>
      JSON.stringify({
        choices: [
          { index: 0, delta: { tool_calls: [{ index, function: { arguments: part } }] }, finish_reason: finished },
        ],
      });
    const { forward } = forwarding(() =>
      streams([piece(0, '{"to":"[EM'), piece(1, '{"cc":"[EMAIL'), piece(0, 'AIL_1]"}'), piece(1, '_1]"}', 'stop')]),
    );
    const { body } = await forward({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: quoted }],
    });
    const said = new Map<number, string>();
    for (const event of (await read(body)).split('\n\n').filter((each) => each.startsWith('data: {'))) {
      const { delta } = (
        JSON.parse(event.slice(6)) as {
          choices: [{ delta: { tool_calls: { index: number; function: { arguments: string } }[] } }];
        }
      ).choices[0];
      for (const call of delta.tool_calls) said.set(call.index, (said.get(call.index) ?? '') + call.function.arguments);
    }
    expect([...said.values()].map((text) => JSON.parse(text) as unknown)).toEqual([{ to: quoted }, { cc: quoted }]);
  });
});

describe('what a chat takes', () => {
  it('is counted when it is sent, and set right when it is answered', async () => {
    const { forward, costs } = forwarding(() => says('ok'));
    const { costUsd, sentBytes } = await forward();
    const sum = (field: keyof CallCost) => costs.reduce((total, cost) => total + cost[field], 0);
    expect(sum('costUsd')).toBeCloseTo(costUsd, 12);
    expect(sum('sentBytes')).toBe(sentBytes);
    const refused = forwarding(() => jsonReply({}, 400));
    await refused.forward().catch(() => undefined);
    expect(refused.costs).toMatchObject([{ sentBytes }]);
  });
});

describe('a stream that is given up', () => {
  it('ends at once, though nothing comes, and lets the endpoint go', async () => {
    let left = 0;
    const silent = {
      ...jsonReply({}, 200, { 'content-type': 'text/event-stream' }),
      body: {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: () => Promise.resolve({ done: true as const, value: (left++, undefined) }),
        }),
      },
    };
    const { forward } = forwarding(() => silent);
    const stop = new AbortController();
    const { body } = await forward({ ...chat, stream: true }, stop.signal);
    const reading = read(body);
    stop.abort(new Error('the client is gone'));
    await expect(reading).rejects.toThrow('the client is gone');
    expect(left).toBe(1);
  });
});
